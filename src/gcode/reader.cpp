#include "stepcast/gcode/reader.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "dialect_limits.hpp"
#include "file_kind.hpp"
#include "line_parser.hpp"
#include "line_source.hpp"
#include "text.hpp"

namespace stepcast::gcode {

class Reader::Impl {
 public:
  Impl(LineSource source, std::string name) : source_(std::move(source)), name_(std::move(name)) {}

  Result<bool> next(Command& command);
  [[nodiscard]] std::uint64_t position() const { return source_.position(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const UnknownCommands& unknown() const { return unknown_; }

 private:
  Result<bool> check_head();
  tl::unexpected<Error> stop(std::size_t column, std::string message, std::string remedy);
  tl::unexpected<Error> stop(const NotText& complaint, std::size_t column);
  void count_unknown(const Command& command);

  LineSource source_;
  std::string name_;
  UnknownCommands unknown_;
  LineParser parser_;
  std::int64_t line_{};
  bool at_start_{true};
  bool ended_{};
};

tl::unexpected<Error> Reader::Impl::stop(std::size_t column, std::string message,
                                         std::string remedy) {
  ended_ = true;
  return fail(Errc::kMalformed, std::move(message), fmt::format("{}:{}:{}", name_, line_, column),
              std::move(remedy));
}

tl::unexpected<Error> Reader::Impl::stop(const NotText& complaint, std::size_t column) {
  return stop(column, complaint.message, complaint.remedy);
}

// A binary file is refused at once, not at the first line that happens to look odd.
Result<bool> Reader::Impl::check_head() {
  const auto head = source_.head(kHeadBytes);
  const auto complaint = recognise_not_text(head);
  if (!complaint) {
    return true;
  }
  const auto before = head.substr(0, complaint->offset);
  line_ = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return stop(*complaint, complaint->offset - line_start + 1);
}

Result<bool> Reader::Impl::next(Command& command) {
  if (at_start_) {
    at_start_ = false;
    if (auto text = check_head(); !text) {
      return text;
    }
  }
  while (!ended_) {
    LineSource::Line line;
    const auto status = source_.next(line);
    if (status == LineSource::Status::kEnd) {
      break;
    }
    if (status == LineSource::Status::kFailed) {
      ended_ = true;
      return tl::unexpected(source_.failure(name_));
    }
    ++line_;
    if (source_.may_hold_nul()) {
      if (const auto nul = line.text.find('\0'); nul != std::string_view::npos) {
        return stop(not_text_at(static_cast<std::size_t>(line.offset) + nul, '\0'), nul + 1);
      }
    }
    if (line.cut && line.text.find(';') == std::string_view::npos) {
      return stop(
          kMaxLineBytes + 1,
          fmt::format("the line is longer than {} bytes, and it is no comment", kMaxLineBytes),
          "is this file G-code? Slice or upload it again");
    }
    command.line = line_;
    switch (parser_.parse(line.text, command)) {
      case LineParser::Outcome::kBlank:
        break;
      case LineParser::Outcome::kParsed:
        if (parser_.is_unknown()) {
          count_unknown(command);
        }
        return true;
      case LineParser::Outcome::kFault: {
        auto text = describe(parser_.fault(), line.text);
        return stop(parser_.fault().begin + 1, std::move(text.message), std::move(text.remedy));
      }
    }
  }
  ended_ = true;
  return false;
}

void Reader::Impl::count_unknown(const Command& command) {
  // Room for the longest name, or for a code with its subcode.
  std::array<char, std::max<std::size_t>(kMaxNameBytes, 32)> storage{};
  char* end = storage.data();
  if (command.name.empty()) {
    end = fmt::format_to(end, "{}{}", command.letter, command.number);
    if (command.subcode != 0) {
      end = fmt::format_to(end, ".{}", command.subcode);
    }
  } else {
    end = std::transform(command.name.begin(), command.name.end(), end, to_upper);
  }
  std::string_view key(storage.data(), static_cast<std::size_t>(end - storage.data()));
  auto found = unknown_.by_code.find(key);
  if (found == unknown_.by_code.end() && unknown_.by_code.size() >= kMaxUnknownKinds) {
    key = UnknownCommands::kOthers;
    found = unknown_.by_code.find(key);
  }
  if (found == unknown_.by_code.end()) {
    found = unknown_.by_code.emplace(key, UnknownCommands::Sighting{line_, 0}).first;
  }
  ++found->second.count;
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& file) {
  auto source = LineSource::open(file);
  if (!source) {
    return tl::unexpected<Error>(std::move(source).error());
  }
  return Reader(std::make_unique<Impl>(std::move(*source), file.string()));
}

Reader Reader::from_text(std::string_view text, std::string name) {
  return Reader(std::make_unique<Impl>(LineSource(text), std::move(name)));
}

Reader Reader::from_bytes(std::unique_ptr<ByteSource> bytes, std::string name) {
  return Reader(std::make_unique<Impl>(LineSource(std::move(bytes)), std::move(name)));
}

Result<bool> Reader::next(Command& command) {
  return impl_->next(command);
}

std::uint64_t Reader::position() const {
  return impl_->position();
}

const std::string& Reader::name() const {
  return impl_->name();
}

const UnknownCommands& Reader::unknown() const {
  return impl_->unknown();
}

}  // namespace stepcast::gcode
