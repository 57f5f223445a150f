#include "stepcast/vision/picture.hpp"

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

namespace stepcast::vision {
namespace {

using ::testing::HasSubstr;

Picture ramp(int width, int height) {
  Picture picture{.width = width, .height = height, .bgr = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.bgr.insert(picture.bgr.end(), {static_cast<std::uint8_t>(255 * x / width),
                                             static_cast<std::uint8_t>(255 * y / height), 40});
    }
  }
  return picture;
}

TEST(Picture, PngComesBackAsItWas) {
  const auto picture = ramp(31, 17);
  const auto again = decode_picture(encode_png(picture));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->width, 31);
  EXPECT_EQ(again->height, 17);
  EXPECT_EQ(again->bgr, picture.bgr);
}

TEST(Picture, JpegComesBackNearly) {
  const auto picture = ramp(64, 48);
  const auto again = decode_picture(encode_jpeg(picture, 95));
  ASSERT_TRUE(again) << again.error().to_string();
  ASSERT_EQ(again->bgr.size(), picture.bgr.size());
  for (std::size_t i = 0; i < picture.bgr.size(); ++i) {
    ASSERT_NEAR(again->bgr[i], picture.bgr[i], 20);
  }
}

std::vector<std::byte> encoded(const Picture& picture, const char* extension,
                               const std::vector<int>& parameters) {
  Picture copy = picture;
  std::vector<std::uint8_t> file;
  cv::imencode(extension, cv::Mat(copy.height, copy.width, CV_8UC3, copy.bgr.data()), file,
               parameters);
  const auto bytes = std::as_bytes(std::span(file));
  return {bytes.begin(), bytes.end()};
}

TEST(Picture, WebpAndProgressiveJpegAreRead) {
  const auto picture = ramp(64, 48);
  for (const auto& file :
       {encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 90}),
        encoded(picture, ".webp", {cv::IMWRITE_WEBP_QUALITY, 101}),
        encoded(picture, ".jpg",
                {cv::IMWRITE_JPEG_PROGRESSIVE, 1, cv::IMWRITE_JPEG_QUALITY, 95})}) {
    EXPECT_TRUE(check_picture(file));
    const auto again = decode_picture(file);
    ASSERT_TRUE(again) << again.error().to_string();
    ASSERT_EQ(again->bgr.size(), picture.bgr.size());
    for (std::size_t i = 0; i < picture.bgr.size(); ++i) {
      ASSERT_NEAR(again->bgr[i], picture.bgr[i], 30);
    }
    EXPECT_FALSE(decode_picture(std::span(file).first(file.size() / 2)));
  }
}

TEST(Picture, StandsUprightAsItsExifDataSays) {
  // Orientation 6: turned by a quarter to the left when it was taken.
  const unsigned char exif[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
                                0,    42,   0, 0,  0,   8,   0,   1,   1, 0x12, 0,   3,
                                0,    0,    0, 1,  0,   6,   0,   0,   0, 0,    0,   0};
  const auto lying = encode_jpeg(ramp(64, 32), 95);
  std::vector<std::byte> file(lying.begin(), lying.begin() + 2);
  const auto segment = std::as_bytes(std::span(exif));
  file.insert(file.end(), segment.begin(), segment.end());
  file.insert(file.end(), lying.begin() + 2, lying.end());
  const auto upright = decode_picture(file);
  ASSERT_TRUE(upright) << upright.error().to_string();
  EXPECT_EQ(upright->width, 32);
  EXPECT_EQ(upright->height, 64);
}

TEST(Picture, AJpegThatBreaksOffIsRefused) {
  // Decoders would fill the rest with grey.
  const auto file = encode_jpeg(ramp(64, 48), 90);
  for (const std::size_t less : {2U, 10U, 400U}) {
    const auto refused = decode_picture(std::span(file).first(file.size() - less), "half.jpg");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kMalformed);
    EXPECT_THAT(refused.error().message, HasSubstr("breaks off"));
  }
}

TEST(Picture, TooManyPixelsAreRefusedByTheirHeader) {
  // 8000 by 6250 pixels: a PNG of which only the header is there.
  auto file = encode_png(ramp(2, 2));
  file[18] = std::byte{0x1F};
  file[19] = std::byte{0x40};
  file[22] = std::byte{0x18};
  file[23] = std::byte{0x6A};
  const auto refused = decode_picture(file, "phone.png");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOutOfRange);
  EXPECT_EQ(refused.error().location, "phone.png");
  EXPECT_THAT(refused.error().message, HasSubstr("50.0 megapixels"));
}

TEST(Picture, WhatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", "hello", "\xFF\xD8", "\x89PNG\r\n\x1A\n", "RIFF    WEBPVP8X"}) {
    const auto refused = decode_picture(std::as_bytes(std::span(text)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kMalformed);
  }
}

}  // namespace
}  // namespace stepcast::vision
