#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// A picture that was kept; its bytes are a file.
struct FrameRow {
  std::int64_t id{};  ///< Given by the database.
  std::string printer;
  std::string job;  ///< Empty: outside a job.
  UnixMs at{};
  std::string camera;
  std::string path;  ///< Below the folder of pictures; unique.
  std::int64_t size{};
  std::int64_t width{};  ///< Pixels.
  std::int64_t height{};
  std::optional<std::int64_t> layer;
};

/// @returns the id; kInvalidArgument: the path is taken.
[[nodiscard]] Result<std::int64_t> add_frame(Session& session, const FrameRow& row);
[[nodiscard]] Result<std::vector<FrameRow>> frames_of_job(Session& session, std::string_view job);
/// Newest first.
[[nodiscard]] Result<std::vector<FrameRow>> frames_of_printer(Session& session,
                                                              std::string_view printer,
                                                              std::int64_t limit);
/// The oldest of all, for whoever makes room: delete the file, then the row.
[[nodiscard]] Result<std::vector<FrameRow>> oldest_frames(Session& session, std::int64_t limit);
[[nodiscard]] Result<bool> remove_frame(Session& session, std::int64_t id);

}  // namespace stepcast::store
