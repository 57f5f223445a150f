#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/vision/annotate.hpp"
#include "stepcast/vision/detector.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "model_folder.hpp"
#include "picture_faults.hpp"
#include "picture_files.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {
namespace fs = std::filesystem;

struct DetectOptions {
  PictureOptions pictures;
  std::optional<double> threshold;
  std::string annotate;
};

void print_json_line(const std::string& path, const vision::Found& found,
                     const vision::ModelInfo& model) {
  auto detections = nlohmann::ordered_json::array();
  for (const auto& one : found.detections) {
    detections.push_back({{"class", model.classes[one.class_index]},
                          {"confidence", one.confidence},
                          {"x", one.box.x},
                          {"y", one.box.y},
                          {"w", one.box.width},
                          {"h", one.box.height}});
  }
  const nlohmann::ordered_json line{{"image", path},
                                    {"width", found.width},
                                    {"height", found.height},
                                    {"detections", std::move(detections)},
                                    {"faults", json_of(faults_of(path))}};
  // A path is bytes; what is no UTF-8 in it is replaced.
  fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_text(const std::string& path, const vision::Found& found,
                const vision::ModelInfo& model) {
  const Terminal terminal(stdout);
  fmt::print("{}  {}\n", terminal.strong(path),
             found.detections.empty() ? terminal.good("nothing found") : std::string());
  for (const auto& one : found.detections) {
    const bool loose = !model.trustworthy[one.class_index];
    fmt::print("  {:<16} {:3.0f} %   {:.0f} x {:.0f} at {:.0f}, {:.0f}{}\n",
               terminal.warn(model.classes[one.class_index]), one.confidence * 100, one.box.width,
               one.box.height, one.box.x, one.box.y,
               loose ? terminal.dim("   (a class with too few pictures to be trusted)") : "");
  }
}

/// Writes annotated pictures to a folder, under names that are not taken yet.
class AnnotatedFolder {
 public:
  explicit AnnotatedFolder(fs::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Result<void> create() const {
    std::error_code error;
    fs::create_directories(folder_, error);
    return error ? fail(Errc::kIo, fmt::format("cannot be made: {}", error.message()),
                        folder_.string())
                 : Result<void>();
  }

  Result<void> write(const fs::path& source, vision::Picture picture, const vision::Found& found,
                     const vision::ModelInfo& model) {
    constexpr int kQuality = 90;
    vision::annotate(picture, found.detections, model.classes);
    const auto jpeg = vision::encode_jpeg(picture, kQuality);
    std::string name = source.stem().string() + ".jpg";
    for (int i = 2; !taken_.insert(name).second; ++i) {
      name = fmt::format("{}-{}.jpg", source.stem().string(), i);
    }
    const fs::path file = folder_ / name;
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(jpeg.data()),
                 static_cast<std::streamsize>(jpeg.size()));
    stream.close();
    return stream ? Result<void>()
                  : fail(Errc::kIo, fmt::format("cannot be written: {}", std::strerror(errno)),
                         file.string());
  }

 private:
  fs::path folder_;
  std::set<std::string> taken_;
};

int run(const DetectOptions& options) {
  const auto runtime = vision::runtime_of(options.pictures.runtime);
  if (!runtime) {
    report(runtime.error());
    return kUsage;
  }
  auto detector = vision::Detector::load(options.pictures.model, *runtime);
  if (!detector) {
    return report(detector.error());
  }
  if (options.threshold) {
    detector->set_threshold(*options.threshold);
  }
  const auto files = picture_files(options.pictures.pictures);
  if (!files) {
    return report(files.error());
  }
  std::optional<AnnotatedFolder> annotated;
  if (!options.annotate.empty()) {
    annotated.emplace(options.annotate);
    if (auto created = annotated->create(); !created) {
      return report(created.error());
    }
  }
  return for_each_picture(*files, [&](const std::string& path) -> Result<void> {
    const auto found = detector->detect_file(path);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (options.pictures.json) {
      print_json_line(path, *found, detector->info());
    } else {
      print_text(path, *found, detector->info());
      warn_of(faults_of(path), path);
    }
    if (!annotated) {
      return {};
    }
    return vision::read_picture(path).and_then([&](vision::Picture picture) {
      return annotated->write(path, std::move(picture), *found, detector->info());
    });
  });
}

}  // namespace

void add_detect_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("detect", "Find defects in pictures, with a box around each");
  auto options = std::make_shared<DetectOptions>();
  options->pictures.add_to(*command, model_path("detector.onnx"));
  command
      ->add_option("--threshold", options->threshold,
                   "Least confidence, 0 to 1, instead of that of each class")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--annotate", options->annotate,
                      "Write the pictures with their boxes to this folder");
  command->footer(
      "Examples:\n"
      "  stepcast detect snapshot.jpg\n"
      "  stepcast detect timelapse/ --annotate marked/\n"
      "  stepcast detect *.jpg --json | jq -c 'select(.detections != [])'\n"
      "A picture that cannot be read is reported and the others are still judged; the exit status\n"
      "is then 3.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
