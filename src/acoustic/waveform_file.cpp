#include "stepcast/acoustic/waveform_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "table_header.hpp"

namespace stepcast::acoustic {

static_assert(std::endian::native == std::endian::little, "samples are read as they lie");

Result<WaveformFile> WaveformFile::open(const std::string& path, std::string_view format,
                                        double volts_per_count) {
  if (!std::isfinite(volts_per_count) || volts_per_count == 0.0) {
    return fail(Errc::kOutOfRange,
                fmt::format("{} V a count is no scale, it must be above 0", volts_per_count), path);
  }
  Format chosen = Format::kText;
  if (format == "f32" || (format == "auto" && path.ends_with(".f32"))) {
    chosen = Format::kFloat;
  } else if (format == "s16" || (format == "auto" && path.ends_with(".s16"))) {
    chosen = Format::kShort;
  } else if (format != "text" && format != "auto") {
    return fail(Errc::kInvalidArgument, fmt::format("'{}' is no format of waveforms", format), path,
                "f32, s16, text or auto");
  }
  std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", std::strerror(errno)), path);
  }
  return WaveformFile(std::move(file), path, chosen, volts_per_count);
}

WaveformFile::WaveformFile(std::unique_ptr<std::FILE, Closer> file, std::string name, Format format,
                           double scale)
    : file_(std::move(file)), name_(std::move(name)), format_(format), scale_(scale) {}

Result<std::size_t> WaveformFile::read(std::span<float> block) {
  switch (format_) {
    case Format::kFloat:
      return read_binary<float>(block);
    case Format::kShort:
      return read_binary<std::int16_t>(block);
    case Format::kText:
      break;
  }
  return read_text(block);
}

template <class Number>
Result<std::size_t> WaveformFile::read_binary(std::span<float> block) {
  std::vector<Number> numbers(block.size());
  const std::size_t bytes =
      std::fread(numbers.data(), 1, numbers.size() * sizeof(Number), file_.get());
  if (std::ferror(file_.get()) != 0) {
    return fail(Errc::kIo, "cannot be read", name_);
  }
  if (bytes % sizeof(Number) != 0) {
    return fail(Errc::kMalformed, fmt::format("ends inside a sample of {} bytes", sizeof(Number)),
                name_, "name the format of the samples with --format");
  }
  const std::size_t count = bytes / sizeof(Number);
  for (std::size_t i = 0; i < count; ++i) {
    block[i] = static_cast<float>(static_cast<double>(numbers[i]) * scale_);
  }
  return count;
}

Result<std::size_t> WaveformFile::read_text(std::span<float> block) {
  std::array<char, 256> buffer{};
  std::size_t count = 0;
  while (count < block.size() &&
         std::fgets(buffer.data(), static_cast<int>(buffer.size()), file_.get()) != nullptr) {
    ++line_;
    const std::string_view text = trimmed(buffer.data());
    if (text.empty()) {
      continue;
    }
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
      return fail(Errc::kMalformed,
                  fmt::format("'{}' is not a number of volts", text.substr(0, 40)),
                  fmt::format("{}:{}", name_, line_),
                  "a text waveform has one number a line; name other formats with --format");
    }
    block[count++] = static_cast<float>(value * scale_);
  }
  if (std::ferror(file_.get()) != 0) {
    return fail(Errc::kIo, "cannot be read", name_);
  }
  return count;
}

}  // namespace stepcast::acoustic
