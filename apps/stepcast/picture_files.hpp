#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::cli {

/// What the commands that judge pictures have in common.
struct PictureOptions {
  std::vector<std::string> pictures;
  std::string model;
  std::string runtime = "auto";
  bool json = false;

  void add_to(CLI::App& command, const std::string& default_model);
};

/// The files that are named, and those in folders that are named (and below) whose names end as
/// pictures' do, in the order of their names.
/// @returns kNotFound for a path that is not there, or a folder without pictures
[[nodiscard]] Result<std::vector<std::string>> picture_files(const std::vector<std::string>& paths);

/// Calls `judge` for every picture. One that fails is reported and the others are still done; with
/// many pictures and a terminal, a line on standard error tells how far it is.
/// @returns the exit status: that of the first failure
int for_each_picture(const std::vector<std::string>& pictures,
                     const std::function<Result<void>(const std::string& path)>& judge);

}  // namespace stepcast::cli
