#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stepcast/wire/paper_ack.hpp"

// Whatever is accepted must be written again byte for byte: one acknowledgement has one form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast::wire;
  std::vector<std::uint8_t> datagram(data, data + size);
  if (datagram.size() == kPaperAckSize && (datagram[0] | 1U) == 'S') {
    datagram[0] = 'S';
    put_u32(&datagram[68], crc32c(std::span(datagram).first(kPaperAckSize - 4)));
  }
  PaperAck ack;
  if (decode(datagram, ack) != DecodeStatus::kOk) {
    return 0;
  }
  std::array<std::uint8_t, kPaperAckSize> again{};
  encode(ack, again);
  if (!std::equal(again.begin(), again.end(), datagram.begin(), datagram.end())) {
    std::abort();
  }
  return 0;
}
