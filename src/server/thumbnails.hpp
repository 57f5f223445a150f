#pragma once

#include <optional>
#include <string>

#include "stepcast/files/library.hpp"
#include "stepcast/http/message.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::server {

/// The preview of a file that suits best: the smallest that is at least `width_px` wide, else the
/// largest. Only formats that browsers know (PNG, JPEG). Points into the entry; null: there is
/// none.
[[nodiscard]] const gcode::Thumbnail* choose_thumbnail(const files::Entry& entry,
                                                       std::optional<int> width_px = {});

/// The picture. A browser may keep it: its address changes with the file.
/// @returns kNotFound: there is none; kMalformed: what stands there is no picture.
[[nodiscard]] Result<http::Response> thumbnail_response(const Site& site, const files::Entry& entry,
                                                        std::optional<int> width_px = {});

}  // namespace stepcast::server
