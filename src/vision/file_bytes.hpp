#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

/// A file's bytes. @returns kNotFound, kIo
[[nodiscard]] Result<std::vector<std::byte>> read_bytes(const std::string& path);

}  // namespace stepcast::vision
