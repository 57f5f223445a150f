#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/dataset/import.hpp"

namespace stepcast::dataset {

/// Writes a data set for other programs into a folder that must not exist yet: pictures are copied,
/// under their split and a name that cannot clash. kYolo: data.yaml, <split>/images,
/// <split>/labels. kCoco: <split>/_annotations.coco.json beside the pictures. kClassFolders:
/// <split>/<class>/. Items without the labels that a format needs are left out. Built beside the
/// folder and renamed: there whole or not at all.
/// @returns how many pictures were written; kInvalidArgument when the folder exists, kUnsupported
/// for kVoc, kIo
[[nodiscard]] Result<std::size_t> export_folder(const Dataset& data, Format format,
                                                const std::filesystem::path& folder,
                                                const Progress& progress = {});

}  // namespace stepcast::dataset
