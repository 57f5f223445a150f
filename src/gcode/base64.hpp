#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace stepcast::gcode {

/// Only characters of the base64 alphabet and '=' at the end.
[[nodiscard]] bool is_base64(std::string_view text);

/// Appends the bytes of `text`; its length is a multiple of 4, '=' only at the end.
/// @returns false and leaves `out` unspecified when it is not base64.
[[nodiscard]] bool append_base64(std::string_view text, std::vector<std::byte>& out);

}  // namespace stepcast::gcode
