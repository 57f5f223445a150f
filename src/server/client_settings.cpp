#include "client_settings.hpp"

#include "stepcast/store/settings.hpp"

#include "push_json.hpp"

namespace stepcast::server::octoprint {

Result<Json> load_settings(store::Store& store, const std::string& scope) {
  Json values = Json::object();
  auto read = store.read([&](store::Session& session) -> Result<void> {
    const auto rows = store::settings_of(session, scope);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    for (const store::SettingRow& row : *rows) {
      values[row.name] = Json::parse(row.value, nullptr, /*allow_exceptions=*/false);
    }
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return values;
}

Result<void> save_settings(store::Store& store, const std::string& scope, const Json& values) {
  return store.write([&](store::Session& session) -> Result<void> {
    for (const auto& [name, value] : values.items()) {
      const store::SettingRow row{.scope = scope, .name = name, .value = text_of(value)};
      if (auto put = store::put_setting(session, row); !put) {
        return put;
      }
    }
    return {};
  });
}

}  // namespace stepcast::server::octoprint
