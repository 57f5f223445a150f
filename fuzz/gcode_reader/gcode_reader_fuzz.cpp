#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stepcast/base/contracts.hpp"
#include "stepcast/gcode/annotation.hpp"
#include "stepcast/gcode/metadata.hpp"
#include "stepcast/gcode/reader.hpp"

namespace {

using namespace stepcast;

bool is_inside(std::string_view view, std::string_view whole) {
  return view.empty() ||
         (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

void check_command(const gcode::Command& command, std::string_view job) {
  STEPCAST_CHECK(command.word_count <= gcode::Command::kMaxWords);
  STEPCAST_CHECK(command.line >= 1);
  STEPCAST_CHECK(is_inside(command.name, job) && is_inside(command.text, job) &&
                 is_inside(command.comment, job));
  STEPCAST_CHECK(command.letter != '\0' || !command.name.empty() || !command.comment.empty());
  for (const auto& word : command.words()) {
    STEPCAST_CHECK(word.letter >= 'A' && word.letter <= 'Z');
    STEPCAST_CHECK(std::isfinite(word.value));
    STEPCAST_CHECK(word.has_value || word.value == 0.0);
    STEPCAST_CHECK(!(word.has_value && word.is_expression));
    STEPCAST_CHECK(command.find(word.letter) == &word);
  }
  if (const auto annotation = gcode::classify(command.comment)) {
    STEPCAST_CHECK(is_inside(annotation->name, command.comment));
    STEPCAST_CHECK(!annotation->length || std::isfinite(annotation->length->v));
  }
}

void read(std::string_view job) {
  auto reader = gcode::Reader::from_text(job, "fuzz");
  gcode::Command command;
  std::uint64_t position = 0;
  while (true) {
    const auto got = reader.next(command);
    STEPCAST_CHECK(reader.position() >= position && reader.position() <= job.size());
    position = reader.position();
    if (!got) {
      STEPCAST_CHECK(got.error().code == Errc::kMalformed);
      STEPCAST_CHECK(!got.error().message.empty());
      const auto& location = got.error().location;
      STEPCAST_CHECK(location.starts_with("fuzz:") && location.find(':', 5) != std::string::npos);
      STEPCAST_CHECK(!reader.next(command).value());
      return;
    }
    if (!*got) {
      STEPCAST_CHECK(position == job.size());
      return;
    }
    check_command(command, job);
  }
}

void scan(std::string_view job) {
  const auto metadata = gcode::scan_metadata_text(job, "fuzz");
  if (!metadata) {
    STEPCAST_CHECK(metadata.error().code == Errc::kMalformed);
    return;
  }
  STEPCAST_CHECK(metadata->bytes == job.size());
  STEPCAST_CHECK(!metadata->print_time || (std::isfinite(metadata->print_time->value.v) &&
                                           metadata->print_time->value.v > 0.0));
  STEPCAST_CHECK(!metadata->filament_length || metadata->filament_length->value.v > 0.0);
  for (const auto& thumbnail : metadata->thumbnails) {
    const auto picture = gcode::decode_thumbnail(job, thumbnail);
    STEPCAST_CHECK(picture.has_value() || !picture.error().message.empty());
  }
}

}  // namespace

/// Any bytes are refused with a place and a reason, or give commands that keep the promises of
/// command.hpp; the header scan takes the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view job(reinterpret_cast<const char*>(data), size);
  read(job);
  scan(job);
  return 0;
}
