#include "stepcast/camera/mjpeg_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace stepcast::camera {
namespace {

using testing::ElementsAre;

const std::string kRed = "\xFF\xD8 red \r\n--frame?\xFF\xD9";
const std::string kBlue = std::string("\xFF\xD8 blue \0 \xFF\xD9", 11);

std::string with_length(const std::string& jpeg) {
  return "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) +
         "\r\n\r\n" + jpeg + "\r\n";
}

std::string without_length(const std::string& jpeg) {
  return "--frame\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + "\r\n";
}

std::vector<std::string> frames_in(std::string_view type, const std::string& stream,
                                   std::size_t piece) {
  std::vector<std::string> frames;
  auto reader =
      MjpegReader::create(type, [&](std::string jpeg) { frames.push_back(std::move(jpeg)); });
  EXPECT_TRUE(reader);
  for (std::size_t at = 0; reader && at < stream.size(); at += piece) {
    EXPECT_TRUE(reader->push(std::string_view(stream).substr(at, piece)));
  }
  return frames;
}

constexpr std::string_view kType = "multipart/x-mixed-replace; boundary=frame";

TEST(MjpegReader, TakesFramesByTheirLengthHoweverTheyAreCut) {
  const std::string stream = with_length(kRed) + with_length(kBlue) + "--frame\r\n";
  for (const std::size_t piece : {1UL, 2UL, 7UL, 1000UL}) {
    EXPECT_THAT(frames_in(kType, stream, piece), ElementsAre(kRed, kBlue)) << piece;
  }
}

TEST(MjpegReader, TakesFramesWithoutALengthUpToTheNextBoundary) {
  const std::string stream = without_length(kBlue) + without_length(kBlue) + "--frame\r\n";
  for (const std::size_t piece : {1UL, 5UL, 1000UL}) {
    EXPECT_THAT(frames_in(kType, stream, piece), ElementsAre(kBlue, kBlue)) << piece;
  }
}

TEST(MjpegReader, UnderstandsTheDashesAndQuotesOfCameras) {
  const std::string stream = without_length(kBlue) + "--frame\r\n";
  for (const std::string_view type : {"multipart/x-mixed-replace;boundary=--frame",
                                      "Multipart/X-Mixed-Replace; boundary=\"frame\"; charset=x"}) {
    EXPECT_THAT(frames_in(type, stream, 1000), ElementsAre(kBlue)) << type;
  }
}

TEST(MjpegReader, PassesOverWhatIsNoPicture) {
  EXPECT_THAT(frames_in(kType, with_length("sorry") + with_length(kBlue) + "--frame\r\n", 1000),
              ElementsAre(kBlue));
}

TEST(MjpegReader, TakesNothingForAPictureThatIsNotInItsPart) {
  // The second byte of its beginning comes after its one byte.
  const std::string stream = "--frame\r\nContent-Length: 1\r\n\r\n\xFF\xD8";
  for (const std::size_t piece : {1UL, 1000UL}) {
    EXPECT_THAT(frames_in(kType, stream, piece), ElementsAre()) << piece;
  }
}

TEST(MjpegReader, BoundsWhatItKeeps) {
  auto reader = MjpegReader::create(kType, [](const std::string&) {});
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->push(std::string(100'000, 'x')));
  auto announced = MjpegReader::create(kType, [](const std::string&) {});
  ASSERT_TRUE(announced);
  EXPECT_FALSE(announced->push("--frame\r\nContent-Length: 99999999999\r\n\r\n"));
}

TEST(MjpegReader, BoundsAlikeHoweverTheBytesAreCut) {
  constexpr std::size_t kLongestHead = 4096;
  const auto taken = [](std::size_t head, std::size_t piece) {
    auto reader = MjpegReader::create(kType, [](const std::string&) {});
    const std::string stream = std::string(head, 'x') + "\r\n\r\n" + kBlue;
    bool good = true;
    for (std::size_t at = 0; good && at < stream.size(); at += piece) {
      good = reader->push(std::string_view(stream).substr(at, piece)).has_value();
    }
    return good;
  };
  for (const std::size_t piece : {1UL, 5000UL}) {
    EXPECT_TRUE(taken(kLongestHead, piece)) << piece;
    EXPECT_FALSE(taken(kLongestHead + 1, piece)) << piece;
  }
}

TEST(MjpegReader, RefusesOtherTypes) {
  EXPECT_FALSE(MjpegReader::create("text/html", [](const std::string&) {}));
  EXPECT_FALSE(MjpegReader::create("multipart/x-mixed-replace", [](const std::string&) {}));
}

}  // namespace
}  // namespace stepcast::camera
