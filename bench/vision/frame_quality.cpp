// How often pictures of real cameras are called unusable that are not, and how often those are
// found that were spoiled on purpose:
//
//   build/release/bench/vision/frame_quality FOLDER...
//
// Each folder (below it, too) is one camera; its pictures are taken in the order of their names.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "stepcast/vision/frame_watch.hpp"
#include "stepcast/vision/picture.hpp"

namespace {

namespace fs = std::filesystem;
using namespace stepcast::vision;

cv::Mat view_of(Picture& picture) {
  return {picture.height, picture.width, CV_8UC3, picture.bgr.data()};
}

struct Spoiling {
  const char* name;
  FrameFault expected;
  std::function<void(Picture&)> spoil;
};

std::vector<Spoiling> spoilings() {
  const auto blur = [](double share) {
    return [share](Picture& picture) {
      cv::Mat view = view_of(picture);
      cv::GaussianBlur(view, view, {}, share * picture.width);
    };
  };
  return {
      {"light off", FrameFault::kDark,
       [](Picture& picture) { view_of(picture).convertTo(view_of(picture), -1, 0.1, 0); }},
      {"overexposed", FrameFault::kBright,
       [](Picture& picture) { view_of(picture).convertTo(view_of(picture), -1, 0.5, 210); }},
      {"covered", FrameFault::kCovered,
       [](Picture& picture) {
         const cv::Scalar mean = cv::mean(view_of(picture));
         view_of(picture).setTo(mean * 0.6 + cv::Scalar::all(30));
       }},
      {"blurred, 1/200 of the width", FrameFault::kBlurred, blur(1.0 / 200)},
      {"blurred, 1/100 of the width", FrameFault::kBlurred, blur(1.0 / 100)},
      {"blurred, 1/50 of the width", FrameFault::kBlurred, blur(1.0 / 50)},
  };
}

struct Count {
  int found = 0;
  int all = 0;
};

void print_share(const std::string& what, const Count& count) {
  fmt::print("  {:<34} {:>5} of {:<5} {:5.1f} %\n", what, count.found, count.all,
             count.all == 0 ? 0 : 100.0 * count.found / count.all);
}

void judge_camera(const fs::path& folder, std::map<std::string, Count>& totals) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  FrameWatch watch;
  std::map<std::string, Count> counts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto picture = read_picture(files[i]);
    if (!picture) {
      continue;
    }
    auto& alarms = counts["false alarms"];
    ++alarms.all;
    const auto faults = watch.look(measure_frame(*picture));
    alarms.found += faults.empty() ? 0 : 1;
    for (const FrameFault fault : faults) {
      fmt::print("  {}: {}\n", files[i].filename().string(), frame_fault_name(fault));
    }
    if (watch.usual_detail() == 0) {
      continue;
    }
    for (const Spoiling& spoiling : spoilings()) {
      Picture spoiled = *picture;
      spoiling.spoil(spoiled);
      FrameWatch copy = watch;
      const auto found = copy.look(measure_frame(spoiled));
      auto& hits = counts[spoiling.name];
      ++hits.all;
      hits.found += std::find(found.begin(), found.end(), spoiling.expected) != found.end() ? 1 : 0;
    }
  }
  fmt::print("{}: {} pictures, usual detail {:.1f}\n", folder.string(), files.size(),
             watch.usual_detail());
  for (const auto& [what, count] : counts) {
    print_share(what, count);
    totals[what].found += count.found;
    totals[what].all += count.all;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, Count> totals;
  for (int i = 1; i < argc; ++i) {
    judge_camera(argv[i], totals);
  }
  fmt::print("all cameras\n");
  for (const auto& [what, count] : totals) {
    print_share(what, count);
  }
  return argc > 1 ? 0 : 2;
}
