#pragma once

#include <CLI/CLI.hpp>

namespace stepcast::cli {

/// Every sub-command registers itself on the program and stores its exit status when it has run.
/// One function a file; main.cpp lists them.
void add_train_hear_command(CLI::App& app, int& status);

}  // namespace stepcast::cli
