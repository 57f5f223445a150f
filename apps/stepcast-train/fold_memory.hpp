#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::cli {

/// What the networks of a cross-validation said, kept in a file: one that was interrupted goes on,
/// and figures that were printed are not computed again.
class FoldMemory {
 public:
  /// Before softmax, in the order of the pictures that were asked.
  struct Answers {
    std::vector<std::vector<double>> pictures;
    std::vector<std::vector<double>> strangers;
  };

  /// A file that is not there, or not of this kind, holds nothing.
  explicit FoldMemory(std::filesystem::path file);

  /// @param training fingerprint of all that the answers depend on
  [[nodiscard]] std::optional<Answers> of(std::uint64_t training, std::size_t fold) const;
  /// @returns kIo
  [[nodiscard]] Result<void> keep(std::uint64_t training, std::size_t fold, Answers answers);

 private:
  std::filesystem::path file_;
  std::map<std::string, Answers> answers_;
};

}  // namespace stepcast::cli
