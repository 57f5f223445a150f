#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace stepcast::cli {

/// Every sub-command registers itself on the program and stores its exit status when it has run.
/// One function a file; main.cpp lists them.
void add_train_hear_command(CLI::App& app, int& status);

// With LibTorch only. `command` is the whole command line, for the model's card.
void add_train_detector_command(CLI::App& app, int& status, const std::string& command);
void add_train_classifier_command(CLI::App& app, int& status, const std::string& command);

}  // namespace stepcast::cli
