#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

#include "api_operation.hpp"
#include "search.hpp"
#include "thumbnails.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::size_t kMostPathBytes = 1024;
constexpr std::int64_t kLongestPrintS = std::int64_t{10} * 365 * 86'400;  // ten years
constexpr std::size_t kHashDigits = 64;
constexpr int kWidestThumbnail = 10'000;
constexpr std::size_t kMostFormField = 8192;  // short words and paths

Json analysis_json(const std::optional<files::Analysis>& analysis) {
  if (!analysis) {
    return nullptr;
  }
  Json object{{"print_time_s", analysis->print_time_s}, {"filament_mm", analysis->filament_mm},
              {"filament_cm3", analysis->filament_cm3}, {"layers", analysis->layers},
              {"warnings", analysis->warnings},         {"error", analysis->error}};
  object["area_mm"] = nullptr;
  if (const auto& box = analysis->printing_area) {
    object["area_mm"] = {{"min_x", box->min_x}, {"min_y", box->min_y}, {"min_z", box->min_z},
                         {"max_x", box->max_x}, {"max_y", box->max_y}, {"max_z", box->max_z}};
  }
  return object;
}

Json stated_json(const std::optional<files::Stated>& stated) {
  if (!stated) {
    return nullptr;
  }
  Json thumbnails = Json::array();
  for (const gcode::Thumbnail& one : stated->thumbnails) {
    const std::string format(gcode::format_name(one.format));
    thumbnails.push_back({{"width", one.width_px}, {"height", one.height_px}, {"format", format}});
  }
  return {{"slicer", stated->slicer},
          {"material", stated->material},
          {"print_time_s", maybe(stated->print_time_s)},
          {"layer_height_mm", maybe(stated->layer_height_mm)},
          {"first_layer_height_mm", maybe(stated->first_layer_height_mm)},
          {"thumbnails", std::move(thumbnails)}};
}

Json file_json(const files::Entry& entry) {
  Json object{{"path", entry.path},
              {"display", entry.display},
              {"kind", entry.is_folder ? "folder" : "file"},
              {"size", entry.size},
              {"user", entry.user}};
  object["sha256"] = entry.is_folder ? Json(nullptr) : Json(entry.sha256);
  object["uploaded"] = entry.is_folder ? Json(nullptr) : time_json(entry.uploaded);
  object["stated"] = stated_json(entry.stated);
  object["analysis"] = analysis_json(entry.analysis);
  return object;
}

Result<files::Entry> entry_of(const Call& call) {
  auto path = files::LibraryPath::parse(call.parameter("path"));
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto entry = call.site.library.find(*path, call.query.value("printer", std::string()));
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  if (!*entry) {
    return fail(Errc::kNotFound, fmt::format("there is no file '{}'", path->text()), {},
                "GET /api/v1/files lists them");
  }
  return std::move(**entry);
}

bool is_wanted(const files::Entry& entry, const Call& call) {
  if (const std::string folder = call.query.value("folder", std::string());
      !folder.empty() && entry.path.rfind(folder + "/", 0) != 0) {
    return false;
  }
  if (!contains_ignoring_case(entry.path, call.query.value("search", std::string()))) {
    return false;
  }
  const auto material = call.query.find("material");
  if (material != call.query.end() &&
      !(entry.stated &&
        contains_ignoring_case(entry.stated->material, material->get<std::string>()))) {
    return false;
  }
  const auto longest = call.query.find("longest_s");
  return longest == call.query.end() ||
         (entry.analysis && entry.analysis->error.empty() &&
          entry.analysis->print_time_s <= static_cast<double>(longest->get<std::int64_t>()));
}

http::Response list_files(Call& call) {
  auto entries = call.site.library.list(call.query.value("printer", std::string()));
  if (!entries) {
    return refuse(call, entries.error());
  }
  std::sort(entries->begin(), entries->end(),
            [](const auto& one, const auto& other) { return one.path < other.path; });
  const std::string after = call.query.value("after", std::string());
  const auto limit = call.query.value("limit", kDefaultItems);
  Json items = Json::array();
  Json next = nullptr;
  for (const files::Entry& entry : *entries) {
    if (entry.path <= after || !is_wanted(entry, call)) {
      continue;
    }
    if (static_cast<std::int64_t>(items.size()) == limit) {
      next = items.back().at("path");
      break;
    }
    items.push_back(file_json(entry));
  }
  return page(call, std::move(items), next);
}

http::Response made(const files::Entry& entry) {
  http::Response response = answer(file_json(entry), 201);
  response.headers.set("Location", fmt::format("{}/files/{}", kBase, entry.path));
  return response;
}

