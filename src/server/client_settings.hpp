#pragma once

#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

#include "octoprint_json.hpp"

namespace stepcast::server::octoprint {

/// What clients have set, by scope: JSON values under dotted names.
[[nodiscard]] Result<Json> load_settings(store::Store& store, const std::string& scope);
/// Replaces those that `values` names, all or none.
[[nodiscard]] Result<void> save_settings(store::Store& store, const std::string& scope,
                                         const Json& values);

}  // namespace stepcast::server::octoprint
