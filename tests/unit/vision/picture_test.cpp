#include "stepcast/vision/picture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
