#include "fold_memory.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::cli {
namespace {

using Json = nlohmann::json;
using Rows = std::vector<std::vector<double>>;

std::string key_of(std::uint64_t training, std::size_t fold) {
  return fmt::format("{:016x}/{}", training, fold);
}

}  // namespace

FoldMemory::FoldMemory(std::filesystem::path file) : file_(std::move(file)) {
  const auto text = read_text(file_);
  const auto json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object()) {
    return;
  }
  for (const auto& [key, value] : json.items()) {
    try {
      answers_[key] = {value.at("pictures").get<Rows>(), value.at("strangers").get<Rows>()};
    } catch (const Json::exception&) {
      answers_.clear();  // somebody else's file
      return;
    }
  }
}

std::optional<FoldMemory::Answers> FoldMemory::of(std::uint64_t training, std::size_t fold) const {
  const auto found = answers_.find(key_of(training, fold));
  return found == answers_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> FoldMemory::keep(std::uint64_t training, std::size_t fold, Answers answers) {
  answers_[key_of(training, fold)] = std::move(answers);
  Json json = Json::object();
  for (const auto& [key, value] : answers_) {
    json[key] = {{"pictures", value.pictures}, {"strangers", value.strangers}};
  }
  std::error_code problem;
  std::filesystem::create_directories(file_.parent_path(), problem);
  return write_whole(file_, json.dump());
}

}  // namespace stepcast::cli
