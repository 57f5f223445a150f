#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "stepcast/jobs/runner.hpp"

namespace stepcast::mqtt {

/// Carries out what a broker passes on, each command at most once.
///
/// A command is `pause`, `resume` or `cancel`, or `{"command": "pause", "id": "...", "job": "...",
/// "expires_ms": ...}`: an id that has been seen is not carried out again, nor what has expired,
/// nor what was meant for another job than the one under way. Retained messages are refused: nobody
/// knows how old they are.
///
/// Threads: one at a time.
class Commands {
 public:
  struct Outcome {
    std::string command;  ///< As it was asked for; known only if it was carried out.
    std::string answer;   ///< JSON: `id`, `command`, `ok`, `error`.
    bool done = false;
  };
  [[nodiscard]] Outcome carry_out(jobs::Runner& printer, std::string_view payload, bool retained);

 private:
  [[nodiscard]] Result<void> check_and_run(jobs::Runner& printer, std::string_view payload,
                                           bool retained, std::string& command, std::string& id);
  [[nodiscard]] bool is_new(const std::string& id);

  std::set<std::string, std::less<>> seen_;
  std::deque<std::string> order_;  // of seen_, oldest first
};

}  // namespace stepcast::mqtt
