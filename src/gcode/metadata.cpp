#include "stepcast/gcode/metadata.hpp"

#include "file_kind.hpp"
#include "header_scanner.hpp"
#include "line_source.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

Result<Metadata> scan(LineSource source, const std::string& name) {
  if (const auto complaint = recognise_not_text(source.head(kHeadBytes))) {
    return fail(Errc::kMalformed, complaint->message, name, complaint->remedy);
  }
  HeaderScanner scanner;
  LineSource::Line line;
  LineSource::Status status = source.next(line);
  for (; status == LineSource::Status::kLine; status = source.next(line)) {
    const auto text = trim_left(line.text);
    if (!text.empty() && text.front() == ';') {
      scanner.take(text, line.offset + (line.text.size() - text.size()));
    }
  }
  if (status == LineSource::Status::kFailed) {
    return tl::unexpected(source.failure(name));
  }
  auto metadata = scanner.finish();
  metadata.bytes = source.position();
  return metadata;
}

}  // namespace

Result<Metadata> scan_metadata(const std::filesystem::path& file) {
  auto source = LineSource::open(file);
  if (!source) {
    return tl::unexpected<Error>(std::move(source).error());
  }
  return scan(std::move(*source), file.string());
}

Result<Metadata> scan_metadata_bytes(std::unique_ptr<ByteSource> bytes, const std::string& name) {
  return scan(LineSource(std::move(bytes)), name);
}

Result<Metadata> scan_metadata_text(std::string_view text, const std::string& name) {
  return scan(LineSource(text), name);
}

}  // namespace stepcast::gcode
