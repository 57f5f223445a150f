#include "stepcast/http/router.hpp"

#include <algorithm>
#include <array>

#include "stepcast/base/contracts.hpp"

namespace stepcast::http {
namespace {

constexpr std::size_t kMethodCount = 5;
constexpr std::string_view kRestMark = "...";

using RoutesByMethod = std::array<const Route*, kMethodCount>;
using Segments = std::vector<std::string_view>;

Segments split_path(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end != 0) {
      segments.push_back(path.substr(0, end));
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return segments;
}

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool is_rest(std::string_view segment) {
  return is_placeholder(segment) && segment.size() > kRestMark.size() + 2 &&
         segment.substr(1, segment.size() - 2).ends_with(kRestMark);
}

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> texts;
  std::unique_ptr<Node> any;
  RoutesByMethod here{};
  RoutesByMethod rest{};

  // Visits the routes that fit segments[depth...], best first; `best` keeps the first of `wanted`.
  // Each node of the tree is visited at most once, so hostile paths cost no more than plain ones.
  void collect(const Segments& segments, std::size_t depth, std::size_t wanted, const Route*& best,
               std::array<bool, kMethodCount>& seen) const;
};

namespace {

void note_routes(const RoutesByMethod& routes, std::size_t wanted, const Route*& best,
                 std::array<bool, kMethodCount>& seen) {
  for (std::size_t method = 0; method < kMethodCount; ++method) {
    seen.at(method) = seen.at(method) || routes.at(method) != nullptr;
  }
  if (best == nullptr) {
    best = routes.at(wanted);
  }
}

}  // namespace

// As deep as the longest pattern.
// NOLINTNEXTLINE(misc-no-recursion)
void Router::Node::collect(const Segments& segments, std::size_t depth, std::size_t wanted,
                           const Route*& best, std::array<bool, kMethodCount>& seen) const {
  if (best != nullptr) {
    return;
  }
  if (depth == segments.size()) {
    note_routes(here, wanted, best, seen);
    return;
  }
  if (const auto text = texts.find(segments[depth]); text != texts.end()) {
    text->second->collect(segments, depth + 1, wanted, best, seen);
  }
  if (any) {
    any->collect(segments, depth + 1, wanted, best, seen);
  }
  note_routes(rest, wanted, best, seen);
}

void Router::add(Route route) {
  const int kinds = (route.handle ? 1 : 0) + (route.upload ? 1 : 0) + (route.socket ? 1 : 0);
  STEPCAST_CHECK(kinds == 1);
  STEPCAST_CHECK(route.pattern.starts_with('/'));
  if (!root_) {
    root_ = std::make_shared<Node>();
  }
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  const Route& kept = *routes_.back();
  Node* node = root_.get();
  RoutesByMethod* slots = &node->here;
  const Segments segments = split_path(kept.pattern);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string_view segment = segments[i];
    if (is_rest(segment)) {
      STEPCAST_CHECK(i + 1 == segments.size());
      slots = &node->rest;
      break;
    }
    std::unique_ptr<Node>& next =
        is_placeholder(segment) ? node->any : node->texts[std::string(segment)];
    if (!next) {
      next = std::make_unique<Node>();
    }
    node = next.get();
    slots = &node->here;
  }
  const Route*& slot = slots->at(static_cast<std::size_t>(kept.method));
  STEPCAST_CHECK(slot == nullptr);
  slot = &kept;
}

const Route* Router::find(Method method, std::string_view path,
                          std::map<std::string, std::string, std::less<>>& parameters,
                          std::vector<Method>& allowed) const {
  parameters.clear();
  allowed.clear();
  if (!root_) {
    return nullptr;
  }
  const Segments segments = split_path(path);
  const Route* best = nullptr;
  std::array<bool, kMethodCount> seen{};
  root_->collect(segments, 0, static_cast<std::size_t>(method), best, seen);
  if (best == nullptr) {
    for (std::size_t i = 0; i < kMethodCount; ++i) {
      if (seen.at(i)) {
        allowed.push_back(static_cast<Method>(i));
      }
    }
    return nullptr;
  }
  const Segments pattern = split_path(best->pattern);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view name = pattern[i];
    if (is_rest(name)) {
      const auto start = static_cast<std::size_t>(segments[i].data() - path.data());
      parameters.emplace(name.substr(1, name.size() - 2 - kRestMark.size()), path.substr(start));
    } else if (is_placeholder(name)) {
      parameters.emplace(name.substr(1, name.size() - 2), segments[i]);
    }
  }
  return best;
}

}  // namespace stepcast::http
