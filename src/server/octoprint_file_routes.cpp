#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "stepcast/octoprint/commands.hpp"
#include "stepcast/server/authentication.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"
#include "search.hpp"
#include "thumbnails.hpp"

namespace stepcast::server::octoprint {
namespace {

// Fields are short words and paths; a file comes as a part with a name.
constexpr std::size_t kMostFieldBytes = 8192;

bool is_true(const std::string& text) {
  return text == "true" || text == "True" || text == "1" || text == "yes";
}

Result<files::Entry> entry_at(const Call& call, std::string_view text) {
  auto path = files::LibraryPath::parse(text);
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto entry = call.site.library.find(*path, call.runner.identity().id);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  if (!*entry) {
    return fail(Errc::kNotFound, fmt::format("there is no file '{}'", text));
  }
  return **entry;
}

Json folder_made(const files::LibraryPath& path, const std::string& base) {
  return {{"folder",
           {{"name", path.name()},
            {"display", path.name()},
            {"path", path.text()},
            {"origin", "local"},
            {"refs", {{"resource", file_address(base, path.text())}}}}},
          {"done", true}};
}

http::Response make_folder(Site& site, const std::string& base, const std::string& parent,
                           const std::string& name) {
  auto path = files::LibraryPath::parse(parent.empty() ? name : parent + "/" + name);
  if (!path) {
    return error_response(path.error());
  }
  if (auto made = site.library.make_folder(*path); !made) {
    return error_response(made.error());
  }
  http::Response response = json_response(folder_made(*path, base), 201);
  response.headers.set("Location", file_address(base, path->text()));
  return response;
}

std::string without_slashes_around(std::string text) {
  while (!text.empty() && text.front() == '/') {
    text.erase(0, 1);
  }
  while (!text.empty() && text.back() == '/') {
    text.pop_back();
  }
  return text;
}

// One multipart upload. Fields may come before or after the file.
class Upload final : public http::UploadSink {
 public:
  explicit Upload(const Call& call)
      : site_(call.site), runner_(call.runner), base_(call.base), who_(principal(call.request)) {}

  Result<void> begin(const http::Part& part) override {
    field_ = part.name;
    in_file_ = !part.file_name.empty();
    if (!in_file_) {
      fields_[field_].clear();
      return {};
    }
    if (upload_) {
      return fail(Errc::kInvalidArgument, "one upload holds one file");
    }
    auto path =
        files::LibraryPath::from_upload(without_slashes_around(fields_["path"]), part.file_name);
    if (!path) {
      return tl::unexpected(path.error());
    }
    auto upload = site_.library.begin_upload(*path, who_.user, runner_.identity().id);
    if (!upload) {
      return tl::unexpected(upload.error());
    }
    upload_ = std::move(*upload);
    file_name_ = part.file_name;
    return {};
  }

  Result<void> write(std::span<const char> bytes) override {
    if (in_file_) {
      return upload_->write(bytes);
    }
    std::string& value = fields_[field_];
    if (value.size() + bytes.size() > kMostFieldBytes) {
      return fail(Errc::kOutOfRange,
                  fmt::format("the field '{}' is longer than {} bytes", field_, kMostFieldBytes));
    }
    value.append(bytes.begin(), bytes.end());
    return {};
  }

  Result<void> end() override { return {}; }

  http::Response finish() override {
    if (!upload_) {
      if (const auto name = fields_.find("foldername"); name != fields_.end()) {
        return make_folder(site_, base_, without_slashes_around(fields_["path"]), name->second);
      }
      return error_response({Errc::kInvalidArgument,
                             "No file to upload and no folder to create",
                             {},
                             "send a part named file, or foldername"});
    }
    if (const auto data = fields_.find("userdata");
        data != fields_.end() && !Json::accept(data->second)) {
      return error_response({Errc::kMalformed, "userdata is no JSON", {}, "leave it out"});
    }
    auto entry = commit();
    upload_.reset();
    if (!entry) {
      return error_response(entry.error());
    }
    entry_ = std::move(*entry);
    const bool print = is_true(fields_["print"]) && who_.may("PRINT");
    const bool select = print || (is_true(fields_["select"]) && who_.may("FILES_SELECT"));
    bool selected = false;
    bool printing = false;
    if (select) {
      // The file is safe either way: a printer that is busy is told by effectiveSelect.
      const auto path = files::LibraryPath::parse(entry_->path);
      selected = path && runner_.select(*path, who_.user);
      printing = print && selected && Hand(site_, runner_, who_).start();
    }
    tell_upload(select, print);
    const std::string resource = file_address(base_, entry_->path);
    Json local = entry_json(*entry_, base_);
    http::Response response = json_response({{"files", {{"local", local}}},
                                             {"done", true},
                                             {"effectiveSelect", selected},
                                             {"effectivePrint", printing}},
                                            201);
    response.headers.set("Location", resource);
    return response;
  }

