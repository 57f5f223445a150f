#include "stepcast/timelapse/avi.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace stepcast::timelapse {
namespace {

constexpr std::uint32_t kUsPerS = 1'000'000;
constexpr std::uint32_t kHasIndex = 0x10;  // AVIF_HASINDEX
constexpr std::uint32_t kKeyFrame = 0x10;  // AVIIF_KEYFRAME
constexpr std::uint32_t kBitsPerPixel = 24;
constexpr std::uint32_t kBytesPerPixel = 3;
constexpr std::uint32_t kChunkHead = 8;  // id and length
constexpr std::uint32_t kIndexEntry = 16;
constexpr unsigned kByte = 8;

void put(std::string& out, std::string_view id) {
  out += id;
}
void put(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 4 * kByte; shift += kByte) {
    out.push_back(static_cast<char>((value >> shift) & 0xffU));
  }
}
void put16(std::string& out, std::uint32_t value) {
  out.push_back(static_cast<char>(value & 0xffU));
  out.push_back(static_cast<char>((value >> kByte) & 0xffU));
}

// A chunk: its id, its length, what it holds.
std::string chunk(std::string_view id, std::string_view content) {
  std::string out;
  put(out, id);
  put(out, static_cast<std::uint32_t>(content.size()));
  put(out, content);
  return out;
}

}  // namespace

std::optional<PictureSize> size_of_jpeg(std::string_view jpeg) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint32_t>(byte(at)) << kByte | byte(at + 1);
  };
  constexpr std::size_t kLongestHead = 9;  // marker, length, precision, height, width
  if (jpeg.size() < 2 || word(0) != 0xffd8U) {
    return std::nullopt;
  }
  for (std::size_t at = 2; at + kLongestHead <= jpeg.size();) {
    if (byte(at) != 0xffU) {
      return std::nullopt;
    }
    const unsigned marker = byte(at + 1);
    // SOF0 to SOF15 but DHT, JPG and DAC, which are no frame headers.
    if (marker >= 0xc0U && marker <= 0xcfU && marker != 0xc4U && marker != 0xc8U &&
        marker != 0xccU) {
      const PictureSize size{word(at + 7), word(at + 5)};
      return size.width > 0 && size.height > 0 ? std::optional(size) : std::nullopt;
    }
    if (marker == 0xdaU || marker == 0xd9U) {  // the picture itself begins, or ends
      return std::nullopt;
    }
    at += 2 + (marker == 0xffU ? 0 : word(at + 2));
    if (marker == 0xffU) {
      --at;  // a fill byte before a marker
    }
  }
  return std::nullopt;
}

AviWriter::AviWriter(std::filesystem::path file, PictureSize size, std::uint32_t frames_per_s)
    : file_(std::move(file)),
      out_(file_, std::ios::binary | std::ios::trunc),
      size_(size),
      frames_per_s_(frames_per_s),
      written_(4) {}

Result<AviWriter> AviWriter::create(const std::filesystem::path& file, PictureSize size,
                                    std::uint32_t frames_per_s) {
  AviWriter writer(file, size, frames_per_s);
  const std::string head = writer.head();  // its place; finish() writes the true one
  writer.out_.write(head.data(), static_cast<std::streamsize>(head.size()));
  if (auto well = writer.check(); !well) {
    return tl::unexpected(well.error());
  }
  return writer;
}

Result<void> AviWriter::check() const {
  return out_ ? Result<void>{}
              : fail(Errc::kIo, "the film cannot be written", file_.string(), "is the disk full?");
}

Result<void> AviWriter::add(std::string_view jpeg) {
  const std::uint64_t padded = jpeg.size() + jpeg.size() % 2;
  const std::uint64_t index = (index_.size() + 1) * kIndexEntry;
  if (head().size() + written_ + kChunkHead + padded + kChunkHead + index > kMostBytes) {
    return fail(Errc::kOutOfRange, fmt::format("the film is longer than {} bytes", kMostBytes),
                file_.string(), "take fewer pictures, or smaller ones");
  }
  index_.push_back({static_cast<std::uint32_t>(written_), static_cast<std::uint32_t>(jpeg.size())});
  largest_ = std::max(largest_, static_cast<std::uint32_t>(jpeg.size()));
  std::string bytes = chunk("00dc", jpeg);
  if (jpeg.size() % 2 == 1) {
    bytes.push_back('\0');
  }
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  written_ += kChunkHead + padded;
  return check();
}

std::string AviWriter::head() const {
  const auto frames = static_cast<std::uint32_t>(index_.size());
  std::string main_header;  // avih
  for (const std::uint32_t value :
       {kUsPerS / frames_per_s_, largest_ * frames_per_s_, std::uint32_t{0}, kHasIndex, frames,
        std::uint32_t{0}, std::uint32_t{1}, largest_, size_.width, size_.height, std::uint32_t{0},
        std::uint32_t{0}, std::uint32_t{0}, std::uint32_t{0}}) {
    put(main_header, value);
  }
  std::string stream_header = "vidsMJPG";  // strh
  for (const std::uint32_t value :
       {std::uint32_t{0}, std::uint32_t{0}, std::uint32_t{0}, std::uint32_t{1}, frames_per_s_,
        std::uint32_t{0}, frames, largest_, ~std::uint32_t{0}, std::uint32_t{0}}) {
    put(stream_header, value);
  }
  for (const std::uint32_t value :
       {std::uint32_t{0}, std::uint32_t{0}, size_.width, size_.height}) {
    put16(stream_header, value);
  }
  std::string format;  // strf: BITMAPINFOHEADER
  constexpr std::uint32_t kFormatBytes = 40;
  put(format, kFormatBytes);
  put(format, size_.width);
  put(format, size_.height);
  put16(format, 1);
  put16(format, kBitsPerPixel);
  put(format, std::string_view("MJPG"));
  put(format, size_.width * size_.height * kBytesPerPixel);
  for (int i = 0; i < 4; ++i) {
    put(format, std::uint32_t{0});
  }
  const std::string stream =
      chunk("LIST", "strl" + chunk("strh", stream_header) + chunk("strf", format));
  const std::string headers = chunk("LIST", "hdrl" + chunk("avih", main_header) + stream);
  const std::uint64_t index = kChunkHead + index_.size() * kIndexEntry;
  std::string out = "RIFF";
  put(out, static_cast<std::uint32_t>(4 + headers.size() + kChunkHead + written_ + index));
  out += "AVI " + headers + "LIST";
  put(out, static_cast<std::uint32_t>(written_));
  return out + "movi";
}

Result<void> AviWriter::finish() {
  std::string entries;
  for (const Entry& entry : index_) {
    put(entries, std::string_view("00dc"));
    put(entries, entry.bytes > 0 ? kKeyFrame : 0);
    put(entries, entry.offset);
    put(entries, entry.bytes);
  }
  const std::string index = chunk("idx1", entries);
  out_.write(index.data(), static_cast<std::streamsize>(index.size()));
  out_.seekp(0);
  const std::string true_head = head();
  out_.write(true_head.data(), static_cast<std::streamsize>(true_head.size()));
  out_.close();
  return check();
}

}  // namespace stepcast::timelapse
