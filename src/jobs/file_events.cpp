#include "stepcast/jobs/file_events.hpp"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace stepcast::jobs {
namespace {

using FileJson = nlohmann::json;
using files::Change;

const char* type_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kFileAdded:
      return "FileAdded";
    case Change::Kind::kFileRemoved:
      return "FileRemoved";
    case Change::Kind::kFileMoved:
      return "FileMoved";
    case Change::Kind::kFolderAdded:
      return "FolderAdded";
    case Change::Kind::kFolderRemoved:
      return "FolderRemoved";
    case Change::Kind::kFolderMoved:
      return "FolderMoved";
    case Change::Kind::kAnalysed:
      break;
  }
  return "MetadataAnalysisFinished";
}

bool is_folder(Change::Kind kind) {
  return kind == Change::Kind::kFolderAdded || kind == Change::Kind::kFolderRemoved ||
         kind == Change::Kind::kFolderMoved;
}

std::string leaf_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

FileJson payload_of(const Change& change) {
  FileJson payload{{"storage", "local"}, {"path", change.path}, {"name", leaf_of(change.path)}};
  if (is_folder(change.kind)) {
    payload["type"] = {"folder"};
  } else {
    payload["type"] = {"machinecode", "gcode"};
  }
  if (change.kind == Change::Kind::kFileMoved || change.kind == Change::Kind::kFolderMoved) {
    payload["source_path"] = change.from;
    payload["destination_path"] = change.path;
  }
  if (change.kind == Change::Kind::kFileAdded) {
    payload["size"] = change.size;
    payload["user"] = change.user;
  }
  if (change.kind == Change::Kind::kAnalysed) {
    payload["origin"] = "local";
  }
  if (!change.sha256.empty()) {
    payload["sha256"] = change.sha256;
  }
  return payload;
}

}  // namespace

void tell_of_files(files::Library& library, events::Log& events) {
  library.on_change([&events](const Change& change) {
    // Names are checked by the library; what is not UTF-8 cannot be in them.
    events.append(type_of(change.kind), {}, {}, payload_of(change).dump());
    if (change.kind != Change::Kind::kAnalysed) {
      events.append("UpdatedFiles", {}, {}, R"({"type":"printables"})");
    }
  });
}

}  // namespace stepcast::jobs