http::Response get_file(Call& call) {
  auto entry = entry_of(call);
  if (!entry) {
    return refuse(call, entry.error());
  }
  http::Response response = answer(file_json(*entry));
  // Until it has been analysed the same bytes can be described in two ways.
  response.headers.set(
      "ETag", fmt::format("\"{}{}{}\"", entry->sha256.substr(0, 32), entry->analysis ? "" : "-new",
                          call.query.value("printer", std::string())));
  return response;
}

http::Response get_content(Call& call) {
  auto entry = entry_of(call);
  if (!entry) {
    return refuse(call, entry.error());
  }
  const auto path = files::LibraryPath::parse(entry->path);
  if (!path || entry->is_folder) {
    return refuse(call, {Errc::kNotFound, "a folder has no content", entry->path, {}});
  }
  http::Response response;
  response.file = call.site.library.location(*path);
  if (const auto version = call.query.find("version"); version != call.query.end()) {
    auto location = call.site.library.version_location(*path, version->get<std::string>());
    if (!location) {
      return refuse(call, location.error());
    }
    response.file = std::move(*location);
  }
  response.headers.set("Content-Type", "text/x.gcode");
  response.headers.set("Content-Disposition", "attachment");
  return response;
}

http::Response list_versions(Call& call) {
  const auto entry = entry_of(call);
  const auto path = entry ? files::LibraryPath::parse(entry->path) : tl::unexpected(entry.error());
  const auto versions = path ? call.site.library.versions(*path) : tl::unexpected(path.error());
  if (!versions) {
    return refuse(call, versions.error());
  }
  Json items = Json::array();
  for (const files::Version& version : *versions) {
    items.push_back({{"sha256", version.sha256},
                     {"size", version.size},
                     {"user", version.user},
                     {"uploaded", time_json(version.uploaded)},
                     {"replaced", time_json(version.replaced)}});
  }
  return page(call, std::move(items), nullptr);
}

http::Response restore_version(Call& call) {
  const auto path = files::LibraryPath::parse(call.text("path"));
  auto entry = path ? call.site.library.restore(*path, call.text("sha256"), call.who.user)
                    : tl::unexpected(path.error());
  return entry ? made(*entry) : refuse(call, entry.error());
}

http::Response get_thumbnail(Call& call) {
  const auto width = call.query.find("width");
  const auto wanted = width == call.query.end() ? std::nullopt : std::optional(width->get<int>());
  auto picture = entry_of(call).and_then(
      [&](const files::Entry& entry) { return thumbnail_response(call.site, entry, wanted); });
  if (picture && call.query.find("of") == call.query.end()) {
    picture->headers.set("Cache-Control", "private, no-cache");
  }
  return picture ? std::move(*picture) : refuse(call, picture.error());
}

http::Response remove_file(Call& call) {
  return done(call, files::LibraryPath::parse(call.parameter("path")).and_then([&](const auto& p) {
    return call.site.library.remove(p);
  }));
}

http::Response make_folder(Call& call) {
  auto path = files::LibraryPath::parse(call.text("path"));
  if (!path) {
    return refuse(call, path.error());
  }
  if (auto folder = call.site.library.make_folder(*path); !folder) {
    return refuse(call, folder.error());
  }
  auto entry = call.site.library.find(*path);
  if (!entry || !*entry) {
    return refuse(call, {Errc::kIo, "the folder has gone again", path->text(), {}});
  }
  return made(**entry);
}

using Transfer = Result<files::Entry> (files::Library::*)(const files::LibraryPath&,
                                                          const files::LibraryPath&);

http::Response transfer(Call& call, Transfer how) {
  auto from = files::LibraryPath::parse(call.text("from"));
  auto to = files::LibraryPath::parse(call.text("to"));
  if (!from || !to) {
    return refuse(call, from ? to.error() : from.error());
  }
  auto entry = (call.site.library.*how)(*from, *to);
  return entry ? made(*entry) : refuse(call, entry.error());
}

http::Response list_uploads(Call& call) {
  Json items = Json::array();
  for (const files::Arriving& one : call.site.library.arriving()) {
    items.push_back({{"path", one.path},
                     {"user", one.user},
                     {"received_bytes", one.received},
                     {"analysed_bytes", maybe(one.analysed)},
                     {"error", one.error}});
  }
  return answer({{"items", std::move(items)}, {"next", nullptr}});
}

http::Response get_storage(Call& call) {
  const auto space = call.site.library.space();
  return answer({{"free_bytes", space.free_bytes}, {"total_bytes", space.total_bytes}});
}

// One file, with the folder that it goes to before it.
class ApiUpload final : public http::UploadSink {
 public:
  explicit ApiUpload(const Call& call)
      : instance_(call.request.path),
        site_(call.site),
        user_(call.who.user),
        printer_(call.query.value("printer", std::string())) {}

