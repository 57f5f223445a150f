#include "stepcast/models/compare.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"
#include "stepcast/evaluation/classification.hpp"
#include "stepcast/evaluation/detection_scores.hpp"
#include "stepcast/vision/classifier.hpp"
#include "stepcast/vision/detector.hpp"

namespace stepcast::models {
namespace {

namespace fs = std::filesystem;
namespace ev = evaluation;

constexpr double kEverything = 0.01;  // confidence down to which a curve needs answers

Result<vision::ModelKind> kind_of(const fs::path& file) {
  const auto bytes = read_text(file);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return vision::read_model_info(std::as_bytes(std::span(*bytes)), file.string())
      .map([](const vision::ModelInfo& info) { return info.kind; });
}

/// Classes of the data set first, then those that only networks name.
class ClassNames {
 public:
  explicit ClassNames(std::vector<std::string> names) : names_(std::move(names)) {}

  std::size_t index(const std::string& name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(found - names_.begin());
    if (found == names_.end()) {
      names_.push_back(name);
    }
    return index;
  }
  [[nodiscard]] std::size_t count() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

/// What both runs need.
struct Task {
  const dataset::Dataset& data;
  std::vector<std::size_t> items;
  ClassNames names;
  const dataset::Progress& progress;
  std::size_t done = 0;

  void tell() {
    if (progress) {
      progress(++done, 2 * items.size());
    }
  }
};

Result<std::vector<ev::JudgedPicture>> detections(const fs::path& file, Task& task) {
  auto detector = vision::Detector::load(file.string());
  if (!detector) {
    return tl::unexpected(detector.error());
  }
  detector->set_threshold(kEverything);
  std::vector<ev::JudgedPicture> judged;
  for (const std::size_t i : task.items) {
    const dataset::Item& item = task.data.items[i];
    const auto found = detector->detect_file(picture_path(task.data, item).string());
    if (!found) {
      return tl::unexpected(found.error());
    }
    ev::JudgedPicture& picture = judged.emplace_back();
    for (const auto& marked : *item.boxes) {
      picture.truths.push_back({marked.class_index, marked.box});
    }
    for (vision::Detection said : found->detections) {
      said.class_index = task.names.index(detector->info().classes[said.class_index]);
      picture.detections.push_back(said);
    }
    task.tell();
  }
  return judged;
}

Result<std::vector<ev::Judgement>> judgements(const fs::path& file, Task& task) {
  auto classifier = vision::Classifier::load(file.string());
  if (!classifier) {
    return tl::unexpected(classifier.error());
  }
  std::vector<ev::Judgement> judged;
  for (const std::size_t i : task.items) {
    const dataset::Item& item = task.data.items[i];
    const auto said = classifier->judge_file(picture_path(task.data, item).string());
    if (!said) {
      return tl::unexpected(said.error());
    }
    judged.push_back(
        {*item.picture_class, task.names.index(classifier->info().classes[said->best])});
    task.tell();
  }
  return judged;
}

Result<Comparison> compared(std::string figure, std::size_t pictures, const ev::Statistic& current,
                            const ev::Statistic& candidate, const ev::Bootstrap& bootstrap) {
  const std::vector<std::uint32_t> all(pictures, 1);
  const auto before = current(all);
  const auto after = candidate(all);
  const auto difference = ev::paired_difference(pictures, current, candidate, bootstrap);
  if (!before || !after || !difference) {
    return fail(Errc::kInvalidArgument, "the frozen pictures show too little to compare by");
  }
  return Comparison{std::move(figure), pictures, *before, *after, *difference};
}

}  // namespace

bool Comparison::clearly_better() const {
  constexpr double kClearly = 0.95;
  return difference.value > 0 && difference.share_better >= kClearly;
}

std::string Comparison::to_string() const {
  return fmt::format("{} {:.3f} -> {:.3f} on {} pictures, difference {:+.3f} [{:+.3f}, {:+.3f}]",
                     figure, current, candidate, pictures, difference.value,
                     difference.interval.low, difference.interval.high);
}

Result<Comparison> compare(const fs::path& current, const fs::path& candidate,
                           const dataset::Dataset& data, const CompareOptions& options) {
  const auto kind = kind_of(current);
  const auto other = kind_of(candidate);
  if (!kind || !other) {
    return tl::unexpected(kind ? other.error() : kind.error());
  }
  if (*kind != *other) {
    return fail(Errc::kInvalidArgument, "is no network of the same kind as the one in use",
                candidate.string());
  }
  const bool boxes = *kind == vision::ModelKind::kDetector;
  Task task{data, items_of(data, options.split), ClassNames(data.classes), options.progress};
  std::erase_if(task.items, [&](std::size_t i) {
    const dataset::Item& item = data.items[i];
    return boxes ? !item.boxes.has_value() : !item.picture_class.has_value();
  });
  if (task.items.empty()) {
    return fail(Errc::kInvalidArgument,
                fmt::format("has no labelled pictures in '{}'", name_of(options.split)), data.name,
                "stepcast dataset split --test 0.1");
  }
  if (boxes) {
    const auto first = detections(current, task);
    const auto second = first ? detections(candidate, task) : first;
    if (!second) {
      return tl::unexpected(second.error());
    }
    const auto before = ev::match(*first, task.names.count());
    const auto after = ev::match(*second, task.names.count());
    return compared(
        "mAP50", task.items.size(),
        [&](ev::Weights w) { return ev::mean_average_precision(before, 0, w); },
        [&](ev::Weights w) { return ev::mean_average_precision(after, 0, w); }, options.bootstrap);
  }
  const auto first = judgements(current, task);
  const auto second = first ? judgements(candidate, task) : first;
  if (!second) {
    return tl::unexpected(second.error());
  }
  const auto count = task.names.count();
  return compared(
      "macro F1", task.items.size(), [&](ev::Weights w) { return ev::macro_f1(*first, count, w); },
      [&](ev::Weights w) { return ev::macro_f1(*second, count, w); }, options.bootstrap);
}

}  // namespace stepcast::models
