#include <algorithm>
#include <array>

#include "stepcast/accounts/accounts.hpp"

namespace stepcast::accounts {
namespace {

using PermissionSet = std::set<std::string, std::less<>>;

struct RoleName {
  Role role;
  std::string_view name;
};
constexpr std::array kRoleNames{RoleName{Role::kAdmin, "admin"},
                                RoleName{Role::kOperator, "operator"},
                                RoleName{Role::kViewer, "viewer"},
                                RoleName{Role::kDevice, "device"}, RoleName{Role::kEdge, "edge"}};

}  // namespace

const std::vector<std::string>& permissions() {
  static const std::vector<std::string> kNames{"STATUS",
                                               "CONTROL",
                                               "CONNECTION",
                                               "PRINT",
                                               "FILES_LIST",
                                               "FILES_UPLOAD",
                                               "FILES_DOWNLOAD",
                                               "FILES_DELETE",
                                               "FILES_SELECT",
                                               "SETTINGS_READ",
                                               "SETTINGS",
                                               "TIMELAPSE_LIST",
                                               "TIMELAPSE_DOWNLOAD",
                                               "TIMELAPSE_DELETE",
                                               "TIMELAPSE_MANAGE_UNRENDERED",
                                               "SYSTEM",
                                               "MONITOR_TERMINAL",
                                               "WEBCAM",
                                               "ADMIN",
                                               "DEVICE",
                                               "EDGE"};
  return kNames;
}

std::string_view role_name(Role role) {
  return std::find_if(kRoleNames.begin(), kRoleNames.end(),
                      [&](const RoleName& entry) { return entry.role == role; })
      ->name;
}

std::optional<Role> role_from(std::string_view name) {
  const auto* const found = std::find_if(kRoleNames.begin(), kRoleNames.end(),
                                         [&](const RoleName& entry) { return entry.name == name; });
  return found == kRoleNames.end() ? std::nullopt : std::optional(found->role);
}

const PermissionSet& permissions_of(Role role) {
  static const PermissionSet kAdmin(permissions().begin(), permissions().end());
  // Whoever prints may not change what the machine is, nor who may use it.
  static const PermissionSet kPrinting = [] {
    auto names = kAdmin;
    for (const auto* name : {"ADMIN", "SYSTEM", "SETTINGS", "DEVICE", "EDGE"}) {
      names.erase(name);
    }
    return names;
  }();
  static const PermissionSet kViewing{"STATUS", "FILES_LIST", "SETTINGS_READ", "TIMELAPSE_LIST",
                                      "WEBCAM"};
  static const PermissionSet kDevice{"DEVICE"};
  static const PermissionSet kEdge{"EDGE"};
  switch (role) {
    case Role::kAdmin:
      return kAdmin;
    case Role::kOperator:
      return kPrinting;
    case Role::kDevice:
      return kDevice;
    case Role::kEdge:
      return kEdge;
    case Role::kViewer:
      break;
  }
  return kViewing;
}

bool Principal::may(std::string_view permission) const {
  return permissions.contains(permission) || permissions.contains("ADMIN");
}

}  // namespace stepcast::accounts
