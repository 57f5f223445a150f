#pragma once

#include <span>
#include <string_view>

namespace stepcast::machine {

/// The candidate that `word` was probably meant to be, or "" when none is close: at most a third
/// of its letters differ, are missing, or are too many.
[[nodiscard]] std::string_view nearest_spelling(std::string_view word,
                                                std::span<const std::string_view> candidates);

}  // namespace stepcast::machine
