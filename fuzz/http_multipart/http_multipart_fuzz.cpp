#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stepcast/http/multipart.hpp"

namespace {

using stepcast::Result;

// Aborts when calls come out of order; keeps what a whole and a cut reading must agree on.
class CheckingSink final : public stepcast::http::UploadSink {
 public:
  Result<void> begin(const stepcast::http::Part& part) override {
    if (open_ || part.name.find('\0') != std::string::npos) {
      std::abort();
    }
    open_ = true;
    seen += "[" + part.name + "|" + part.file_name + "|" + part.content_type + "]";
    return {};
  }
  Result<void> write(std::span<const char> bytes) override {
    if (!open_) {
      std::abort();
    }
    seen.append(bytes.data(), bytes.size());
    return {};
  }
  Result<void> end() override {
    if (!open_) {
      std::abort();
    }
    open_ = false;
    seen += "[end]";
    return {};
  }
  stepcast::http::Response finish() override { return {}; }

  std::string seen;

 private:
  bool open_ = false;
};

}  // namespace

// The first byte says where to cut; the rest is the body. In one piece or in many, it reads alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t step = 1 + data[0] % 64;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::string_view kBoundary = "XX";

  CheckingSink whole;
  stepcast::http::MultipartParser at_once(kBoundary, whole);
  const bool taken = at_once.push(body).has_value();
  CheckingSink cut;
  stepcast::http::MultipartParser in_pieces(kBoundary, cut);
  bool cut_taken = true;
  for (std::size_t at = 0; at < body.size() && cut_taken; at += step) {
    cut_taken = in_pieces.push(body.substr(at, step)).has_value();
  }
  if (taken != cut_taken || (taken && whole.seen != cut.seen) ||
      at_once.finish().has_value() != in_pieces.finish().has_value()) {
    std::abort();
  }
  static_cast<void>(stepcast::http::parse_boundary(body));
  return 0;
}
