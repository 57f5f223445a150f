// How often a changed copy of a picture is found to be one, for each kind of change, and how long
// it takes to compare all pictures with each other:
//
//   build/release/bench/dataset/near_duplicates FOLDER [EVERY]
//
// FOLDER is any that `stepcast dataset import` reads; every EVERY-th picture (4) is changed.
#include "stepcast/dataset/near_duplicates.hpp"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "stepcast/dataset/import.hpp"
#include "stepcast/vision/picture.hpp"

namespace {

using namespace stepcast;
using Change = std::function<cv::Mat(const cv::Mat&)>;

cv::Mat turned(const cv::Mat& picture, double degrees) {
  const cv::Point2f middle(0.5F * static_cast<float>(picture.cols),
                           0.5F * static_cast<float>(picture.rows));
  cv::Mat made;
  cv::warpAffine(picture, made, cv::getRotationMatrix2D(middle, degrees, 1), picture.size());
  return made;
}

Change cropped(double share) {
  return [share](const cv::Mat& picture) {
    const int x = static_cast<int>(share * picture.cols);
    const int y = static_cast<int>(share * picture.rows);
    return picture(cv::Rect(x, y, picture.cols - 2 * x, picture.rows - 2 * y)).clone();
  };
}

Change turning(double degrees) {
  return [degrees](const cv::Mat& picture) { return turned(picture, degrees); };
}

cv::Mat resized(const cv::Mat& picture, cv::Size size) {
  cv::Mat made;
  cv::resize(picture, made, size, 0, 0, cv::INTER_AREA);
  return made;
}

cv::Mat compressed(const cv::Mat& picture) {
  constexpr int kQuality = 30;
  const auto continuous = picture.clone();
  const vision::Picture plain{.width = continuous.cols,
                              .height = continuous.rows,
                              .bgr = {continuous.datastart, continuous.dataend}};
  auto again = vision::decode_picture(vision::encode_jpeg(plain, kQuality));
  return cv::Mat(again->height, again->width, CV_8UC3, again->bgr.data()).clone();
}

const std::vector<std::pair<std::string, Change>>& changes() {
  static const std::vector<std::pair<std::string, Change>> all = {
      {"JPEG quality 30", compressed},
      {"half size",
       [](const cv::Mat& p) {
         return resized(p, {p.cols / 2, p.rows / 2});
       }},
      {"stretched to a square",
       [](const cv::Mat& p) {
         const int side = std::min(p.cols, p.rows);
         return resized(p, {side, side});
       }},
      {"brighter by a third",
       [](const cv::Mat& p) {
         cv::Mat made;
         p.convertTo(made, -1, 4.0 / 3, 0);
         return made;
       }},
      {"mirrored",
       [](const cv::Mat& p) {
         cv::Mat made;
         cv::flip(p, made, 1);
         return made;
       }},
      {"turned by 90 degrees",
       [](const cv::Mat& p) {
         cv::Mat made;
         cv::rotate(p, made, cv::ROTATE_90_CLOCKWISE);
         return made;
       }},
      {"cropped by 2 % on each side", cropped(0.02)},
      {"cropped by 5 % on each side", cropped(0.05)},
      {"cropped by 8 % on each side", cropped(0.08)},
      {"turned by 2 degrees, corners black", turning(2)},
      {"turned by 5 degrees, corners black", turning(5)},
      {"turned by 10 degrees, corners black", turning(10)},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: near_duplicates FOLDER [EVERY]\n");
    return 2;
  }
  const auto imported = dataset::import_folder(argv[1]);
  if (!imported) {
    fmt::print(stderr, "{}\n", imported.error().to_string());
    return 3;
  }
  const std::size_t every = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 4;
  std::vector<std::size_t> found(changes().size(), 0);
  std::size_t asked = 0;
  for (std::size_t i = 0; i < imported->data.items.size(); i += std::max<std::size_t>(1, every)) {
    auto picture = vision::read_picture(
        dataset::picture_path(imported->data, imported->data.items[i]).string());
    if (!picture) {
      fmt::print(stderr, "{}\n", picture.error().to_string());
      return 3;
    }
    ++asked;
    const cv::Mat view(picture->height, picture->width, CV_8UC3, picture->bgr.data());
    const auto original = dataset::fingerprint(*picture);
    for (std::size_t c = 0; c < changes().size(); ++c) {
      const cv::Mat changed = changes()[c].second(view).clone();
      const auto copy = dataset::fingerprint({.width = changed.cols,
                                              .height = changed.rows,
                                              .bgr = {changed.datastart, changed.dataend}});
      found[c] += dataset::near_pairs(std::vector{original, copy}).size();
    }
  }
  fmt::print("{} pictures, a copy of each\n", asked);
  for (std::size_t c = 0; c < changes().size(); ++c) {
    fmt::print("  {:<40} found {:5.1f} %\n", changes()[c].first,
               100.0 * static_cast<double>(found[c]) / static_cast<double>(asked));
  }
  const auto prints = dataset::fingerprints(imported->data);
  if (!prints) {
    return 3;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto pairs = dataset::near_pairs(*prints).size();
  fmt::print("{} pictures with each other: {:.2f} s, {} pairs\n", prints->size(),
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
             pairs);
  return 0;
}
