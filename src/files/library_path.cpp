#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "stepcast/files/library.hpp"

#include "utf8.hpp"

namespace stepcast::files {
namespace {

// Of one name: what ext4, APFS and NTFS hold, less the room for the suffix of a temporary file.
constexpr std::size_t kLongestName = 200;
// Of a whole path: Windows stops at 260 characters with its drive and folder.
constexpr std::size_t kLongestPath = 1'000;
// Deeper trees come from mistakes, and every level is a directory that is opened.
constexpr std::ptrdiff_t kMostFolders = 16;

constexpr std::string_view kHostile = "<>:\"|?*";

tl::unexpected<Error> bad_path(std::string_view path, std::string message,
                               std::string remedy = "rename it") {
  return fail(Errc::kInvalidArgument, std::move(message), printable(path), std::move(remedy));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Names that belong to devices in every folder of Windows, with any extension.
bool is_device_name(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  stem.erase(stem.find_last_not_of(' ') + 1);
  std::transform(stem.begin(), stem.end(), stem.begin(), lower);
  constexpr std::array<std::string_view, 6> kDevices{"con", "prn",    "aux",
                                                     "nul", "conin$", "conout$"};
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) {
    return true;
  }
  // Also com and lpt with a superscript 1, 2 or 3 behind it.
  const std::string_view view = stem;
  const std::string_view port = view.substr(0, 3);
  const std::string_view number = view.substr(std::min<std::size_t>(3, view.size()));
  constexpr std::array<std::string_view, 3> kSuperscripts{"\xC2\xB9", "\xC2\xB2", "\xC2\xB3"};
  const bool numbered =
      (number.size() == 1 && number[0] >= '0' && number[0] <= '9') ||
      std::find(kSuperscripts.begin(), kSuperscripts.end(), number) != kSuperscripts.end();
  return (port == "com" || port == "lpt") && numbered;
}

Result<void> check_name(std::string_view path, std::string_view name) {
  if (name.empty()) {
    return bad_path(path, "a name between two slashes is empty", "write folder/part.gcode");
  }
  if (name.front() == '.') {
    // "..", and what this program keeps for itself.
    return bad_path(path, fmt::format("'{}' begins with a dot", printable(name)));
  }
  if (name.back() == '.' || name.back() == ' ' || name.front() == ' ') {
    return bad_path(path,
                    fmt::format("'{}' ends with a dot or has a space at an end", printable(name)));
  }
  if (name.size() > kLongestName) {
    return bad_path(path, fmt::format("a name has {} bytes; at most {} are possible", name.size(),
                                      kLongestName));
  }
  if (const auto at = name.find_first_of(kHostile); at != std::string_view::npos) {
    return bad_path(path, fmt::format("'{}' contains '{}', which Windows cannot store",
                                      printable(name), name[at]));
  }
  if (is_device_name(name)) {
    return bad_path(path, fmt::format("'{}' is the name of a device on Windows", printable(name)));
  }
  return {};
}

}  // namespace

Result<LibraryPath> LibraryPath::parse(std::string_view text) {
  if (text.empty()) {
    return bad_path(text, "the path is empty", "write folder/part.gcode");
  }
  if (text.size() > kLongestPath) {
    return bad_path(
        text.substr(0, kLongestName),
        fmt::format("the path has {} bytes; at most {} are possible", text.size(), kLongestPath));
  }
  if (text.front() == '/') {
    return bad_path(text, "the path is absolute", "leave out the first slash");
  }
  if (text.find('\\') != std::string_view::npos) {
    return bad_path(text, "the path contains a backslash", "separate folders by '/'");
  }
  if (const auto fault = utf8_fault(text)) {
    return bad_path(text, *fault);
  }
  if (std::count(text.begin(), text.end(), '/') > kMostFolders) {
    return bad_path(text, fmt::format("the path has more than {} folders", kMostFolders));
  }
  for (std::string_view rest = text;;) {
    const std::size_t slash = rest.find('/');
    if (auto fine = check_name(text, rest.substr(0, slash)); !fine) {
      return tl::unexpected(fine.error());
    }
    if (slash == std::string_view::npos) {
      return LibraryPath(std::string(text));
    }
    rest.remove_prefix(slash + 1);
  }
}

Result<LibraryPath> LibraryPath::from_upload(std::string_view folder, std::string_view file_name) {
  // Some browsers send the whole path of the file on the user's disk.
  std::string name(file_name.substr(file_name.find_last_of("/\\") + 1));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return (static_cast<unsigned char>(c) < 0x20) || c == 0x7F ||
               kHostile.find(c) != std::string_view::npos;
      },
      '_');
  name.erase(0, std::min(name.find_first_not_of(" ."), name.size()));
  name.erase(name.find_last_not_of(" .") + 1);
  if (is_device_name(name)) {
    name.insert(0, 1, '_');
  }
  if (name.size() > kLongestName) {
    // The extension says what it is, so the middle goes; never half a character.
    const std::size_t dot = name.rfind('.');
    constexpr std::size_t kLongestExtension = 16;
    const std::string extension =
        dot != std::string::npos && name.size() - dot <= kLongestExtension ? name.substr(dot) : "";
    name = std::string(utf8_prefix(name, kLongestName - extension.size()));
    name.erase(name.find_last_not_of(" .") + 1);
    name += extension;
  }
  while (folder.ends_with('/')) {
    folder.remove_suffix(1);
  }
  return parse(folder.empty() ? name : fmt::format("{}/{}", folder, name));
}

std::string LibraryPath::name() const {
  return text_.substr(text_.rfind('/') + 1);
}

std::string LibraryPath::folder() const {
  const std::size_t slash = text_.rfind('/');
  return slash == std::string::npos ? std::string() : text_.substr(0, slash);
}

}  // namespace stepcast::files
