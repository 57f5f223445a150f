#include "stepcast/http/target.hpp"

#include <cstddef>

#include "stepcast/http/text.hpp"

namespace stepcast::http {
namespace {

tl::unexpected<Error> bad_target(std::string message) {
  return fail(Errc::kMalformed, std::move(message), "request target");
}

// Of `http://host/path` what follows the host; proxies and some clients send that form.
std::string_view without_origin(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (text.starts_with('/') || scheme == std::string_view::npos) {
    return text;
  }
  const std::size_t path = text.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : text.substr(path);
}

bool is_dots(std::string_view segment) {
  return segment == "." || segment == "..";
}

// A backslash is a separator to other systems, which may get to see the path later.
bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = path.find_first_of("/\\");
    if (is_dots(path.substr(0, end))) {
      return true;
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return false;
}

std::string with_single_slashes(std::string_view decoded) {
  std::string path;
  path.reserve(decoded.size() + 1);
  for (const char c : decoded) {
    if (c != '/' || path.empty() || path.back() != '/') {
      path.push_back(c);
    }
  }
  if (path.size() > 1 && path.back() == '/') {
    path.pop_back();
  }
  return path;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (item.empty()) {
      continue;
    }
    const std::size_t equals = item.find('=');
    std::string name;
    std::string value;
    const bool decodes = percent_decode(item.substr(0, equals), PlusMeans::kSpace, name) &&
                         (equals == std::string_view::npos ||
                          percent_decode(item.substr(equals + 1), PlusMeans::kSpace, value));
    if (!decodes || !is_clean_utf8(name)) {
      return bad_target("the query has a bad escape or a name that is not clean UTF-8");
    }
    // Values may hold line breaks (texts of forms), but nothing that cuts or garbles them.
    std::string unbroken;
    for (const char c : value) {
      if (c != '\n' && c != '\r' && c != '\t') {
        unbroken.push_back(c);
      }
    }
    if (!is_clean_utf8(unbroken)) {
      return bad_target("the query's value of '" + name + "' is not clean UTF-8");
    }
    query.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

Result<Target> parse_target(std::string_view text) {
  if (text.find('#') != std::string_view::npos) {
    return bad_target("a fragment (#) does not belong into a request");
  }
  text = without_origin(text);
  const std::size_t mark = text.find('?');
  std::string decoded;
  if (mark == 0) {
    decoded = "/";
  } else if (!percent_decode(text.substr(0, mark), PlusMeans::kPlus, decoded)) {
    return bad_target("a % is not followed by two hexadecimal digits");
  }
  if (!decoded.starts_with('/')) {
    return bad_target("the path does not begin with /");
  }
  if (!is_clean_utf8(decoded)) {
    return bad_target("the path is not UTF-8, or has control characters");
  }
  if (has_dot_segment(decoded)) {
    return bad_target("the path has a segment . or ..");
  }
  Target target;
  target.path = with_single_slashes(decoded);
  if (mark != std::string_view::npos) {
    auto query = parse_query(text.substr(mark + 1));
    if (!query) {
      return tl::unexpected(std::move(query.error()));
    }
    target.query = std::move(*query);
  }
  return target;
}

}  // namespace stepcast::http
