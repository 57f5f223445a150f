#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"

namespace stepcast::server::octoprint {

/// Where previews are, below the printer's address.
inline constexpr std::string_view kThumbnails = "plugin/prusaslicerthumbnails/thumbnail";

using Json = nlohmann::json;

/// `flags` of a state, which clients test instead of the text.
[[nodiscard]] Json flags(printer::State state);
/// OctoPrint's groups for a role of ours; none: a guest.
[[nodiscard]] Json groups_json(std::optional<accounts::Role> role);
[[nodiscard]] Json state_json(const printer::Status& status);
/// One object for each heater.
[[nodiscard]] Json temperatures(const printer::Status& status);
/// The `job` object: leaves may be null, objects never.
[[nodiscard]] Json job_json(const jobs::Runner::View& view);
[[nodiscard]] Json progress_json(const jobs::Runner::View& view);
/// The address under which the interface knows a file or folder.
[[nodiscard]] std::string file_address(const std::string& base, const std::string& path);
/// A file or an empty folder. `base`: URL of the printer, without a slash at the end.
[[nodiscard]] Json entry_json(const files::Entry& entry, const std::string& base);

/// What a list of files is made of.
struct Shelf {
  std::vector<files::Entry> entries;
  std::map<std::string, store::PrintCounts> prints;  ///< By path; of all printers.
  std::string profile;                               ///< Under which `statistics` has them.
  std::string base;                                  ///< As of entry_json().
};
/// With what became of the prints of the file.
[[nodiscard]] Json entry_json(const files::Entry& entry, const Shelf& shelf);
/// Files inside their folders; with `recursive` false folders come without what is in them.
[[nodiscard]] Json tree_json(const Shelf& shelf, const std::string& folder, bool recursive);

}  // namespace stepcast::server::octoprint
