#include "stepcast/http/multipart.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace stepcast::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
// Spaces between a boundary and its line end; RFC 2046 allows any number, nobody sends one.
constexpr std::size_t kMaxPadding = 64;

tl::unexpected<Error> bad_body(std::string message) {
  return fail(Errc::kMalformed, std::move(message), "multipart/form-data");
}

// What is still wanted of `pattern` after `have` of it: how much of `text` continues it.
std::size_t matching(std::string_view pattern, std::size_t have, std::string_view text) {
  const std::string_view wanted = pattern.substr(have);
  const std::size_t most = std::min(wanted.size(), text.size());
  return static_cast<std::size_t>(std::mismatch(wanted.begin(),
                                                wanted.begin() + static_cast<std::ptrdiff_t>(most),
                                                text.begin())
                                      .first -
                                  wanted.begin());
}

}  // namespace

// The first boundary needs no line end before it, so that one counts as seen.
MultipartParser::MultipartParser(std::string_view boundary, UploadSink& sink)
    : MultipartParser(boundary, sink, Limits{}) {}

MultipartParser::MultipartParser(std::string_view boundary, UploadSink& sink, Limits limits)
    : delimiter_(fmt::format("\r\n--{}", boundary)),
      sink_(&sink),
      limits_(limits),
      matched_(kLineEnd.size()) {}

Result<void> MultipartParser::push(std::span<const char> bytes) {
  std::string_view rest(bytes.data(), bytes.size());
  while (!rest.empty()) {
    Result<void> taken{};
    switch (state_) {
      case State::kPreamble:
      case State::kData:
        taken = take_data(rest);
        break;
      case State::kAfterBoundary:
        taken = take_boundary_end(rest);
        break;
      case State::kHead:
        taken = take_head(rest);
        break;
      case State::kEpilogue:
        rest = {};
        break;
    }
    if (!taken) {
      return taken;
    }
  }
  return {};
}

Result<void> MultipartParser::finish() const {
  if (state_ != State::kEpilogue) {
    return bad_body("the body breaks off before its last boundary");
  }
  return {};
}

Result<void> MultipartParser::emit(std::string_view bytes) {
  if (state_ == State::kPreamble || bytes.empty()) {
    return {};
  }
  return sink_->write(bytes);
}

Result<void> MultipartParser::boundary_found() {
  matched_ = 0;
  head_.clear();
  const bool ends_part = state_ == State::kData;
  state_ = State::kAfterBoundary;
  return ends_part ? sink_->end() : Result<void>{};
}

Result<void> MultipartParser::take_data(std::string_view& rest) {
  if (matched_ > 0) {  // the previous piece may have ended within a boundary
    const std::size_t more = matching(delimiter_, matched_, rest);
    rest.remove_prefix(more);
    matched_ += more;
    if (matched_ == delimiter_.size()) {
      return boundary_found();
    }
    if (rest.empty()) {
      return {};
    }
    // It was data after all: the same characters as the delimiter's.
    const std::size_t held = std::exchange(matched_, 0);
    if (auto sent = emit(std::string_view(delimiter_).substr(0, held)); !sent) {
      return sent;
    }
  }
  std::size_t from = 0;
  while (true) {
    const std::size_t cr = rest.find('\r', from);
    if (cr == std::string_view::npos) {
      const std::string_view data = std::exchange(rest, {});
      return emit(data);
    }
    const std::size_t matched = matching(delimiter_, 0, rest.substr(cr));
    const bool whole = matched == delimiter_.size();
    if (whole || cr + matched == rest.size()) {
      const std::string_view data = rest.substr(0, cr);
      rest.remove_prefix(cr + matched);
      if (auto sent = emit(data); !sent) {
        return sent;
      }
      matched_ = matched;
      return whole ? boundary_found() : Result<void>{};
    }
    from = cr + matched;
  }
}

Result<void> MultipartParser::take_boundary_end(std::string_view& rest) {
  head_.push_back(rest.front());
  rest.remove_prefix(1);
  if (head_ == "--") {
    head_.clear();
    state_ = State::kEpilogue;
    return {};
  }
  if (head_.ends_with(kLineEnd)) {
    // The head's fields begin with a line end, so that an empty head looks like any other.
    head_ = kLineEnd;
    state_ = State::kHead;
    return {};
  }
  const bool padding = head_.find_first_not_of(" \t") >= head_.size() - 1;
  const bool fits = head_.back() == '\r' || head_.back() == ' ' || head_.back() == '\t';
  if (head_.size() > kMaxPadding || (head_ != "-" && !(padding && fits))) {
    return bad_body("a boundary is not followed by a line end");
  }
  return {};
}

Result<void> MultipartParser::take_head(std::string_view& rest) {
  // The blank line may be cut: search from a little before the new bytes, and take no more of them
  // than the limit allows.
  const std::size_t seen = head_.size();
  const std::size_t room = limits_.head_bytes + kLineEnd.size() + kHeadEnd.size() - seen;
  const std::string_view piece = rest.substr(0, room);
  head_ += piece;
  const std::size_t end = head_.find(kHeadEnd, seen - std::min(seen, kHeadEnd.size() - 1));
  if (end == std::string::npos) {
    rest.remove_prefix(piece.size());
    if (head_.size() >= limits_.head_bytes + kLineEnd.size() + kHeadEnd.size()) {
      return fail(Errc::kOutOfRange,
                  fmt::format("the head of a part is longer than {} bytes", limits_.head_bytes),
                  "multipart/form-data");
    }
    return {};
  }
  rest.remove_prefix(end + kHeadEnd.size() - seen);
  if (++parts_ > limits_.parts) {
    return fail(Errc::kOutOfRange, fmt::format("there are more than {} parts", limits_.parts),
                "multipart/form-data");
  }
  const std::string_view lines = std::string_view(head_).substr(
      std::min(kLineEnd.size(), end), end - std::min(kLineEnd.size(), end));
  auto part = parse_part_head(lines);
  if (!part) {
    return tl::unexpected(std::move(part.error()));
  }
  state_ = State::kData;
  return sink_->begin(*part);
}

}  // namespace stepcast::http
