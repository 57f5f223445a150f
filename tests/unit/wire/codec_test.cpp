#include <array>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/wire/crc32c.hpp"
#include "stepcast/wire/paper_ack.hpp"
#include "stepcast/wire/paper_packet.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::wire {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Crc32c, MatchesThePublishedCheckValue) {
  EXPECT_EQ(crc32c(bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, RunsOverPieces) {
  EXPECT_EQ(crc32c(bytes("6789"), crc32c(bytes("12345"))), 0xE3069283U);
}

TEST(TickByte, ReadsBackWhatItWrites) {
  for (std::size_t motor = 0; motor < kMotorCount; ++motor) {
    for (const int delta : {-1, 0, 1}) {
      const std::uint8_t tick = tick_bits(motor, delta);
      for (std::size_t other = 0; other < kMotorCount; ++other) {
        EXPECT_EQ(tick_delta(tick, other), other == motor ? delta : 0);
      }
    }
  }
}

TEST(TickByte, IgnoresTheDirectionOfAMotorAtRest) {
  EXPECT_EQ(tick_delta(direction_bit(2), 2), 0);
}

std::vector<std::uint8_t> full_packet() {
  static const std::vector<std::uint8_t> ticks(kPaperTicksPerPacket, 0x11);
  std::vector<std::uint8_t> datagram(kPaperMaxDatagram);
  datagram.resize(encode(PaperPacket{.session = 1, .number = 2, .ticks = ticks}, datagram));
  return datagram;
}

TEST(PaperPacket, NoticesEverySingleWrongBit) {
  auto datagram = full_packet();
  for (std::size_t byte = 0; byte < datagram.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      datagram[byte] = static_cast<std::uint8_t>(datagram[byte] ^ (1U << bit));
      PaperPacket packet;
      ASSERT_NE(decode(datagram, packet), DecodeStatus::kOk) << byte << ':' << bit;
      datagram[byte] = static_cast<std::uint8_t>(datagram[byte] ^ (1U << bit));
    }
  }
}

TEST(PaperPacket, NoticesEveryTruncationAndExtension) {
  auto datagram = full_packet();
  PaperPacket packet;
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    ASSERT_NE(decode(std::span(datagram).first(size), packet), DecodeStatus::kOk) << size;
  }
  for (int extra = 0; extra < 300; ++extra) {
    datagram.push_back(0);
    ASSERT_NE(decode(datagram, packet), DecodeStatus::kOk);
  }
}

TEST(PaperPacket, LeavesTheResultAloneWhenItFails) {
  PaperPacket packet{.number = 77};
  const auto datagram = full_packet();
  EXPECT_EQ(decode(std::span(datagram).first(100), packet), DecodeStatus::kLength);
  EXPECT_EQ(packet.number, 77U);
}

TEST(PaperPacket, IsNotWrittenWhenTheProtocolForbidsIt) {
  std::vector<std::uint8_t> out(kPaperMaxDatagram + 100, 0xEE);
  const std::vector<std::uint8_t> ticks(kPaperTicksPerPacket + 1, 0x11);
  const auto all = std::span(ticks);
  EXPECT_EQ(encode(PaperPacket{.ticks = all.first(3)}, out), 0U);
  EXPECT_EQ(encode(PaperPacket{.end = true, .ticks = all}, out), 0U);
  EXPECT_EQ(encode(PaperPacket{.type = PaperType::kAck}, out), 0U);
  EXPECT_EQ(encode(PaperPacket{.type = PaperType::kProbe, .ticks = all.first(1)}, out), 0U);
  EXPECT_EQ(encode(PaperPacket{.end = true, .ticks = all.first(3)},
                   std::span(out).first(kPaperHeaderSize + 2)),
            0U);
  EXPECT_EQ(out[0], 0xEE);
}

TEST(PaperAck, NoticesEverySingleWrongBit) {
  std::array<std::uint8_t, kPaperAckSize> datagram{};
  encode(PaperAck{.state = DeviceState::kRunning, .session = 3, .positions = {1, -2, 3, -4}},
         datagram);
  for (std::size_t byte = 0; byte < datagram.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      datagram[byte] = static_cast<std::uint8_t>(datagram[byte] ^ (1U << bit));
      PaperAck ack;
      ASSERT_NE(decode(datagram, ack), DecodeStatus::kOk) << byte << ':' << bit;
      datagram[byte] = static_cast<std::uint8_t>(datagram[byte] ^ (1U << bit));
    }
  }
}

TEST(DeviceState, HasANameForEveryValue) {
  for (std::size_t state = 0; state < kDeviceStateCount; ++state) {
    EXPECT_NE(state_name(static_cast<DeviceState>(state)), "unknown");
  }
  EXPECT_EQ(state_name(static_cast<DeviceState>(kDeviceStateCount)), "unknown");
}

}  // namespace
}  // namespace stepcast::wire
