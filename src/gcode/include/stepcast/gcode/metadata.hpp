#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/gcode/byte_source.hpp"
#include "stepcast/gcode/thumbnail.hpp"

namespace stepcast::gcode {

/// What the file says about itself, and where. The header of a job is written by anybody: show it,
/// compare it with the plan, never rely on it.
template <class T>
struct Claim {
  T value{};
  std::string origin;      ///< The comment as written, without its marker; long ones are cut.
  std::uint64_t offset{};  ///< Of the comment's line in the file.
};

struct Slicer {
  std::string name;     ///< "PrusaSlicer".
  std::string version;  ///< "2.5.0"; may be empty.
};

struct StatedBox {
  Mm min_x, min_y, min_z;
  Mm max_x, max_y, max_z;
};

/// What slicers write into comments about the whole job. Each value is absent unless the file
/// states it in a form that is understood; the placeholders of slicers that were run without a
/// front end (Cura: 6666 s, 0 m, +-2.14748e+06 mm) count as absent.
struct Metadata {
  /// More names than this are not kept: the list is for people.
  static constexpr std::size_t kMaxObjects = 256;
  static constexpr std::size_t kMaxThumbnails = 32;

  std::optional<Claim<Slicer>> slicer;
  std::optional<Claim<Seconds>> print_time;
  std::optional<Claim<Mm>> filament_length;  ///< Of all extruders together, as the next two.
  std::optional<Claim<double>> filament_volume_cm3;
  std::optional<Claim<double>> filament_mass_g;
  std::optional<Claim<std::string>> material;  ///< "PLA"; "PLA;PETG" of two extruders.
  std::optional<Claim<Mm>> layer_height;
  std::optional<Claim<Mm>> first_layer_height;
  std::optional<Claim<std::int64_t>> layer_count;
  std::optional<Claim<Celsius>> nozzle_temperature;  ///< Of the first tool, as the next one.
  std::optional<Claim<Celsius>> first_layer_nozzle_temperature;
  std::optional<Claim<Celsius>> bed_temperature;
  std::optional<Claim<Celsius>> first_layer_bed_temperature;
  std::optional<Claim<StatedBox>> bounding_box;
  std::vector<std::string> objects;  ///< In order of first sight.
  std::vector<Thumbnail> thumbnails;
  std::int64_t layer_changes{};  ///< Counted, not stated.
  bool has_cura_settings{};      ///< `;SETTING_3`: Cura can reopen the job with its settings.
  std::uint64_t bytes{};         ///< Size of the job.
};

/// Looks at every comment line of a job and at nothing else.
/// Cost: one pass at the speed of a search for line ends; constant memory.
/// @returns kNotFound or kIo, naming the file; kMalformed for a file that is not text.
[[nodiscard]] Result<Metadata> scan_metadata(const std::filesystem::path& file);

/// The same for a job that comes from elsewhere; fails as `bytes` does.
[[nodiscard]] Result<Metadata> scan_metadata_bytes(std::unique_ptr<ByteSource> bytes,
                                                   const std::string& name);

/// The same for a job in memory; `name` stands for the file in messages.
[[nodiscard]] Result<Metadata> scan_metadata_text(std::string_view text,
                                                  const std::string& name = "text");

}  // namespace stepcast::gcode
