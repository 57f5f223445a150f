#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "stepcast/dataset/dataset.hpp"

namespace stepcast::cli {

/// Adds `--dataset FILE` with its default.
void add_dataset_option(CLI::App& command, std::string& file);

/// A progress bar on standard error: `what` 120 of 1036. Nothing where that is no terminal.
[[nodiscard]] dataset::Progress bar_of(const std::string& what);

// One function a group of sub-commands of `stepcast dataset`.
void add_dataset_import(CLI::App& group, int& status);
void add_dataset_views(CLI::App& group, int& status);     // info, sheet
void add_dataset_fairness(CLI::App& group, int& status);  // dedup, split
void add_dataset_collect(CLI::App& group, int& status);   // mark, collect
void add_dataset_export(CLI::App& group, int& status);
void add_dataset_evaluate(CLI::App& group, int& status);

}  // namespace stepcast::cli
