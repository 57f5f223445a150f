#include "stepcast/models/shelf.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/base/whole_file.hpp"

namespace stepcast::models {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  STEPCAST_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

std::string now_text() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

Result<void> made(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  return problem ? fail(Errc::kIo, fmt::format("cannot be made: {}", problem.message()),
                        folder.string())
                 : Result<void>();
}

Json use_json(const Use& use) {
  return {{"version", use.version},
          {"at", use.at},
          {"why", use.why},
          {"measured", use.measured},
          {"frozen_set", use.frozen_set}};
}

std::optional<std::vector<Use>> parsed(const std::string& text) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) {
    return std::nullopt;
  }
  std::vector<Use> uses;
  for (const Json& entry : json) {
    if (!entry.is_object()) {
      return std::nullopt;
    }
    Use use;
    for (const auto& [key, to] :
         {std::pair{"version", &use.version}, std::pair{"at", &use.at}, std::pair{"why", &use.why},
          std::pair{"measured", &use.measured}, std::pair{"frozen_set", &use.frozen_set}}) {
      const auto found = entry.find(key);
      if (found == entry.end() || !found->is_string()) {
        return std::nullopt;
      }
      *to = found->get<std::string>();
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace

Shelf::Shelf(fs::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {}

fs::path Shelf::current_file() const {
  return folder_ / (name_ + ".onnx");
}

fs::path Shelf::version_file(std::string_view version) const {
  return folder_ / "versions" / name_ / (std::string(version) + ".onnx");
}

Result<void> Shelf::write_uses(const std::vector<Use>& uses) const {
  Json list = Json::array();
  for (const Use& use : uses) {
    list.push_back(use_json(use));
  }
  return write_whole(folder_ / "versions" / name_ / "uses.json", list.dump(1) + "\n");
}

/// Copies a network under its hash, unless it is there. @returns the hash
Result<std::string> Shelf::keep(const fs::path& file) const {
  const auto bytes = read_text(file);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  auto version = sha256(*bytes);
  if (auto good = made(folder_ / "versions" / name_); !good) {
    return tl::unexpected(good.error());
  }
  std::error_code unknown;
  if (!fs::exists(version_file(version), unknown)) {
    if (auto written = write_whole(version_file(version), *bytes); !written) {
      return tl::unexpected(written.error());
    }
  }
  return version;
}

Result<std::vector<Use>> Shelf::uses() {
  std::vector<Use> list;
  const auto file = folder_ / "versions" / name_ / "uses.json";
  std::error_code unknown;
  if (fs::exists(file, unknown)) {
    const auto text = read_text(file);
    if (!text) {
      return tl::unexpected(text.error());
    }
    auto read = parsed(*text);
    if (!read) {
      return fail(Errc::kMalformed, "is no list of uses", file.string(),
                  "move it away: the network in use is taken up again");
    }
    list = std::move(*read);
  }
  if (!fs::exists(current_file(), unknown)) {
    return list;
  }
  const auto version = sha256_of(current_file());
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (list.empty() || list.back().version != *version) {
    list.push_back({.version = *version,
                    .at = now_text(),
                    .why = list.empty() ? "first" : "found in its place",
                    .measured = {},
                    .frozen_set = {}});
  }
  return list;
}

Result<Use> Shelf::put_into_use(const fs::path& file, Use use) {
  auto list = uses();
  if (!list) {
    return tl::unexpected(list.error());
  }
  if (!list->empty()) {  // what is in use must be there to come back to
    if (auto kept = keep(current_file()); !kept) {
      return tl::unexpected(kept.error());
    }
  }
  auto version = keep(file);
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (!list->empty() && list->back().version == *version) {
    return fail(Errc::kInvalidArgument, "is in use already", file.string());
  }
  use.version = *version;
  use.at = now_text();
  const auto bytes = read_text(version_file(*version));
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  list->push_back(use);
  if (auto written = write_whole(current_file(), *bytes); !written) {
    return tl::unexpected(written.error());
  }
  if (auto written = write_uses(*list); !written) {
    return tl::unexpected(written.error());
  }
  return use;
}

Result<Use> Shelf::roll_back() {
  const auto list = uses();
  if (!list) {
    return tl::unexpected(list.error());
  }
  // Uses since which everything was taken back: a rolled back version was in use before it.
  std::vector<std::string> standing;
  for (const Use& use : *list) {
    const auto known = std::find(standing.begin(), standing.end(), use.version);
    if (use.why == "rolled back" && known != standing.end()) {
      standing.erase(known + 1, standing.end());
    } else {
      standing.push_back(use.version);
    }
  }
  constexpr std::size_t kTwo = 2;
  if (standing.size() < kTwo) {
    return fail(Errc::kNotFound, fmt::format("there was no {} before the one in use", name_),
                folder_.string());
  }
  return put_into_use(
      version_file(standing[standing.size() - kTwo]),
      {.version = {}, .at = {}, .why = "rolled back", .measured = {}, .frozen_set = {}});
}

Result<std::string> sha256_of(const fs::path& file) {
  const auto bytes = read_text(file);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return sha256(*bytes);
}

}  // namespace stepcast::models
