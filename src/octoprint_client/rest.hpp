#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

#include "address.hpp"

namespace stepcast::octoprint_client {

/// OctoPrint's REST interface. Paths are relative, such as `/api/job`, and need no more encoding.
///
/// Errors: kNetwork: no answer, or the server failed; kDenied: the key; kBusy: 409; kNotFound: 404;
/// kInvalidArgument: 400; kUnsupported: any other refusal.
///
/// Threads: any.
class Rest {
 public:
  Rest(Address address, std::string key, std::filesystem::path authorities,
       std::chrono::milliseconds timeout);

  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] const std::filesystem::path& authorities() const { return authorities_; }

  [[nodiscard]] Result<std::string> get(std::string_view path) const;
  /// `body` is JSON.
  [[nodiscard]] Result<std::string> post(std::string_view path, std::string body) const;
  [[nodiscard]] Result<void> remove(std::string_view path) const;
  /// Copies `file` to `folder`/`name` without printing it. @returns OctoPrint's answer.
  [[nodiscard]] Result<std::string> upload(const std::filesystem::path& file,
                                           const std::string& folder, const std::string& name,
                                           std::stop_token stop) const;

 private:
  Address address_;
  std::string key_;
  std::filesystem::path authorities_;
  std::chrono::milliseconds timeout_;
};

}  // namespace stepcast::octoprint_client
