#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "stepcast/base/contracts.hpp"
#include "stepcast/dataset/near_duplicates.hpp"

#include "likeness.hpp"

namespace stepcast::dataset {

Fingerprint fingerprint(const vision::Picture& picture) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  constexpr int kSide = static_cast<int>(Fingerprint::kSide);
  const cv::Mat view(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.bgr.data()));
  // Smaller first: grey of a thousand pixels instead of a million.
  cv::Mat small;
  cv::resize(view, small, {kSide, kSide}, 0, 0, cv::INTER_AREA);
  cv::Mat grey;
  cv::cvtColor(small, grey, cv::COLOR_BGR2GRAY);
  Fingerprint print;
  print.aspect = static_cast<double>(picture.width) / picture.height;
  std::copy(grey.datastart, grey.dataend, print.grey.begin());

  cv::Mat values;
  grey.convertTo(values, CV_32F);
  cv::Mat waves;
  cv::dct(values, waves);
  constexpr std::size_t kWord = 64;
  for (std::size_t i = 0; i < kFrequencies; ++i) {
    const Frequency& wave = frequencies()[i];
    const bool positive =
        waves.at<float>(static_cast<int>(wave.row), static_cast<int>(wave.column)) > 0;
    print.signs[i / kWord] |= static_cast<std::uint64_t>(positive) << (i % kWord);
  }
  return print;
}

}  // namespace stepcast::dataset
