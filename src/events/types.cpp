#include "stepcast/events/types.hpp"

#include <array>

namespace stepcast::events {
namespace {

constexpr std::array<std::string_view, 53> kTypes{
    "BedCleared",
    "CaptureDone",
    "CaptureFailed",
    "CaptureStart",
    "Connected",
    "Disconnected",
    "Error",
    "Extruded",
    "FanSet",
    "FeedRateSet",
    "FileAdded",
    "FileDeselected",
    "FileMoved",
    "FileRefused",
    "FileRemoved",
    "FileSelected",
    "FlowSet",
    "FolderAdded",
    "FolderMoved",
    "FolderRemoved",
    "GcodeSent",
    "Home",
    "Jogged",
    "MaintenanceDue",
    "MetadataAnalysisFinished",
    "MovieDone",
    "MovieFailed",
    "MovieRendering",
    "ObjectCancelled",
    "PrintCancelled",
    "PrintContinued",
    "PrintDone",
    "PrintFailed",
    "PrintPaused",
    "PrintResumed",
    "PrintStarted",
    "PrinterLoaded",
    "PrinterProfileModified",
    "PrinterStateChanged",
    "QueueAdded",
    "QueueCancelled",
    "QueueChanged",
    "QueueDone",
    "QueueExpired",
    "QueueFault",
    "QueuePaused",
    "QueueResumed",
    "SettingsUpdated",
    "SpoolShort",
    "TargetSet",
    "UpdatedFiles",
    "Upload",
    "ZOffsetSet",
};

}  // namespace

std::span<const std::string_view> types() {
  return kTypes;
}

}  // namespace stepcast::events
