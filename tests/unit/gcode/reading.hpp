#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/gcode/reader.hpp"

namespace stepcast::gcode::test {

/// A command with copies of its texts, so that it outlives the next line.
struct Owned {
  Command command;
  std::string name;
  std::string text;
  std::string comment;
};

inline Owned own(const Command& command) {
  return {command, std::string(command.name), std::string(command.text),
          std::string(command.comment)};
}

/// All commands of a text that must be good.
inline std::vector<Owned> read_all(std::string_view text) {
  std::vector<Owned> all;
  auto reader = Reader::from_text(text, "job");
  Command command;
  while (true) {
    const auto got = reader.next(command);
    if (!got) {
      ADD_FAILURE() << got.error().to_string();
      return all;
    }
    if (!*got) {
      return all;
    }
    all.push_back(own(command));
  }
}

/// The only command of a text that must be good.
inline Owned read_one(std::string_view text) {
  auto all = read_all(text);
  EXPECT_EQ(all.size(), 1U) << text;
  return all.empty() ? Owned{} : all.front();
}

/// The error of a text that must be bad; a default Error if it is not.
inline Error read_error(std::string_view text) {
  auto reader = Reader::from_text(text, "job");
  Command command;
  while (true) {
    const auto got = reader.next(command);
    if (!got) {
      const auto after = reader.next(command);
      EXPECT_TRUE(after && !*after) << "after an error the reader stays at the end";
      return got.error();
    }
    if (!*got) {
      ADD_FAILURE() << "no error in: " << text;
      return {};
    }
  }
}

}  // namespace stepcast::gcode::test
