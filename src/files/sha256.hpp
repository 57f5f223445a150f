#pragma once

#include <memory>
#include <span>
#include <string>

namespace stepcast::files {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();

  void update(std::span<const char> bytes);
  /// Lower-case hexadecimal; once.
  [[nodiscard]] std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace stepcast::files
