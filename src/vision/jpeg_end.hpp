#pragma once

#include <cstddef>
#include <span>

namespace stepcast::vision {

/// Whether a JPEG file has its end marker. Decoders fill what is missing with grey and say nothing,
/// and a grey half of a picture shows no defect.
/// @pre the file begins as a JPEG does
[[nodiscard]] bool jpeg_is_whole(std::span<const std::byte> file);

}  // namespace stepcast::vision
