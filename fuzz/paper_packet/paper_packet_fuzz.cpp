#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stepcast/wire/paper_packet.hpp"

// Whatever is accepted must be written again byte for byte: one packet has one form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast::wire;
  std::vector<std::uint8_t> datagram(data, data + size);
  if (datagram.size() >= kPaperHeaderSize && (datagram.size() & 1U) != 0) {
    // Half of the inputs get a right CRC, or hardly any would come past it.
    put_u32(&datagram[24], crc32c(std::span(datagram).subspan(kPaperHeaderSize),
                                  crc32c(std::span(datagram).first(kPaperHeaderSize - 4))));
  }
  PaperPacket packet;
  if (decode(datagram, packet) != DecodeStatus::kOk) {
    return 0;
  }
  std::vector<std::uint8_t> again(kPaperMaxDatagram);
  again.resize(encode(packet, again));
  if (again != datagram) {
    std::abort();
  }
  return 0;
}
