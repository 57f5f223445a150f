#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "stepcast/base/whole_file.hpp"
#include "stepcast/dataset/marks.hpp"

#include "dataset_options.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct MarkArguments {
  std::vector<std::string> pictures;
  std::string file = "marks.jsonl";
  std::string source;
  std::string right;  // answers of a detector
  std::string missed;
  std::string box;
  bool wrong = false;
};

Result<vision::Box> parse_box(const std::string& text) {
  std::array<double, 4> sides{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const auto [next, problem] = std::from_chars(at, end, sides[i]);
    const bool last = i + 1 == sides.size();
    if (problem != std::errc{} || (last ? next != end : next == end || *next != ',')) {
      return fail(Errc::kInvalidArgument, fmt::format("'{}' is not X,Y,WIDTH,HEIGHT", text),
                  "--box");
    }
    at = last ? next : next + 1;
  }
  return vision::Box{sides[0], sides[1], sides[2], sides[3]};
}

/// What a detector said of a picture, from lines of stepcast detect --json.
Result<std::vector<dataset::MarkedBox>> said_of(const std::string& picture,
                                                const std::string& answers) {
  const auto text = read_text(answers);
  if (!text) {
    return tl::unexpected(text.error());
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto json = nlohmann::json::parse(rest.substr(0, end), nullptr, false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!json.is_object() || !json.contains("image") || !json["image"].is_string() ||
        tidy(json["image"].get<std::string>()) != tidy(picture)) {
      continue;
    }
    // The same shape as a mark's boxes; reading it back checks every value.
    nlohmann::json mark{{"image", picture}, {"verdict", "right"}};
    mark["boxes"] = json.value("detections", nlohmann::json::array());
    auto marks = dataset::parse_marks(mark.dump(), answers);
    if (!marks) {
      return fail(marks.error().code, fmt::format("found nothing in {} to confirm", picture),
                  answers);
    }
    return std::move(marks->front().boxes);
  }
  return fail(Errc::kNotFound, fmt::format("says nothing of {}", picture), answers);
}

Result<dataset::Mark> mark_of(const std::string& picture, const MarkArguments& arguments) {
  dataset::Mark mark;
  mark.image = tidy(picture).string();
  mark.source = arguments.source;
  if (auto there = vision::read_picture_size(mark.image); !there) {
    return tl::unexpected(there.error());
  }
  if (!arguments.missed.empty()) {
    mark.verdict = dataset::Verdict::kMissed;
    dataset::MarkedBox marked{arguments.missed, std::nullopt};
    if (!arguments.box.empty()) {
      const auto box = parse_box(arguments.box);
      if (!box) {
        return tl::unexpected(box.error());
      }
      marked.box = *box;
    }
    mark.boxes.push_back(std::move(marked));
  } else if (!arguments.right.empty()) {
    mark.verdict = dataset::Verdict::kRight;
    auto boxes = said_of(picture, arguments.right);
    if (!boxes) {
      return tl::unexpected(boxes.error());
    }
    mark.boxes = std::move(*boxes);
  }
  return mark;
}

/// All lines in one write at the end of the file: whole, or not at all, beside other writers.
Result<void> append(const std::string& file, const std::string& lines) {
  constexpr int kMode = 0644;
  const int out = ::open(file.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, kMode);
  if (out < 0) {
    return fail(Errc::kIo, fmt::format("cannot be opened: {}", std::strerror(errno)), file);
  }
  const auto written = ::write(out, lines.data(), lines.size());
  const bool good = written == static_cast<ssize_t>(lines.size()) && ::fsync(out) == 0;
  const int problem = errno;
  ::close(out);
  return good ? Result<void>()
              : fail(Errc::kIo, fmt::format("cannot be written: {}", std::strerror(problem)), file);
}

int run_mark(const MarkArguments& arguments) {
  std::string lines;
  for (const std::string& picture : arguments.pictures) {
    const auto mark = mark_of(picture, arguments);
    if (!mark) {
      return report(mark.error());
    }
    lines += dataset::to_line(*mark);
  }
  if (auto written = append(arguments.file, lines); !written) {
    return report(written.error());
  }
  fmt::print("{}: {} more\n", arguments.file, arguments.pictures.size());
  return kSuccess;
}

struct CollectArguments {
  std::string file;
  std::string marks = "marks.jsonl";
  std::string folder;
};

int run_collect(const CollectArguments& arguments) {
  const auto text = read_text(arguments.marks);
  if (!text) {
    return report(text.error());
  }
  const auto marks = dataset::parse_marks(*text, arguments.marks);
  if (!marks) {
    return report(marks.error());
  }
  dataset::Dataset data;
  if (std::filesystem::exists(arguments.file)) {
    auto old = dataset::load(arguments.file);
    if (!old) {
      return report(old.error());
    }
    data = std::move(*old);
  } else {
    data.name = "collected";
    data.root = tidy(arguments.file).parent_path();
  }
  const auto folder = arguments.folder.empty() ? tidy(arguments.file).parent_path() / "collected"
                                               : std::filesystem::path(arguments.folder);
  const auto done = dataset::collect(data, *marks, folder);
  if (!done) {
    return report(done.error());
  }
  const Terminal terminal(stderr);
  for (const std::string& note : done->notes) {
    fmt::print(stderr, "{} {}\n", terminal.warn("note:"), note);
  }
  if (auto saved = dataset::save(data, arguments.file); !saved) {
    return report(saved.error());
  }
  fmt::print("{}: {} pictures new, {} with new labels, {} in all\n", arguments.file, done->added,
             done->changed, data.items.size());
  return kSuccess;
}

}  // namespace

void add_dataset_collect(CLI::App& group, int& status) {
  auto* mark = group.add_subcommand("mark", "Say whether a model was right about pictures");
  auto arguments = std::make_shared<MarkArguments>();
  mark->add_option("pictures", arguments->pictures, "Frames that a model has judged")->required();
  mark->add_option("--marks", arguments->file, "File that marks are added to")
      ->capture_default_str();
  mark->add_option("--source", arguments->source, "The camera or the film");
  auto* verdict = mark->add_option_group("verdict", "What is true");
  verdict->add_flag("--wrong", arguments->wrong, "There is nothing to see: a false alarm");
  verdict->add_option("--right", arguments->right,
                      "Its boxes are right; lines of stepcast detect --json");
  auto* missed =
      verdict->add_option("--missed", arguments->missed, "It did not see this class: spaghetti");
  verdict->require_option(1);
  mark->add_option("--box", arguments->box,
                   "Where the missed one is: X,Y,WIDTH,HEIGHT in pixels from the top left")
      ->needs(missed);
  mark->callback([arguments, &status] { status = run_mark(*arguments); });

  auto* collect = group.add_subcommand("collect", "Turn marked pictures into training data");
  auto collecting = std::make_shared<CollectArguments>();
  add_dataset_option(*collect, collecting->file);
  collect->add_option("marks", collecting->marks, "Marks, by stepcast dataset mark")
      ->capture_default_str();
  collect->add_option("--folder", collecting->folder,
                      "Pictures are copied here (collected, beside the data set)");
  collect->footer(
      "Then: stepcast dataset split, training, stepcast models offer. Pictures for validation and\n"
      "tests keep their labels.");
  collect->callback([collecting, &status] { status = run_collect(*collecting); });
}

}  // namespace stepcast::cli
