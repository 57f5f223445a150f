#include "stepcast/store/frames.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kFrames("frames", 1, Field{"id", &FrameRow::id},
                        Field{"printer", &FrameRow::printer}, Field{"job", &FrameRow::job},
                        Field{"at_ms", &FrameRow::at}, Field{"camera", &FrameRow::camera},
                        Field{"path", &FrameRow::path}, Field{"size", &FrameRow::size},
                        Field{"width", &FrameRow::width}, Field{"height", &FrameRow::height},
                        Field{"layer", &FrameRow::layer});

}  // namespace

Result<std::int64_t> add_frame(Session& session, const FrameRow& row) {
  return kFrames.insert_numbered(session, row);
}

Result<std::vector<FrameRow>> frames_of_job(Session& session, std::string_view job) {
  return kFrames.select(session, "WHERE job = :job ORDER BY at_ms, id", job);
}

Result<std::vector<FrameRow>> frames_of_printer(Session& session, std::string_view printer,
                                                std::int64_t limit) {
  return kFrames.select(session,
                        "WHERE printer = :printer ORDER BY at_ms DESC, id DESC LIMIT :limit",
                        printer, limit);
}

Result<std::vector<FrameRow>> oldest_frames(Session& session, std::int64_t limit) {
  return kFrames.select(session, "ORDER BY id LIMIT :limit", limit);
}

Result<bool> remove_frame(Session& session, std::int64_t id) {
  return session.change("DELETE FROM frames WHERE id = :id", id);
}

}  // namespace stepcast::store
