#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::models {

/// One time that a network came into use.
struct Use {
  std::string version{};   ///< SHA-256 of its file, hexadecimal.
  std::string at{};        ///< "2026-11-21T10:20:30Z"
  std::string why{};       ///< "first", "offered", "rolled back"
  std::string measured{};  ///< What a comparison said; empty without one.
  std::string
      frozen_set{};  ///< SHA-256 of the data set that it was compared on; empty without one.
};

/// The networks of one purpose in a folder:
///
///     detector.onnx                      in use: what programs load
///     versions/detector/<sha256>.onnx    every version that was in use
///     versions/detector/uses.json        when each came into use
///
/// Each file is written beside its place and renamed. Should a program or the machine stop in
/// between, detector.onnx is still the old network or already the new one, whole; the list is
/// brought up to date the next time.
///
/// Threads: one owner; one process at a time.
class Shelf {
 public:
  /// @param name "detector" or "classifier"
  Shelf(std::filesystem::path folder, std::string name);

  [[nodiscard]] std::filesystem::path current_file() const;
  [[nodiscard]] std::filesystem::path version_file(std::string_view version) const;

  /// Oldest first; the last one is in use. A network that lies in its place without being listed,
  /// put there by hand or before a power failure, is taken up as the last.
  /// @returns kIo, kMalformed for a list that does not parse
  [[nodiscard]] Result<std::vector<Use>> uses();

  /// Puts a network into use. @returns the use; kInvalidArgument when it is in use already,
  /// kNotFound, kIo
  [[nodiscard]] Result<Use> put_into_use(const std::filesystem::path& file, Use use);

  /// Back to the version that was in use before the present one; again: one further back.
  /// @returns kNotFound when there is none
  [[nodiscard]] Result<Use> roll_back();

 private:
  [[nodiscard]] Result<std::string> keep(const std::filesystem::path& file) const;
  [[nodiscard]] Result<void> write_uses(const std::vector<Use>& uses) const;

  std::filesystem::path folder_;
  std::string name_;
};

/// SHA-256 of a file, hexadecimal. @returns kNotFound, kIo
[[nodiscard]] Result<std::string> sha256_of(const std::filesystem::path& file);

}  // namespace stepcast::models