 private:
  void tell_upload(bool select, bool print) {
    const Json payload{{"name", entry_->display}, {"path", entry_->path}, {"target", "local"},
                       {"select", select},        {"print", print},       {"user", who_.user}};
    site_.events.append("Upload", runner_.identity().id, {},
                        payload.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  // Now all fields are known, and nothing that was there before has been touched.
  Result<files::Entry> commit() {
    return files::LibraryPath::from_upload(without_slashes_around(fields_["path"]), file_name_)
        .and_then([&](const files::LibraryPath& path) { return upload_->commit_to(path); });
  }

  Site& site_;
  jobs::Runner& runner_;
  std::string base_;
  accounts::Principal who_;

  std::string field_;
  bool in_file_ = false;
  std::map<std::string, std::string> fields_;
  std::string file_name_;
  std::unique_ptr<files::Library::Upload> upload_;
  std::optional<files::Entry> entry_;
};

Json found_json(const Shelf& shelf, std::string_view search) {
  Json found = Json::array();
  for (const files::Entry& entry : shelf.entries) {
    if (!entry.is_folder && contains_ignoring_case(entry.path, search)) {
      found.push_back(entry_json(entry, shelf));
    }
  }
  return found;
}

Shelf empty_shelf(const Call& call) {
  return {.entries = {}, .prints = {}, .profile = call.runner.identity().id, .base = call.base};
}

Result<Shelf> shelf_of(const Call& call) {
  Shelf shelf = empty_shelf(call);
  auto entries = call.site.library.list(call.runner.identity().id);
  if (!entries) {
    return tl::unexpected(entries.error());
  }
  shelf.entries = std::move(*entries);
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::print_counts_of_files(session).map(
        [&](std::map<std::string, store::PrintCounts> counts) {
          shelf.prints = std::move(counts);
        });
  });
  return read ? Result<Shelf>(std::move(shelf)) : tl::unexpected(read.error());
}

// With its prints alone: clients poll for it.
Result<Shelf> shelf_for(const Call& call, const std::string& path) {
  Shelf shelf = empty_shelf(call);
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::print_counts(session, path).map([&](const store::PrintCounts& counts) {
      if (counts.done + counts.failed > 0) {
        shelf.prints.emplace(path, counts);
      }
    });
  });
  return read ? Result<Shelf>(std::move(shelf)) : tl::unexpected(read.error());
}

http::Response list_files(Call& call) {
  const auto shelf = shelf_of(call);
  if (!shelf) {
    return error_response(shelf.error());
  }
  const std::string recursive(call.request.find_query("recursive").value_or("false"));
  const auto space = call.site.library.space();
  // A search gives files of all folders side by side.
  const auto search = call.request.find_query("q");
  Json found = search ? found_json(*shelf, *search) : tree_json(*shelf, "", is_true(recursive));
  return json_response(
      {{"files", std::move(found)}, {"free", space.free_bytes}, {"total", space.total_bytes}});
}

http::Response file_of(Call& call) {
  auto entry = entry_at(call, call.request.parameters["path"]);
  if (!entry) {
    return error_response(entry.error());
  }
  const auto shelf = entry->is_folder ? shelf_of(call) : shelf_for(call, entry->path);
  if (!shelf) {
    return error_response(shelf.error());
  }
  Json object = entry_json(*entry, *shelf);
  if (entry->is_folder) {
    const std::string recursive(call.request.find_query("recursive").value_or("false"));
    object["children"] = tree_json(*shelf, entry->path, is_true(recursive));
  }
  return json_response(object);
}

http::Response copy_or_move(Call& call, const files::LibraryPath& from, const std::string& wanted,
                            bool copy) {
  if (!principal(call.request).may("FILES_UPLOAD")) {
    return error_response({Errc::kDenied, "this needs the permission FILES_UPLOAD", {}, {}});
  }
  const std::string destination = without_slashes_around(wanted);
  auto to = files::LibraryPath::parse(destination);
  if (!to) {
    return error_response(to.error());
  }
  auto there = call.site.library.find(*to);
  if (there && *there && (*there)->is_folder) {
    to = files::LibraryPath::parse(destination + "/" + from.name());
  }
  if (!to) {
    return error_response(to.error());
  }
  auto entry = copy ? call.site.library.copy(from, *to) : call.site.library.move(from, *to);
  if (!entry) {
    return error_response(entry.error());
  }
  http::Response response = json_response(entry_json(*entry, call.base), 201);
  response.headers.set("Location", file_address(call.base, entry->path));
  return response;
}

