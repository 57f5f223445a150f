#include "telemetry_frame.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace stepcast::server {
namespace {

constexpr std::uint8_t kTelemetryKind = 1;
constexpr std::uint8_t kVirtualMotors = 1;
constexpr std::uint8_t kExactProgress = 2;
constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kMostHeaters = 255;
constexpr std::size_t kMostHeaterName = 255;

class FrameWriter {
 public:
  template <class Unsigned>
  void put(Unsigned value) {
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      bytes_.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> (8U * i)) & 0xffU));
    }
  }
  void put_float(double value) { put(std::bit_cast<std::uint32_t>(static_cast<float>(value))); }
  template <class T>
  void put_quantity(const std::optional<T>& value) {
    put(std::bit_cast<std::uint32_t>(value ? static_cast<float>(value->v) : kNotKnown));
  }
  void put_maybe(const std::optional<double>& value) {
    put(std::bit_cast<std::uint32_t>(value ? static_cast<float>(*value) : kNotKnown));
  }
  void put_text(const std::string& text) {
    const std::size_t size = std::min(text.size(), kMostHeaterName);
    put(static_cast<std::uint8_t>(size));
    bytes_.append(text, 0, size);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace

std::string telemetry_frame(std::uint16_t printer, const printer::Status& status,
                            store::UnixMs at) {
  FrameWriter out;
  out.put(kTelemetryVersion);
  out.put(kTelemetryKind);
  out.put(printer);
  out.put(static_cast<std::uint32_t>(status.version));
  out.put(static_cast<std::uint64_t>(at));
  out.put(static_cast<std::uint8_t>(status.state));
  out.put(static_cast<std::uint8_t>((status.virtual_motors ? kVirtualMotors : 0) |
                                    (status.progress.exact ? kExactProgress : 0)));
  const std::size_t heaters = std::min(status.heaters.size(), kMostHeaters);
  out.put(static_cast<std::uint8_t>(heaters));
  out.put(std::uint8_t{0});
  out.put_float(status.progress.share);
  out.put_float(status.progress.elapsed.v);
  out.put_quantity(status.progress.left);
  for (const Axis axis : kAllAxes) {
    out.put_quantity(status.position[axis]);
  }
  out.put_float(status.feed_rate_factor);
  out.put_float(status.flow_factor);
  out.put_maybe(status.fan);
  out.put_float(status.z_offset.v);
  out.put(static_cast<std::uint32_t>(status.progress.layer.value_or(-1)));
  out.put_maybe(status.link ? std::optional(status.link->buffer_s) : std::nullopt);
  std::size_t written = 0;
  for (const auto& [name, heater] : status.heaters) {
    if (written++ == heaters) {
      break;
    }
    out.put_text(name);
    out.put_quantity(heater.actual);
    out.put_float(heater.target.v);
  }
  return out.take();
}

}  // namespace stepcast::server
