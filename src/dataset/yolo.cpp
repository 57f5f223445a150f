#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "labels.hpp"

namespace stepcast::dataset {
namespace {

constexpr std::string_view kBlank = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Calls `visit(line, number)` for each line until one fails.
template <class Visit>
Result<void> for_each_line(std::string_view text, const Visit& visit) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    if (auto good = visit(text.substr(0, end), number); !good) {
      return good;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

/// The numbers of a line; empty if one of them is none.
std::vector<double> numbers_of(std::string_view line) {
  std::vector<double> numbers;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    double value = 0;
    const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (problem != std::errc{} || !std::isfinite(value)) {
      return {};
    }
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (!line.empty() && kBlank.find(line.front()) == std::string_view::npos) {
      return {};
    }
    numbers.push_back(value);
  }
  return numbers;
}

vision::Box box_around(const std::vector<double>& numbers) {
  double left = numbers[1];
  double top = numbers[2];
  double right = left;
  double bottom = top;
  for (std::size_t i = 1; i + 1 < numbers.size(); i += 2) {
    left = std::min(left, numbers[i]);
    right = std::max(right, numbers[i]);
    top = std::min(top, numbers[i + 1]);
    bottom = std::max(bottom, numbers[i + 1]);
  }
  return {left, top, right - left, bottom - top};
}

Result<RawBox> box_of(const std::vector<double>& numbers, std::size_t class_count,
                      const std::string& where) {
  constexpr std::size_t kBox = 5;              // class, centre, size
  constexpr std::size_t kSmallestPolygon = 7;  // class, three points
  const bool polygon = numbers.size() >= kSmallestPolygon && numbers.size() % 2 == 1;
  if (numbers.size() != kBox && !polygon) {
    return fail(Errc::kMalformed,
                "a row is 'class cx cy w h' or 'class x y x y x y ...', all of them numbers", where,
                numbers.size() == kBox + 1 ? "a sixth number is a confidence: give labels, "
                                             "not predictions"
                                           : "");
  }
  if (numbers[0] < 0 || numbers[0] != std::floor(numbers[0]) ||
      numbers[0] >= static_cast<double>(class_count)) {
    return fail(Errc::kOutOfRange,
                fmt::format("class {:g}, but the classes are 0 to {}", numbers[0],
                            class_count == 0 ? 0 : class_count - 1),
                where);
  }
  RawBox raw;
  raw.class_index = static_cast<std::size_t>(numbers[0]);
  constexpr double kHalf = 0.5;
  raw.box = polygon ? box_around(numbers)
                    : vision::Box{numbers[1] - kHalf * numbers[3], numbers[2] - kHalf * numbers[4],
                                  numbers[3], numbers[4]};
  return raw;
}

}  // namespace

Result<std::vector<RawBox>> parse_yolo(std::string_view text, std::string_view file_name,
                                       std::size_t class_count, vision::PictureSize size) {
  std::vector<RawBox> boxes;
  const auto read = for_each_line(text, [&](std::string_view line, std::size_t number) {
    if (trimmed(line).empty()) {
      return Result<void>{};
    }
    const auto where = fmt::format("{}:{}", file_name, number);
    auto raw = box_of(numbers_of(line), class_count, where);
    if (!raw) {
      return Result<void>(tl::unexpected(raw.error()));
    }
    constexpr double kFarOut = 10;  // times the picture: pixels where shares belong
    const vision::Box shares = raw->box;
    if (std::abs(shares.x) > kFarOut || std::abs(shares.y) > kFarOut || shares.width > kFarOut ||
        shares.height > kFarOut) {
      return Result<void>(fail(Errc::kOutOfRange,
                               fmt::format("'{}' has numbers far above 1", trimmed(line)), where,
                               "YOLO rows hold shares of the picture, not pixels"));
    }
    raw->box = {shares.x * size.width, shares.y * size.height, shares.width * size.width,
                shares.height * size.height};
    raw->line = number;
    boxes.push_back(std::move(*raw));
    return Result<void>{};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return boxes;
}

namespace {

/// 'a', "b", a # note
std::string scalar(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"')) {
    const auto end = text.find(text.front(), 1);
    if (end != std::string_view::npos) {
      return std::string(text.substr(1, end - 1));
    }
  }
  return std::string(trimmed(text.substr(0, text.find(" #"))));
}

std::vector<std::string> flow_list(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const bool quoted =
        !trimmed(text).empty() && (trimmed(text).front() == '\'' || trimmed(text).front() == '"');
    std::size_t from = 0;
    if (quoted) {
      const auto open = text.find(trimmed(text).front());
      from = std::min(text.find(text[open], open + 1), text.size());
    }
    const auto end = std::min(text.find(',', from), text.size());
    if (auto name = scalar(text.substr(0, end)); !name.empty()) {
      names.push_back(std::move(name));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

/// Rows under `names:`, as `- name` or as `3: name`.
class NameRows {
 public:
  [[nodiscard]] bool add(std::string_view row) {
    if (row.front() == '-') {
      named_[named_.size()] = scalar(row.substr(1));
      return true;
    }
    std::size_t index = 0;
    const auto [end, problem] = std::from_chars(row.data(), row.data() + row.size(), index);
    if (problem != std::errc{} || end == row.data() + row.size() || *end != ':') {
      return false;
    }
    named_[index] = scalar(row.substr(static_cast<std::size_t>(end - row.data()) + 1));
    return true;
  }
  /// Empty unless the numbers run from 0 without a gap.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [index, name] : named_) {
      if (index != result.size() || name.empty()) {
        return {};
      }
      result.push_back(name);
    }
    return result;
  }

 private:
  std::map<std::size_t, std::string> named_;
};

}  // namespace

Result<std::vector<std::string>> parse_data_yaml(std::string_view text,
                                                 std::string_view file_name) {
  constexpr std::string_view kKey = "names:";
  NameRows rows;
  std::vector<std::string> names;
  bool inside = false;
  std::string flow;
  const auto read = for_each_line(text, [&](std::string_view line, std::size_t number) {
    const auto content = trimmed(line);
    if (content.empty() || content.front() == '#') {
      return Result<void>{};
    }
    if (!flow.empty()) {
      flow += content;
    } else if (line.substr(0, kKey.size()) == kKey) {
      const auto rest = trimmed(line.substr(kKey.size()));
      inside = rest.empty() || rest.front() == '#';
      flow = inside ? "" : std::string(rest);
    } else if (inside && (line.front() == ' ' || line.front() == '-')) {
      if (!rows.add(content)) {
        return Result<void>(fail(Errc::kMalformed,
                                 fmt::format("'{}' is no name of a class", content),
                                 fmt::format("{}:{}", file_name, number)));
      }
    } else {
      inside = false;
    }
    if (!flow.empty() && names.empty() && flow.find(']') != std::string::npos) {
      const auto open = flow.find('[');
      const auto close = flow.find(']');
      if (open < close) {
        names = flow_list(std::string_view(flow).substr(open + 1, close - open - 1));
      }
      flow.clear();
    }
    return Result<void>{};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (names.empty()) {
    names = rows.names();
  }
  if (names.empty()) {
    return fail(Errc::kMalformed, "has no list 'names' of classes, numbered from 0",
                std::string(file_name));
  }
  return names;
}

}  // namespace stepcast::dataset
