#include "stepcast/store/settings.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kSettings("settings", 2, Field{"scope", &SettingRow::scope},
                          Field{"name", &SettingRow::name}, Field{"value", &SettingRow::value});

}  // namespace

Result<void> put_setting(Session& session, const SettingRow& row) {
  return kSettings.put(session, row);
}

Result<std::vector<SettingRow>> settings_of(Session& session, std::string_view scope) {
  return kSettings.select(session, "WHERE scope = :scope ORDER BY name", scope);
}

Result<void> remove_settings(Session& session, std::string_view scope) {
  return session.apply("DELETE FROM settings WHERE scope = :scope", scope);
}

}  // namespace stepcast::store
