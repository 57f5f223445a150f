#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::training {

/// Numbers in C order; the last index runs fastest.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Arrays by name, such as `backbone.stem.weight`.
using NamedArrays = std::map<std::string, Array>;

/// Reads an `.npz` of float32 arrays whose members are stored, not compressed.
/// @returns kNotFound, kIo, or kMalformed with the member and what is wrong with it.
[[nodiscard]] Result<NamedArrays> read_npz(const std::string& path);

}  // namespace stepcast::training
