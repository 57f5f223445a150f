#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Something that a model saw in a picture.
struct DetectionRow {
  std::int64_t id{};  ///< Given by the database.
  std::string printer;
  std::string job;  ///< Empty: outside a job.
  UnixMs at{};
  std::string frame;    ///< Path of the picture (FrameRow::path); empty: not kept.
  std::string model;    ///< Name and version of the model.
  std::string label;    ///< The class: "stringing".
  double confidence{};  ///< 0 to 1.
  double x{};           ///< Centre of the box, pixels.
  double y{};
  double width{};  ///< Of the box, pixels.
  double height{};
  std::optional<std::int64_t> layer;
  std::optional<double> z_mm;
};

/// What was changed because of it.
struct CorrectionRow {
  std::int64_t id{};  ///< Given by the database.
  std::string printer;
  std::string job;
  UnixMs at{};
  std::optional<std::int64_t> detection;  ///< Its cause.
  std::string kind;                       ///< "flow", "tool_target", "pause".
  std::optional<double> old_value;        ///< In the unit of the kind.
  std::optional<double> new_value;
  std::string outcome;  ///< Empty until it is known.
};

/// @returns the id; kInvalidArgument: the confidence is no share.
[[nodiscard]] Result<std::int64_t> add_detection(Session& session, const DetectionRow& row);
[[nodiscard]] Result<std::vector<DetectionRow>> detections_of_job(Session& session,
                                                                  std::string_view job);
/// Newest first.
[[nodiscard]] Result<std::vector<DetectionRow>> detections_of_printer(Session& session,
                                                                      std::string_view printer,
                                                                      std::int64_t limit);

[[nodiscard]] Result<std::int64_t> add_correction(Session& session, const CorrectionRow& row);
/// @returns whether there is such a correction.
[[nodiscard]] Result<bool> set_correction_outcome(Session& session, std::int64_t id,
                                                  std::string_view outcome);
[[nodiscard]] Result<std::vector<CorrectionRow>> corrections_of_job(Session& session,
                                                                    std::string_view job);

}  // namespace stepcast::store
