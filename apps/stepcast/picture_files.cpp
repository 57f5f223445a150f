#include "picture_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "exit_status.hpp"
#include "progress_bar.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {
namespace fs = std::filesystem;

bool named_as_picture(const fs::path& file) {
  std::string extension = file.extension();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array kExtensions{".jpg", ".jpeg", ".png", ".webp"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Result<void> add_folder(const std::string& folder, std::vector<std::string>& files) {
  const std::size_t before = files.size();
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (named_as_picture(entry->path()) && !entry->is_directory()) {
      files.push_back(entry->path());
    }
  }
  if (error) {
    return fail(Errc::kIo, fmt::format("cannot be listed: {}", error.message()), folder);
  }
  if (files.size() == before) {
    return fail(Errc::kNotFound, "there are no pictures (jpg, jpeg, png, webp) in this folder",
                folder);
  }
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  return {};
}

}  // namespace

void PictureOptions::add_to(CLI::App& command, const std::string& default_model) {
  command.add_option("image", pictures, "Pictures (JPEG, PNG, WebP), or folders of them")
      ->required();
  model = default_model;
  command.add_option("--model", model, "The network, an ONNX file")->capture_default_str();
  command.add_option("--runtime", runtime, "What runs it: auto, opencv or onnxruntime (faster)")
      ->capture_default_str();
  command.add_flag("--json", json, "One line of JSON for each picture");
}

Result<std::vector<std::string>> picture_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);  // that it is there is told when it is read
    } else if (auto added = add_folder(path, files); !added) {
      return tl::unexpected(added.error());
    }
  }
  return files;
}

int for_each_picture(const std::vector<std::string>& pictures,
                     const std::function<Result<void>(const std::string& path)>& judge) {
  constexpr std::size_t kMany = 8;
  const Terminal terminal(stderr);
  const bool tells = terminal.interactive() && pictures.size() >= kMany;
  constexpr const char* kClearLine = "\r\033[K";
  int status = kSuccess;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto judged = judge(pictures[i]);
    if (tells) {
      fmt::print(stderr, "{}", kClearLine);
    }
    if (!judged) {
      const int failed = report(judged.error());
      status = status == kSuccess ? failed : status;
    }
    if (tells && i + 1 < pictures.size()) {
      const double share = static_cast<double>(i + 1) / static_cast<double>(pictures.size());
      fmt::print(stderr, "{} {} of {}", progress_bar(share), i + 1, pictures.size());
      std::fflush(stderr);
    }
  }
  return status;
}

}  // namespace stepcast::cli
