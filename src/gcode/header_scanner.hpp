#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/gcode/annotation.hpp"
#include "stepcast/gcode/metadata.hpp"

namespace stepcast::gcode {

/// Gathers Metadata from the comment lines of a job, one by one in order.
///
/// The first statement of a value wins, unless it is a placeholder.
class HeaderScanner {
 public:
  /// `line` begins with ';'. `offset` is where it begins in the file.
  void take(std::string_view line, std::uint64_t offset);

  [[nodiscard]] Metadata finish();

 private:
  bool take_thumbnail_line(std::string_view text, std::uint64_t offset);
  void begin_thumbnail(std::string_view text);
  bool take_annotation(const Annotation& annotation);
  void add_object(std::string_view name);
  bool take_slicer(std::string_view text);
  void take_setting(std::string_view key, std::string_view value);
  void take_statement(std::string_view key, std::string_view value);
  bool take_box(std::string_view key, std::string_view value);
  void take_filament(std::string_view value);

  void set_time(std::optional<Seconds> time);
  void set_length(std::optional<Claim<Mm>>& claim, std::optional<double> value);
  void set_amount(std::optional<Claim<double>>& claim, std::optional<double> value);
  void set_temperature(std::optional<Claim<Celsius>>& claim, std::string_view value);
  template <class T>
  void set(std::optional<Claim<T>>& claim, std::optional<T> value);

  Metadata metadata_;
  std::string_view comment_;  // of the line in hand
  std::uint64_t offset_{};
  std::optional<Thumbnail> open_thumbnail_;
  std::optional<Claim<Seconds>> elapsed_;
  std::array<std::optional<double>, 6> box_mm_;  // min x y z, max x y z
  std::optional<Claim<StatedBox>> box_;          // its origin, as soon as one edge is seen
  bool placeholders_seen_{};
  bool time_is_cura_{};
};

}  // namespace stepcast::gcode
