#include "stepcast/timelapse/avi.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "jpegs.hpp"

namespace stepcast::timelapse {
namespace {

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

std::string film_of(const std::vector<std::string>& frames, std::uint32_t repeats) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("stepcast_avi_" + std::to_string(::getpid()) + ".avi");
  auto film = AviWriter::create(file, {640, 480}, 25).value();
  for (const std::string& frame : frames) {
    EXPECT_TRUE(film.add(frame));
  }
  for (std::uint32_t i = 0; i < repeats; ++i) {
    EXPECT_TRUE(film.repeat());
  }
  EXPECT_TRUE(film.finish());
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::filesystem::remove(file);
  return bytes;
}

TEST(Avi, HoldsEachPictureAsItCame) {
  const std::vector<std::string> frames{jpeg_of(640, 480, "one"), jpeg_of(640, 480, "and two")};
  const std::string film = film_of(frames, 1);
  EXPECT_EQ(film.substr(0, 4), "RIFF");
  EXPECT_EQ(number_at(film, 4), film.size() - 8);
  EXPECT_EQ(film.substr(8, 4), "AVI ");
  const std::size_t movi = film.find("movi");
  const std::size_t index = film.find("idx1");
  ASSERT_NE(movi, std::string::npos);
  ASSERT_NE(index, std::string::npos);
  EXPECT_EQ(number_at(film, movi - 4), index - movi);
  ASSERT_EQ(number_at(film, index + 4), 3 * 16U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t entry = index + 8 + i * 16;
    const std::size_t chunk = movi + number_at(film, entry + 8);
    const std::uint32_t length = number_at(film, entry + 12);
    EXPECT_EQ(film.substr(chunk, 4), "00dc");
    EXPECT_EQ(number_at(film, chunk + 4), length);
    EXPECT_EQ(film.substr(chunk + 8, length), i < 2 ? frames[i] : "") << i;
  }
  const std::size_t head = film.find("avih") + 8;
  EXPECT_EQ(number_at(film, head), 40'000U) << "us a frame";
  EXPECT_EQ(number_at(film, head + 16), 3U) << "frames";
  EXPECT_EQ(number_at(film, head + 32), 640U);
  EXPECT_EQ(number_at(film, head + 36), 480U);
}

TEST(Avi, ReadsTheSizeOfAPicturePastWhateverStandsBeforeIt) {
  const auto size = size_of_jpeg(jpeg_of(1920, 1080, "x"));
  ASSERT_TRUE(size);
  EXPECT_EQ(*size, (PictureSize{1920, 1080}));
}

TEST(Avi, TakesNothingForAPictureThatHasNoSize) {
  const std::string whole = jpeg_of(640, 480, "");
  for (std::size_t length = 0; length < whole.find("\x08") + 5; ++length) {
    EXPECT_FALSE(size_of_jpeg(whole.substr(0, length))) << length;
  }
  EXPECT_FALSE(size_of_jpeg("\xff\xd8 picture \xff\xd9"));
  EXPECT_FALSE(size_of_jpeg(jpeg_of(0, 480, "x")));
  EXPECT_FALSE(size_of_jpeg("\xff\xd8\xff\xda of the picture itself"));
  EXPECT_FALSE(size_of_jpeg("GIF89a, which is no JPEG"));
}

}  // namespace
}  // namespace stepcast::timelapse