  Result<void> begin(const http::Part& part) override {
    in_file_ = !part.file_name.empty();
    if (!in_file_) {
      if (part.name != "folder" || upload_) {
        return fail(Errc::kInvalidArgument, fmt::format("unexpected field '{}'", part.name),
                    "upload", "send `folder` first, if at all, and then one file");
      }
      folder_.clear();
      return {};
    }
    if (upload_) {
      return fail(Errc::kInvalidArgument, "holds two files", "upload", "send one at a time");
    }
    return files::LibraryPath::from_upload(folder_, part.file_name)
        .and_then(
            [&](const auto& path) { return site_.library.begin_upload(path, user_, printer_); })
        .map([&](auto upload) { upload_ = std::move(upload); });
  }

  Result<void> write(std::span<const char> bytes) override {
    if (in_file_) {
      return upload_->write(bytes);
    }
    if (folder_.size() + bytes.size() > kMostFormField) {
      return fail(Errc::kOutOfRange, fmt::format("is longer than {} bytes", kMostFormField),
                  "folder", "choose another folder");
    }
    folder_.append(bytes.begin(), bytes.end());
    return {};
  }

  Result<void> end() override { return {}; }

  // Not before the body is whole: what breaks off leaves nothing.
  http::Response finish() override {
    if (!upload_) {
      return http::problem(400, "upload: no file in it (send multipart/form-data with one file)",
                           instance_);
    }
    const auto entry = upload_->commit();
    upload_.reset();
    return entry ? made(*entry) : http::problem(entry.error(), instance_);
  }

 private:
  std::string instance_;
  Site& site_;
  std::string user_;
  std::string printer_;
  std::string folder_;
  bool in_file_ = false;
  std::unique_ptr<files::Library::Upload> upload_;
};

Json file_shape() {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  Json area = object({{"min_x", number()},
                      {"min_y", number()},
                      {"min_z", number()},
                      {"max_x", number()},
                      {"max_y", number()},
                      {"max_z", number()}});
  Json analysis = object({
      {"print_time_s", described(number(), "As planned, not guessed.")},
      {"filament_mm", number()},
      {"filament_cm3", number()},
      {"layers", integer()},
      {"warnings", list(text())},
      {"error", described(text(), "Why it cannot be printed here; empty: it can.")},
      {"area_mm", nullable(std::move(area))},
  });
  Json thumbnail = object(
      {{"width", integer()}, {"height", integer()}, {"format", choice({"png", "jpg", "qoi"})}});
  Json stated = object({
      {"slicer", text()},
      {"material", text()},
      {"print_time_s", nullable(number())},
      {"layer_height_mm", nullable(number())},
      {"first_layer_height_mm", nullable(number())},
      {"thumbnails", list(std::move(thumbnail))},
  });
  return object({
      {"path", described(text(), "In the library; names the file everywhere.")},
      {"display", text()},
      {"kind", choice({"file", "folder"})},
      {"size", described(integer(), "Bytes.")},
      {"user", described(text(), "Who uploaded it.")},
      {"sha256", nullable(text())},
      {"uploaded", nullable(text())},
      {"stated", described(nullable(std::move(stated)), "What its slicer wrote into it.")},
      {"analysis", described(nullable(std::move(analysis)),
                             "For the printer of the query, or the first one; null while it is "
                             "under way.")},
  });
}

}  // namespace

