// Reader on real files: pieces, ends of line on their seams, errors of the file system, memory.
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/gcode/reader.hpp"

#include "reading.hpp"
#include "scoped_no_alloc.hpp"

namespace stepcast::gcode {
namespace {

using ::testing::HasSubstr;

class ReaderFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ =
        std::filesystem::path(::testing::TempDir()) /
        ("reader_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::filesystem::path path_;
};

TEST_F(ReaderFile, ThatIsNotThereIsNotFound) {
  const auto reader = Reader::open(path_);
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, Errc::kNotFound);
  EXPECT_EQ(reader.error().location, path_.string());
}

TEST_F(ReaderFile, ThatIsAFolderIsAnError) {
  const auto reader = Reader::open(::testing::TempDir());
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, Errc::kIo);
  EXPECT_THAT(reader.error().message, HasSubstr("folder"));
}

TEST_F(ReaderFile, IsNamedInErrors) {
  write("G28\nG1 X\n");
  auto reader = Reader::open(path_).value();
  Command command;
  ASSERT_TRUE(reader.next(command).value());
  EXPECT_EQ(reader.next(command).error().location, path_.string() + ":2:4");
}

// Lines of changing length and every end of line put each seam of the 1 MiB pieces at another
// place in a line, some of them between CR and LF.
TEST_F(ReaderFile, ReadsTheSameInPiecesAsInOne) {
  constexpr const char* kEnds[] = {"\n", "\r\n", "\r"};
  std::mt19937 random(1);
  for (const char* const end : kEnds) {
    std::string text;
    int commands = 0;
    while (text.size() < 3'500'000) {
      text += "G1 X" + std::to_string(commands) + ";" + std::string(random() % 300, 'c') + end;
      ++commands;
    }
    write(text);
    auto from_file = Reader::open(path_).value();
    auto from_text = Reader::from_text(text);
    Command a;
    Command b;
    for (int i = 0; i < commands; ++i) {
      ASSERT_TRUE(from_file.next(a).value());
      ASSERT_TRUE(from_text.next(b).value());
      ASSERT_EQ(a.value('X'), i);
      ASSERT_EQ(a.line, i + 1);
      ASSERT_EQ(b.line, i + 1);
      ASSERT_EQ(a.comment, b.comment);
    }
    EXPECT_FALSE(from_file.next(a).value());
    EXPECT_EQ(from_file.position(), text.size());
  }
}

TEST_F(ReaderFile, KeepsCarriageReturnAndLineFeedTogetherOnASeam) {
  constexpr std::size_t kPiece = 1024 * 1024;
  write("; " + std::string(1000, 'a') + "\n" + std::string(kPiece - 1004 - 4, '\n') +
        "G28\r\nG90\n");
  auto reader = Reader::open(path_).value();
  Command command;
  while (!command.is('G', 28)) {
    ASSERT_TRUE(reader.next(command).value());
  }
  const auto line = command.line;
  ASSERT_TRUE(reader.next(command).value());
  EXPECT_EQ(command.line, line + 1);
}

TEST_F(ReaderFile, CutsCommentsAndRefusesLinesThatAreTooLongForAPiece) {
  write("G28\n;" + std::string(5'000'000, 'c') + "\nG90\n" + std::string(5'000'000, 'x'));
  auto reader = Reader::open(path_).value();
  Command command;
  ASSERT_TRUE(reader.next(command).value());
  ASSERT_TRUE(reader.next(command).value());
  EXPECT_EQ(command.comment.size(), 256U * 1024U - 1U);
  ASSERT_TRUE(reader.next(command).value());
  EXPECT_TRUE(command.is('G', 90));
  EXPECT_EQ(command.line, 3);
  const auto error = reader.next(command);
  ASSERT_FALSE(error.has_value());
  EXPECT_THAT(error.error().location, HasSubstr(":4:262145"));
}

TEST_F(ReaderFile, FindsANulByteBehindTheFirstPiece) {
  std::string text;
  while (text.size() < 1'500'000) {
    text += "G1 X1\n";
  }
  text += "G1 X";
  text += '\0';
  write(text);
  auto reader = Reader::open(path_).value();
  Command command;
  Result<bool> got = true;
  while (got && *got) {
    got = reader.next(command);
  }
  ASSERT_FALSE(got.has_value());
  EXPECT_THAT(got.error().message, HasSubstr("byte 0x00 at offset 1500004"));
  EXPECT_THAT(got.error().location, HasSubstr(":250001:5"));
}

TEST_F(ReaderFile, CostsNoAllocationALine) {
  std::string text = "M1002 first sight\n";
  for (int i = 0; i < 50'000; ++i) {
    text += "G1 X1.25 Y-3.5 E0.0331 ; c\r\nM117 text\n;TYPE:FILL\nM1002 x : 1\nG1 X{1}\n";
  }
  write(text);
  auto reader = Reader::open(path_).value();
  Command command;
  ASSERT_TRUE(reader.next(command).value());
  const stepcast::test::ScopedNoAlloc guard;
  std::int64_t lines = 0;
  while (reader.next(command).value()) {
    ++lines;
  }
  EXPECT_EQ(guard.count(), 0);
  EXPECT_EQ(lines, 250'000);
}

}  // namespace
}  // namespace stepcast::gcode
