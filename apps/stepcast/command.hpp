#pragma once

#include <CLI/CLI.hpp>

namespace stepcast::cli {

/// Every sub-command registers itself on the program and stores its exit status when it has run.
/// One function a file; main.cpp lists them.
void add_plan_command(CLI::App& app, int& status);
void add_simulate_command(CLI::App& app, int& status);
void add_device_command(CLI::App& app, int& status);
void add_print_command(CLI::App& app, int& status);
void add_console_command(CLI::App& app, int& status);
void add_printers_command(CLI::App& app, int& status);
void add_detect_command(CLI::App& app, int& status);
void add_predict_command(CLI::App& app, int& status);
void add_serve_predict_command(CLI::App& app, int& status);
void add_hear_command(CLI::App& app, int& status);
void add_dataset_command(CLI::App& app, int& status);
void add_models_command(CLI::App& app, int& status);
void add_demo_command(CLI::App& app, int& status);
void add_completion_command(CLI::App& app, int& status);
/// Commands of stepcastd, run by it: `argv` is handed over as it is.
void add_server_commands(CLI::App& app, int& status, char** argv);

}  // namespace stepcast::cli
