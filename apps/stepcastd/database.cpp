#include "database.hpp"

#include <utility>

namespace stepcast::daemon {
namespace {

Error database_error(const Config& config, Error why) {
  return config.database.empty()
             ? why
             : error_of(config.database_place, "storage.database", std::move(why));
}

}  // namespace

std::string database_url(const Config& config, const std::filesystem::path& data) {
  return config.database.empty() ? "sqlite:" + (data / "stepcast.db").string() : config.database;
}

Result<std::unique_ptr<store::Store>> open_database(const Config& config,
                                                    const std::filesystem::path& data) {
  return store::Store::open({.url = database_url(config, data)}).map_error([&](Error why) {
    return database_error(config, std::move(why));
  });
}

Result<store::Found> probe_database(const Config& config, const std::filesystem::path& data) {
  return store::probe(database_url(config, data)).map_error([&](Error why) {
    return database_error(config, std::move(why));
  });
}

}  // namespace stepcast::daemon
