#include "thumbnails.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace stepcast::server {
namespace {

bool is_for_browsers(const gcode::Thumbnail& thumbnail) {
  return thumbnail.format == gcode::PictureFormat::kPng ||
         thumbnail.format == gcode::PictureFormat::kJpg;
}

}  // namespace

const gcode::Thumbnail* choose_thumbnail(const files::Entry& entry, std::optional<int> width_px) {
  const gcode::Thumbnail* best = nullptr;
  if (!entry.stated) {
    return best;
  }
  const auto is_better = [&](const gcode::Thumbnail& one, const gcode::Thumbnail& other) {
    const bool one_suits = width_px && one.width_px >= *width_px;
    const bool other_suits = width_px && other.width_px >= *width_px;
    return one_suits != other_suits ? one_suits
           : one_suits              ? one.width_px < other.width_px
                                    : one.width_px > other.width_px;
  };
  for (const gcode::Thumbnail& thumbnail : entry.stated->thumbnails) {
    if (is_for_browsers(thumbnail) && (best == nullptr || is_better(thumbnail, *best))) {
      best = &thumbnail;
    }
  }
  return best;
}

Result<http::Response> thumbnail_response(const Site& site, const files::Entry& entry,
                                          std::optional<int> width_px) {
  const gcode::Thumbnail* const thumbnail = choose_thumbnail(entry, width_px);
  const auto path = files::LibraryPath::parse(entry.path);
  if (thumbnail == nullptr || !path) {
    return fail(Errc::kNotFound, fmt::format("'{}' holds no preview", entry.path), {},
                "let the slicer write thumbnails into its G-code");
  }
  const auto picture = gcode::read_thumbnail(site.library.location(*path), *thumbnail);
  if (!picture) {
    return tl::unexpected(picture.error());
  }
  http::Response response;
  response.headers.set(
      "Content-Type", thumbnail->format == gcode::PictureFormat::kPng ? "image/png" : "image/jpeg");
  response.headers.set("Cache-Control", "private, max-age=86400");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body.reserve(picture->size());
  for (const std::byte byte : *picture) {
    response.body.push_back(static_cast<char>(byte));
  }
  return response;
}

}  // namespace stepcast::server
