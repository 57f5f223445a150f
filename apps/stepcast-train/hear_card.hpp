#pragma once

#include <string>
#include <vector>

#include "stepcast/acoustic/training.hpp"

namespace stepcast::cli {

/// The figures of one table as lines of text: a learner a line, 95 % intervals in brackets.
[[nodiscard]] std::string figures_text(const acoustic::Evaluation& evaluation);

/// The same as JSON.
[[nodiscard]] std::string figures_json(const std::vector<acoustic::Evaluation>& evaluations);

/// The model card that goes beside the file, in Markdown. `notes` end it: where the data are from
/// and what they cannot support, which only people know.
[[nodiscard]] std::string hear_card(const std::vector<acoustic::Evaluation>& evaluations,
                                    const std::string& command, const std::string& notes);

}  // namespace stepcast::cli
