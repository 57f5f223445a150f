#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "stepcast/stream/paper_sender.hpp"

namespace {

/// Motion without end.
class Endless final : public stepcast::stepgen::TickSource {
 public:
  stepcast::Result<std::size_t> read(std::span<std::uint8_t> ticks) override {
    return ticks.size();
  }
};

}  // namespace

// A sender whose device lies: it never sends beyond the FIFO that the newest credible word left it,
// and never more than its pace.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast;
  Endless source;
  stream::PaperSender sender(source, {.session = 5});
  stream::HostTime now{};
  std::array<std::uint8_t, wire::kPaperMaxDatagram> out{};
  std::uint32_t ack_number = 0;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const wire::PaperAck ack{
        .state = static_cast<wire::DeviceState>(data[i] % 9),
        .prompt = (data[i] & 0x80U) != 0,
        .session = 5,
        .ack_number = ack_number += data[i + 1] % 3,
        .batch_base = static_cast<std::uint32_t>(10U * (data[i + 2] % 64U)),
        .bitmap = static_cast<std::uint16_t>(data[i + 3] * 4U),
        .consumed = static_cast<std::uint32_t>(data[i + 4]) * (data[i + 5] % 4U),
        .echo_number = data[i + 6],
        .echo_attempt = data[i + 7]};
    std::array<std::uint8_t, wire::kPaperAckSize> bytes{};
    wire::encode(ack, bytes);
    sender.on_datagram(bytes, now);
    sender.on_datagram(std::span(data + i, 8), now);
    now += std::chrono::microseconds(data[i + 1] * 200);
    int burst = 0;
    while (sender.poll(now, out) != 0) {
      wire::PaperPacket packet;
      if (wire::decode(out, packet) == wire::DecodeStatus::kOk && ++burst > 4) {
        std::abort();
      }
    }
  }
  return 0;
}