void add_file_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["File"] = file_shape();
  const Json path = text(1, kMostPathBytes);
  const Answer file{.status = 200, .shape = named("File")};
  const Answer created{.status = 201, .shape = named("File")};
  auto query = page_parameters();
  query.push_back({"folder", text(1, kMostPathBytes), "Only what is in it, at any depth."});
  const QueryParameter printer{"printer", text(1, 64), "Whose analysis is given."};
  query.push_back(printer);
  query.push_back({"search", text(1, 200), "Only paths that contain this text, in any case."});
  query.push_back({"material", text(1, 60), "Only files whose slicer names this material."});
  query.push_back({"longest_s", integer(1, kLongestPrintS),
                   "Only files that can be printed there in this time."});
  const auto add = [&](Operation operation) {
    operation.tag = "files";
    table.operations.push_back(std::move(operation));
  };
  add({.path = "/files",
       .permission = "FILES_LIST",
       .id = "listFiles",
       .summary = "Files and folders, by path.",
       .query = query,
       .answer = {.status = 200, .shape = shape::page("File")},
       .handle = list_files});
  add({.method = http::Method::kPost,
       .path = "/files",
       .permission = "FILES_UPLOAD",
       .id = "uploadFile",
       .summary = "Takes one file of any size as multipart/form-data; a field `folder` may come "
                  "before it. Uploading the same again changes nothing. The analysis for the "
                  "printer of the query, or the first one, is made while the file arrives.",
       .query = {{"printer", text(1, 64), "For whom it is analysed first."}},
       .answer = created,
       .upload = [](Call& call) -> Result<std::unique_ptr<http::UploadSink>> {
         return std::make_unique<ApiUpload>(call);
       }});
  add({.path = "/files/{path...}",
       .permission = "FILES_LIST",
       .id = "getFile",
       .summary = "What is known of a file.",
       .query = {printer},
       .answer = file,
       .handle = get_file});
  add({.method = http::Method::kDelete,
       .path = "/files/{path...}",
       .permission = "FILES_DELETE",
       .id = "removeFile",
       .summary = "Removes a file, or a folder with what is in it.",
       .answer = {.status = 204},
       .handle = remove_file});
  add({.path = "/content/{path...}",
       .permission = "FILES_DOWNLOAD",
       .id = "getFileContent",
       .summary = "The bytes of a file; ranges and ETags are heeded.",
       .query = {{"version", text(kHashDigits, kHashDigits),
                  "What it held before: the hash of one of its versions."}},
       .answer = {.status = 200, .shape = nullptr, .type = "text/x.gcode"},
       .signable = http::Signable::kAddress,
       .handle = get_content});
  table.shapes["FileVersion"] = object({{"sha256", text()},
                                        {"size", integer()},
                                        {"user", text()},
                                        {"uploaded", text()},
                                        {"replaced", text()}});
  add({.path = "/file-versions/{path...}",
       .permission = "FILES_LIST",
       .id = "listFileVersions",
       .summary = "What a file held before it was replaced, newest first.",
       .answer = {.status = 200, .shape = shape::page("FileVersion")},
       .handle = list_versions});
  add({.method = http::Method::kPost,
       .path = "/file-restores",
       .permission = "FILES_UPLOAD",
       .id = "restoreFileVersion",
       .summary = "Puts a version into the place of its file, which becomes a version itself.",
       .request = object({{"path", path}, {"sha256", text(kHashDigits, kHashDigits)}}),
       .answer = created,
       .repeats = Repeats::kByKey,
       .handle = restore_version});
  add({.path = "/thumbnails/{path...}",
       .permission = "FILES_LIST",
       .id = "getThumbnail",
       .summary = "The preview that the slicer wrote into a file, PNG or JPEG.",
       .query =
           {{"width", integer(1, kWidestThumbnail),
             "The smallest that is so wide, or else the largest; none: the largest."},
            {"of", text(1, kHashDigits),
             "The hash of the file, or its front: with it the picture may be kept for a day."}},
       .answer = {.status = 200, .shape = nullptr, .type = "image/*"},
       .signable = http::Signable::kAddress,
       .handle = get_thumbnail});
  add({.method = http::Method::kPost,
       .path = "/folders",
       .permission = "FILES_UPLOAD",
       .id = "makeFolder",
       .summary = "Makes a folder.",
       .request = object({{"path", path}}),
       .answer = created,
       .repeats = Repeats::kByKey,
       .handle = make_folder});
  add({.method = http::Method::kPost,
       .path = "/file-copies",
       .permission = "FILES_UPLOAD",
       .id = "copyFile",
       .summary = "Copies a file or folder.",
       .request = object({{"from", path}, {"to", path}}),
       .answer = created,
       .repeats = Repeats::kByKey,
       .handle = [](Call& call) { return transfer(call, &files::Library::copy); }});
  add({.method = http::Method::kPost,
       .path = "/file-moves",
       .permission = "FILES_DELETE",
       .id = "moveFile",
       .summary = "Moves or renames a file or folder.",
       .request = object({{"from", path}, {"to", path}}),
       .answer = created,
       .repeats = Repeats::kByKey,
       .handle = [](Call& call) { return transfer(call, &files::Library::move); }});
  table.shapes["Upload"] = object(
      {{"path", text()},
       {"user", text()},
       {"received_bytes", integer()},
       {"analysed_bytes", described(nullable(integer()), "How far its analysis has read.")},
       {"error", described(text(), "Why it cannot be printed, as far as that is known already.")}});
  add({.path = "/uploads",
       .permission = "FILES_LIST",
       .id = "listUploads",
       .summary = "Files on their way in, the oldest first.",
       .answer = {.status = 200, .shape = shape::page("Upload")},
       .handle = list_uploads});
  table.shapes["Storage"] = object({{"free_bytes", integer()}, {"total_bytes", integer()}});
  add({.path = "/storage",
       .permission = "FILES_LIST",
       .id = "getStorage",
       .summary = "Room on the disk of the library.",
       .answer = {.status = 200, .shape = named("Storage")},
       .handle = get_storage});
}

}  // namespace stepcast::server::api
