#pragma once

#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"

namespace stepcast::jobs {

/// Tells the log of every change of the library from now on: FileAdded, FileRemoved, FileMoved,
/// FolderAdded, FolderRemoved, FolderMoved, MetadataAnalysisFinished, each but the last followed by
/// UpdatedFiles. `events` must outlive the library.
void tell_of_files(files::Library& library, events::Log& events);

}  // namespace stepcast::jobs
