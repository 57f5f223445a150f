#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stepcast/http/router.hpp"

namespace stepcast::http {

/// Keeps what it is given, and checks the order of the calls.
class RecordingSink final : public UploadSink {
 public:
  struct Kept {
    Part head;
    std::string bytes;
    bool complete = false;
  };

  Result<void> begin(const Part& part) override {
    in_order_ = in_order_ && (parts_.empty() || parts_.back().complete);
    parts_.push_back({part, "", false});
    return answer();
  }
  Result<void> write(std::span<const char> bytes) override {
    in_order_ = in_order_ && !parts_.empty() && !parts_.back().complete;
    parts_.back().bytes.append(bytes.data(), bytes.size());
    return answer();
  }
  Result<void> end() override {
    in_order_ = in_order_ && !parts_.empty() && !parts_.back().complete;
    parts_.back().complete = true;
    return answer();
  }
  Response finish() override { return Response::empty(201); }

  void fail_with(Error error) { error_ = std::move(error); }
  [[nodiscard]] const std::vector<Kept>& parts() const { return parts_; }
  [[nodiscard]] bool in_order() const { return in_order_; }

 private:
  [[nodiscard]] Result<void> answer() const {
    return error_ ? Result<void>(tl::unexpected(*error_)) : Result<void>();
  }

  std::vector<Kept> parts_;
  std::optional<Error> error_;
  bool in_order_ = true;
};

}  // namespace stepcast::http
