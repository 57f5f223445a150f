#include "print_journal.hpp"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace stepcast::printer {
namespace {

constexpr std::string_view kJournalTitle = "stepcast print 1";

tl::unexpected<Error> io_error(const std::filesystem::path& file, std::string_view what) {
  return fail(Errc::kIo, fmt::format("{}: {}", what, std::generic_category().message(errno)),
              file.string(), "free some space, or correct the rights of the folder");
}

/// The words of a line, from the front.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::string_view word() {
    const std::size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return word;
  }
  template <class Number>
  [[nodiscard]] bool number(Number& value) {
    const std::string_view text = word();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  }
  [[nodiscard]] std::string rest() const { return std::string(rest_); }

 private:
  std::string_view rest_;
};

bool read_session(Words& words, stream::OpenedSession& session) {
  bool fine = words.number(session.session) && words.number(session.first_packet) &&
              words.number(session.fifo_packets);
  int virtual_motors = 0;
  fine = fine && words.number(virtual_motors);
  session.virtual_motors = virtual_motors != 0;
  for (const Axis motor : kAllAxes) {
    fine = fine && words.number(session.positions[motor]);
  }
  return fine;
}

/// What the lines have told so far.
struct Reading {
  PrintRecord record;
  std::vector<std::string> cancelled;
  bool session_known = false;

  bool take(std::string_view line) {
    Words words(line);
    const std::string_view key = words.word();
    if (key == "job") {
      record.job_id = words.rest();
      return true;
    }
    if (key == "plan") {
      record.plan = words.rest();
      return true;
    }
    if (key == "session") {
      session_known = read_session(words, record.session);
      return session_known;
    }
    if (key == "cancelled") {
      cancelled.push_back(words.rest());
      return true;
    }
    if (key == "change") {
      planner::LiveChange change;
      std::size_t objects = 0;
      if (!words.number(change.from_move) || !words.number(change.settings.speed) ||
          !words.number(change.settings.flow) || !words.number(change.settings.z_offset.v) ||
          !words.number(objects) || objects > cancelled.size()) {
        return false;
      }
      change.settings.cancelled.assign(cancelled.begin(),
                                       cancelled.begin() + static_cast<std::ptrdiff_t>(objects));
      cancelled.clear();
      record.changes.push_back(std::move(change));
      return true;
    }
    if (key == "at") {
      return words.number(record.checked_ticks) && words.number(record.checked_sum) &&
             words.number(record.layer);
    }
    if (key == "ran" || key == "lost") {
      record.over = key == "lost";
      return words.number(record.executed) && words.number(record.sent);
    }
    if (key == "unsure") {
      record.z_unsure = true;
      return true;
    }
    if (key == "restart") {
      planner::Restart restart;
      if (!words.number(record.restart_changes) || record.restart_changes > record.changes.size() ||
          !words.number(restart.from_move) || !words.number(restart.filament.v) ||
          !words.number(restart.top.v)) {
        return false;
      }
      bool fine = true;
      for (const Axis axis : kAllAxes) {
        fine = fine && words.number(restart.start[axis].v);
      }
      record.restart = fine ? std::optional(restart) : std::nullopt;
      return fine;
    }
    if (key == "paused" || key == "resumed") {
      record.paused = key == "paused";
      return true;
    }
    return false;
  }
};

}  // namespace

Result<PrintJournal> PrintJournal::begin(const std::filesystem::path& file,
                                         const std::string& job_id, const std::string& plan,
                                         const stream::OpenedSession& session) {
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return io_error(file, "the record of the print cannot be made");
  }
  PrintJournal journal(descriptor, file);
  const auto& at = session.positions;
  const std::string lines = fmt::format(
      "{}\njob {}\nplan {}\nsession {} {} {} {} {} {} {} {}\n", kJournalTitle, job_id, plan,
      session.session, session.first_packet, session.fifo_packets, session.virtual_motors ? 1 : 0,
      at[Axis::kX], at[Axis::kY], at[Axis::kZ], at[Axis::kE]);
  if (auto written = journal.write(lines, true); !written) {
    return tl::unexpected(written.error());
  }
  return journal;
}

Result<PrintJournal> PrintJournal::go_on(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (descriptor < 0) {
    return io_error(file, "the record of the print cannot be opened");
  }
  PrintJournal journal(descriptor, file);
  // The end of the last process may have cut a line short: it ends here, as a line without meaning.
  char last = '\n';
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  if (size > 0 && ::pread(descriptor, &last, 1, size - 1) == 1 && last != '\n') {
    if (auto written = journal.write("\n", true); !written) {
      return tl::unexpected(written.error());
    }
  }
  return journal;
}

Result<std::optional<PrintRecord>> PrintJournal::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return std::optional<PrintRecord>();
  }
  std::string line;
  if (!std::getline(in, line) || in.eof()) {
    return std::optional<PrintRecord>();
  }
  if (line != kJournalTitle) {
    return fail(Errc::kMalformed, "this is no record of a print of this version", file.string(),
                "remove the file; the print that it is of cannot be taken up");
  }
  Reading reading;
  while (std::getline(in, line) && !in.eof()) {
    // A line that does not read was cut short; what it told of has not happened.
    static_cast<void>(reading.take(line));
  }
  return reading.session_known ? std::optional(std::move(reading.record)) : std::nullopt;
}

void PrintJournal::remove(const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
}

PrintJournal::PrintJournal(PrintJournal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)) {}

PrintJournal& PrintJournal::operator=(PrintJournal&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(file_, other.file_);
  return *this;
}

PrintJournal::~PrintJournal() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<void> PrintJournal::change(const planner::LiveChange& change) {
  const planner::LiveSettings& settings = change.settings;
  std::string lines;
  for (const std::string& name : settings.cancelled) {
    lines += fmt::format("cancelled {}\n", name);
  }
  // Shortest digits that read back as the same number, so that the plan is repeated to the bit.
  lines += fmt::format("change {} {} {} {} {}\n", change.from_move, settings.speed, settings.flow,
                       settings.z_offset.v, settings.cancelled.size());
  return write(lines, true);
}

Result<void> PrintJournal::restart(const planner::Restart& restart, std::size_t changes) {
  const auto& at = restart.start;
  return write(fmt::format("restart {} {} {} {} {} {} {} {}\n", changes, restart.from_move,
                           restart.filament.v, restart.top.v, at[Axis::kX].v, at[Axis::kY].v,
                           at[Axis::kZ].v, at[Axis::kE].v),
               true);
}

Result<void> PrintJournal::ran(Ticks executed, Ticks sent, bool over) {
  return write(fmt::format("{} {} {}\n", over ? "lost" : "ran", executed, sent), true);
}

Result<void> PrintJournal::z_unsure() {
  return write("unsure\n", true);
}

Result<void> PrintJournal::paused(bool is) {
  return write(is ? "paused\n" : "resumed\n", true);
}

Result<void> PrintJournal::note(Ticks ticks, std::uint32_t sum, std::int64_t layer) {
  return write(fmt::format("at {} {} {}\n", ticks, sum, layer), false);
}

Result<void> PrintJournal::write(const std::string& lines, bool durable) {
  std::string_view rest = lines;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return io_error(file_, "the record of the print cannot be written");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (durable && ::fdatasync(descriptor_) != 0) {
    return io_error(file_, "the record of the print cannot be kept");
  }
  return {};
}

}  // namespace stepcast::printer