// Carries out a command on a file; one call for each kind.
struct FileCommands {
  Call& call;
  const files::LibraryPath& path;

  http::Response operator()(const stepcast::octoprint::SelectFileCommand& command) const {
    const accounts::Principal& who = principal(call.request);
    if (command.print && !who.may("PRINT")) {
      return error_response({Errc::kDenied, "printing needs the permission PRINT", {}, {}});
    }
    auto selected = call.runner.select(path, who.user);
    return done(selected && command.print ? call.hand().start() : selected);
  }
  http::Response operator()(const stepcast::octoprint::UnselectFileCommand& /*command*/) const {
    return done(call.runner.unselect());
  }
  http::Response operator()(const stepcast::octoprint::AnalyseFileCommand& /*command*/) const {
    return http::Response::empty();  // every file is analysed when it arrives
  }
  http::Response operator()(const stepcast::octoprint::CopyFileCommand& command) const {
    return copy_or_move(call, path, command.destination, /*copy=*/true);
  }
  http::Response operator()(const stepcast::octoprint::MoveFileCommand& command) const {
    return copy_or_move(call, path, command.destination, /*copy=*/false);
  }
};

http::Response command_file(Call& call) {
  const auto path = files::LibraryPath::parse(call.request.parameters["path"]);
  if (!path) {
    return error_response(path.error());
  }
  const auto command = stepcast::octoprint::parse_file_command(call.request.body);
  return command ? std::visit(FileCommands{call, *path}, *command)
                 : error_response(command.error());
}

http::Response remove_file(Call& call) {
  auto path = files::LibraryPath::parse(call.request.parameters["path"]);
  return path ? done(call.site.library.remove(*path)) : error_response(path.error());
}

http::Response download(Call& call) {
  auto entry = entry_at(call, call.request.parameters["path"]);
  if (!entry) {
    return error_response(entry.error());
  }
  const auto path = files::LibraryPath::parse(entry->path);
  if (!path || entry->is_folder) {
    return error_response({Errc::kNotFound, "a folder cannot be downloaded", {}, {}});
  }
  http::Response response;
  response.file = call.site.library.location(*path);
  response.headers.set("Content-Type", "text/x.gcode");
  response.headers.set("Content-Disposition", "attachment");
  return response;
}

http::Response thumbnail(Call& call) {
  // The name of the file with that of the picture's format behind it.
  const std::string path = call.request.parameters["path"];
  auto entry = entry_at(call, std::string_view(path).substr(0, path.rfind('.')));
  auto picture = entry.and_then(
      [&](const files::Entry& found) { return thumbnail_response(call.site, found); });
  if (!picture) {
    http::Response response = error_response(picture.error());
    response.status = 404;  // a broken picture is none
    return response;
  }
  return std::move(*picture);
}

http::Response unknown_origin(Call& /*call*/) {
  return error_response({Errc::kNotFound, "unknown origin", {}, "local"});
}

}  // namespace

void add_file_routes(Mount& mount) {
  using http::Runs;
  mount.get("/api/files", "FILES_LIST", list_files, Runs::kOnWorker);
  mount.get("/api/files/local", "FILES_LIST", list_files, Runs::kOnWorker);
  mount.get("/api/files/{origin}", "FILES_LIST", unknown_origin);
  mount.get("/api/files/local/{path...}", "FILES_LIST", file_of, Runs::kOnWorker);
  mount.post("/api/files/local/{path...}", "FILES_SELECT", command_file);
  mount.remove("/api/files/local/{path...}", "FILES_DELETE", remove_file);
  mount.download("/downloads/files/local/{path...}", "FILES_DOWNLOAD", download);
  mount.download(fmt::format("/{}/{{path...}}", kThumbnails), "FILES_LIST", thumbnail);
  mount.upload(
      "/api/files/local", "FILES_UPLOAD",
      [](Call& call) -> Result<std::unique_ptr<http::UploadSink>> {
        return std::make_unique<Upload>(call);
      },
      [](Call& call) {
        return make_folder(call.site, call.base,
                           without_slashes_around(call.body().value("path", "")),
                           call.body().value("foldername", ""));
      });
}

}  // namespace stepcast::server::octoprint
