#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Something that people have set, as whoever reads it wrote it.
struct SettingRow {
  std::string scope;  ///< What it is for: "octoprint/taz6", "user/ada".
  std::string name;
  std::string value;
};

/// Inserts or replaces.
[[nodiscard]] Result<void> put_setting(Session& session, const SettingRow& row);
/// By name.
[[nodiscard]] Result<std::vector<SettingRow>> settings_of(Session& session, std::string_view scope);
[[nodiscard]] Result<void> remove_settings(Session& session, std::string_view scope);

}  // namespace stepcast::store
