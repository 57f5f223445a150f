#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/gcode/annotation.hpp"
#include "stepcast/gcode/metadata.hpp"
#include "stepcast/gcode/reader.hpp"

namespace stepcast::gcode {
namespace {

constexpr int kCases = 10'000;
constexpr std::uint32_t kFirstSeed = 1;

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

// A C++ literal to paste into a test.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    char code[8];
    std::snprintf(code, sizeof code, "\\%03o",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?' ? std::string(1, c) : code;
  }
  return out + "\"";
}

std::string random_bytes(Random& random) {
  std::string text(below(random, 200), '\0');
  for (char& c : text) {
    c = static_cast<char>(below(random, 256));
  }
  return text;
}

// Pieces of real lines in any order: far more of them get past the first character.
std::string random_pieces(Random& random) {
  static const std::vector<std::string> pieces{"G1",
                                               "G28",
                                               "M117",
                                               "M486",
                                               "T0",
                                               "N1",
                                               "N2",
                                               "*18",
                                               "X",
                                               "Y",
                                               "E",
                                               "F",
                                               "1",
                                               "-2.5",
                                               ".3",
                                               "..",
                                               "--",
                                               ",",
                                               " ",
                                               " ",
                                               "\n",
                                               "\n",
                                               "\r\n",
                                               "\r",
                                               ";",
                                               "(",
                                               ")",
                                               "\"",
                                               "{",
                                               "}",
                                               "[",
                                               "]",
                                               "=",
                                               "nan",
                                               "1e9",
                                               "M",
                                               "G92",
                                               "G92.1",
                                               "LAYER:1",
                                               "TYPE:FILL",
                                               "M0 ",
                                               "_",
                                               "END_PRINT",
                                               "99999999999999999999",
                                               "; thumbnail begin 1x1 4\n",
                                               "; thumbnail end\n",
                                               ";TIME:6666\n",
                                               "\xE9",
                                               "\t",
                                               "%",
                                               "M1002",
                                               "A"};
  std::string text;
  for (std::size_t n = below(random, 30); n > 0; --n) {
    text += pieces[below(random, pieces.size())];
  }
  return text;
}

bool names_line_and_column(const std::string& location) {
  long line = 0;
  long column = 0;
  int used = 0;
  const int got = std::sscanf(location.c_str(), "job:%ld:%ld%n", &line, &column, &used);
  return got == 2 && static_cast<std::size_t>(used) == location.size() && line >= 1 && column >= 1;
}

TEST(ReaderProperty, AnyBytesAreReadOrRefusedWithLineAndColumn) {
  int read = 0;
  int refused = 0;
  for (std::uint32_t seed = kFirstSeed; seed < kFirstSeed + kCases; ++seed) {
    Random random(seed);
    const auto text = seed % 4 == 0 ? random_bytes(random) : random_pieces(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + literal(text));
    auto reader = Reader::from_text(text, "job");
    Command command;
    Result<bool> got = true;
    while (got && *got) {
      got = reader.next(command);
      static_cast<void>(classify(got && *got ? command.comment : ""));
    }
    if (got) {
      ++read;
      EXPECT_EQ(reader.position(), text.size());
    } else {
      ++refused;
      EXPECT_EQ(got.error().code, Errc::kMalformed);
      EXPECT_TRUE(names_line_and_column(got.error().location)) << got.error().location;
      EXPECT_FALSE(got.error().message.empty());
    }
    const auto metadata = scan_metadata_text(text);
    EXPECT_TRUE(metadata.has_value() || !metadata.error().message.empty());
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(read, kCases / 100) << "the inputs must reach both ends";
  EXPECT_GT(refused, kCases / 100);
}

struct PlainWord {
  char letter;
  std::string number;
};

struct PlainCommand {
  char letter;
  int number;
  std::vector<PlainWord> words;
};

std::vector<PlainCommand> random_job(Random& random) {
  std::vector<PlainCommand> job(1 + below(random, 20));
  for (auto& command : job) {
    constexpr int kMoves[] = {0, 1, 2, 3, 4, 92};
    command = {'G', kMoves[below(random, std::size(kMoves))], {}};
    for (const char letter : {'X', 'Y', 'Z', 'E', 'F', 'I'}) {
      if (below(random, 2) == 0) {
        continue;
      }
      std::string number = std::to_string(below(random, 1000));
      if (below(random, 2) == 0) {
        number += "." + std::to_string(below(random, 100000));
      }
      command.words.push_back({letter, below(random, 3) == 0 ? "-" + number : number});
    }
  }
  return job;
}

struct Format {
  const char* end = "\n";
  const char* gap = " ";
  bool lower{};
  bool numbered{};
  bool zeros{};
  bool comments{};
};

std::string print(const std::vector<PlainCommand>& job, const Format& format) {
  std::string text;
  int line_number = 0;
  for (const auto& command : job) {
    std::string line;
    if (format.numbered) {
      line += "N" + std::to_string(++line_number) + format.gap;
    }
    line += command.letter + std::string(format.zeros ? "0" : "") + std::to_string(command.number);
    for (const auto& word : command.words) {
      const bool plus = format.zeros && word.number[0] != '-';
      line += std::string(format.gap) + word.letter + (plus ? "+0" : "") + word.number;
    }
    if (format.lower) {
      for (char& c : line) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    if (format.numbered) {
      unsigned sum = 0;
      for (const char c : line) {
        sum ^= static_cast<unsigned char>(c);
      }
      line += "*" + std::to_string(sum);
    }
    text += line + (format.comments ? " ; why" : "") + format.end;
    if (format.comments) {
      text += format.end;
    }
  }
  return text;
}

// Everything that planning looks at, in one text.
std::string meaning(std::string_view text) {
  auto reader = Reader::from_text(text, "job");
  Command command;
  std::string out;
  while (true) {
    const auto got = reader.next(command);
    if (!got) {
      return got.error().to_string();
    }
    if (!*got) {
      return out;
    }
    out += command.letter + std::to_string(command.number);
    for (const auto& word : command.words()) {
      char number[40];
      std::snprintf(number, sizeof number, " %c%a", word.letter, word.value);
      out += number;
    }
    out += '\n';
  }
}

TEST(ReaderProperty, TheFormatOfAJobDoesNotChangeItsMeaning) {
  for (std::uint32_t seed = kFirstSeed; seed < kFirstSeed + kCases / 10; ++seed) {
    Random random(seed);
    const auto job = random_job(random);
    const auto plain = print(job, {});
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + literal(plain));
    const auto expected = meaning(plain);
    ASSERT_EQ(static_cast<std::size_t>(std::count(expected.begin(), expected.end(), '\n')),
              job.size());
    for (const auto& format :
         {Format{.end = "\r\n"}, Format{.end = "\r"}, Format{.gap = ""}, Format{.gap = " \t "},
          Format{.lower = true}, Format{.numbered = true}, Format{.zeros = true},
          Format{.comments = true},
          Format{.end = "\r\n",
          .gap = "",
          .lower = true,
          .numbered = true,
          .zeros = true,
          .comments = true}}) {
      const auto text = print(job, format);
      ASSERT_EQ(meaning(text), expected) << literal(text);
    }
  }
}

TEST(ReaderProperty, NumbersAreRoundedCorrectly) {
  for (std::uint32_t seed = kFirstSeed; seed < kFirstSeed + kCases; ++seed) {
    Random random(seed);
    std::string number = below(random, 2) == 0 ? "-" : "";
    for (std::size_t n = below(random, 25); n > 0; --n) {
      number += static_cast<char>('0' + below(random, 10));
    }
    number += ".";
    for (std::size_t n = 1 + below(random, 30); n > 0; --n) {
      number += static_cast<char>('0' + below(random, 10));
    }
    const std::string job = "G1 X" + number;
    auto reader = Reader::from_text(job);
    Command command;
    ASSERT_TRUE(reader.next(command).value_or(false)) << number;
    // The tests run in the "C" locale, where strtod is exact.
    ASSERT_EQ(command.value('X'), std::strtod(number.c_str(), nullptr))
        << "seed " << seed << ": " << number;
  }
}

}  // namespace
}  // namespace stepcast::gcode
