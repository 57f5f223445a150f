#include "growing_file.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/gcode/metadata.hpp"
#include "stepcast/gcode/reader.hpp"

namespace stepcast::files {
namespace {

constexpr std::chrono::milliseconds kLong = std::chrono::minutes(10);
constexpr int kRounds = 12;

using Random = std::mt19937;

std::size_t between(Random& random, std::size_t least, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

std::shared_ptr<GrowingFile> empty_file() {
  std::string name = ::testing::TempDir() + "stepcast-growing-XXXXXX";
  Descriptor file(::mkstemp(name.data()));
  ::unlink(name.c_str());
  return std::make_shared<GrowingFile>(std::move(file));
}

void append(GrowingFile& file, std::string_view bytes) {
  ASSERT_EQ(::write(file.file().get(), bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  file.grown_to(file.size() + static_cast<std::int64_t>(bytes.size()));
}

void append_in_pieces(GrowingFile& file, std::string_view bytes, Random& random) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, between(random, 1, 100'000));
    append(file, piece);
    bytes.remove_prefix(piece.size());
  }
}

std::string random_job(Random& random, std::size_t most) {
  static constexpr std::string_view kEnds[] = {"\n", "\r\n", "\r", "\n\n"};
  const std::size_t size = between(random, 0, most);
  std::string text;
  while (text.size() < size) {
    text += "G1 X" + std::to_string(between(random, 0, 200)) + "." +
            std::to_string(between(random, 0, 999)) + " E1 ; " +
            std::string(between(random, 0, 60), 'c');
    text += kEnds[between(random, 0, 3)];
  }
  return text;
}

TEST(GrowingFile, GivesEveryByteWhateverThePieces) {
  Random random(1);
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_job(random, 1'000'000);
    const auto file = empty_file();
    const auto reader = GrowingFile::reader(file, kLong, {});
    std::jthread writer([&, seed = random()] {
      Random pieces(seed);
      append_in_pieces(*file, text, pieces);
      file->make_whole();
    });
    std::string read;
    std::vector<char> into;
    for (;;) {
      into.resize(between(random, 1, 300'000));
      const auto got = reader->read(into);
      ASSERT_TRUE(got) << got.error().to_string();
      if (*got == 0) {
        break;
      }
      read.append(into.data(), *got);
    }
    ASSERT_TRUE(read == text) << "round " << round;
    EXPECT_EQ(file->read_to(), file->size());
  }
}

TEST(GrowingFile, IsTheSameJobAsTheWholeFile) {
  Random random(2);
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_job(random, 300'000);
    const auto file = empty_file();
    auto following = gcode::Reader::from_bytes(GrowingFile::reader(file, kLong, {}), "text");
    auto whole = gcode::Reader::from_text(text);
    std::jthread writer([&, seed = random()] {
      Random pieces(seed);
      append_in_pieces(*file, text, pieces);
      file->make_whole();
    });
    gcode::Command one;
    gcode::Command other;
    for (;;) {
      const auto more = following.next(one);
      const auto expected = whole.next(other);
      ASSERT_TRUE(more && expected);
      ASSERT_EQ(*more, *expected);
      if (!*more) {
        break;
      }
      ASSERT_EQ(one.line, other.line);
      ASSERT_EQ(one.letter, other.letter);
      ASSERT_EQ(one.number, other.number);
      ASSERT_EQ(one.comment, other.comment);
      ASSERT_EQ(one.words().size(), other.words().size());
      for (std::size_t i = 0; i < one.words().size(); ++i) {
        ASSERT_EQ(one.words()[i].value, other.words()[i].value);
      }
    }
    ASSERT_EQ(following.position(), text.size());
  }
}

TEST(GrowingFile, LetsItsReaderGoAtAnyPoint) {
  Random random(3);
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = random_job(random, 500'000);
    const std::size_t stop_at = between(random, 0, text.size());
    const auto file = empty_file();
    std::stop_source stop;
    const auto reader = GrowingFile::reader(file, kLong, stop.get_token());
    std::jthread writer([&, seed = random()] {
      Random pieces(seed);
      append_in_pieces(*file, std::string_view(text).substr(0, stop_at), pieces);
      stop.request_stop();
    });
    std::vector<char> into(50'000);
    std::size_t read = 0;
    Result<std::size_t> got = reader->read(into);
    for (; got && *got > 0; got = reader->read(into)) {
      ASSERT_TRUE(std::equal(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(*got),
                             text.begin() + static_cast<std::ptrdiff_t>(read)));
      read += *got;
    }
    ASSERT_FALSE(got) << "it never became whole";
    EXPECT_EQ(got.error().code, Errc::kInterrupted);
    EXPECT_LE(read, stop_at);
  }
}

TEST(GrowingFile, WaitsNoLongerThanItsReadersPatience) {
  const auto file = empty_file();
  append(*file, std::string(GrowingFile::kStep, ';'));
  const auto reader = GrowingFile::reader(file, std::chrono::milliseconds(1), {});
  std::vector<char> into(1 << 20);
  EXPECT_EQ(reader->read(into), static_cast<std::size_t>(GrowingFile::kStep));
  append(*file, "too little");
  const auto late = reader->read(into);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kInterrupted);
}

TEST(WholeFile, IsReadUntilNobodyNeedsTheRest) {
  const auto file = empty_file();
  append(*file, std::string(3 << 20, ';'));
  std::stop_source stop;
  const auto again = [&] {
    return whole_file(Descriptor(::dup(file->file().get())), stop.get_token());
  };
  EXPECT_EQ(gcode::scan_metadata_bytes(again(), "part.gcode").value().bytes, 3U << 20);
  const auto reader = again();
  std::vector<char> into(1 << 20);
  EXPECT_EQ(reader->read(into), into.size());
  stop.request_stop();
  const auto rest = reader->read(into);
  ASSERT_FALSE(rest);
  EXPECT_EQ(rest.error().code, Errc::kInterrupted);
  const auto scanned = gcode::scan_metadata_bytes(again(), "part.gcode");
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Errc::kInterrupted);
}

TEST(GrowingFile, TellsOfAFileThatWasCutBehindItsBack) {
  const auto file = empty_file();
  append(*file, "G28\n");
  ASSERT_EQ(::ftruncate(file->file().get(), 0), 0);
  file->make_whole();
  auto job = gcode::Reader::from_bytes(GrowingFile::reader(file, kLong, {}), "part.gcode");
  gcode::Command command;
  const auto read = job.next(command);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::kIo);
  EXPECT_EQ(read.error().location, "part.gcode");
}

}  // namespace
}  // namespace stepcast::files
