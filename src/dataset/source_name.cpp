#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "stepcast/dataset/import.hpp"

namespace stepcast::dataset {
namespace {

constexpr std::array<std::string_view, 4> kEndings = {".jpg", ".jpeg", ".png", ".webp"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Roboflow writes NAME_jpg.rf.HEX.jpg.
void drop_export_suffix(std::string& stem) {
  if (const auto found = lower(stem).rfind(".rf."); found != std::string::npos) {
    stem.resize(found);
  }
  for (const std::string_view ending : {"_jpg", "_jpeg", "_png", "_webp"}) {
    if (ends_with(lower(stem), ending)) {
      stem.resize(stem.size() - ending.size());
      return;
    }
  }
}

/// Numbers at the end that count pictures or tell a time; not one that belongs to a name: of
/// `rf6_000123` stays `rf6`.
void drop_number(std::string& stem) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  bool dropped = false;
  while (true) {
    stem.resize(stem.find_last_not_of("-_. ()") + 1);
    const auto run = std::find_if_not(stem.rbegin(), stem.rend(), is_digit).base();
    const bool part_of_name =
        run != stem.begin() && std::isalpha(static_cast<unsigned char>(*(run - 1))) != 0;
    if (run == stem.end() || (dropped && part_of_name)) {
      return;
    }
    stem.erase(run, stem.end());
    dropped = true;
  }
}

/// Folders that tell a split or hold pictures say nothing about where these come from.
bool says_nothing(const std::string& folder) {
  constexpr std::array<std::string_view, 8> kFolders = {"images", "jpegimages", "train", "valid",
                                                        "val",    "test",       "data",  "obj"};
  return std::find(kFolders.begin(), kFolders.end(), lower(folder)) != kFolders.end();
}

}  // namespace

bool is_picture(const std::filesystem::path& path) {
  const auto ending = lower(path.extension().string());
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::string source_of(const std::filesystem::path& path) {
  std::string stem = path.stem().string();
  drop_export_suffix(stem);
  drop_number(stem);
  if (!stem.empty()) {
    return stem;
  }
  for (auto folder = path.parent_path(); folder.has_filename(); folder = folder.parent_path()) {
    if (const auto name = folder.filename().string(); !says_nothing(name)) {
      return name;
    }
  }
  return "pictures";
}

}  // namespace stepcast::dataset
