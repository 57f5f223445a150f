#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::http {

/// What stands between the method and the version of a request, decoded.
struct Target {
  /// Begins with `/`; `//` collapsed, no slash at the end except of the root itself.
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  ///< In order; `a` is `a=`.
};

/// Decodes `/path?query` and `http://host/path?query`.
///
/// `%2F` counts as a slash: clients escape whole file paths. The text is decoded once, so that
/// `%252e` stays `%2e`.
/// @returns kMalformed: a segment `.` or `..` (between slashes of either kind), a bad escape,
/// control characters, text that is not UTF-8, a fragment.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

/// Decodes `a=1&b=two`, also as the body of a form. @returns kMalformed as parse_target().
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view text);

}  // namespace stepcast::http
