#include "stepcast/stream/paper_sender.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/stream/endpoint.hpp"

#include "paper_rig.hpp"
#include "tick_sources.hpp"

namespace stepcast::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSession = 9;

/// A sender on a manual clock, and a device that says what the test wants.
struct Bench {
  explicit Bench(std::size_t ticks) : source(random_ticks(ticks)) {}

  std::optional<wire::PaperPacket> poll() {
    const std::size_t size = sender.poll(now, out);
    wire::PaperPacket packet;
    if (size == 0 || wire::decode(std::span(out).first(size), packet) != wire::DecodeStatus::kOk) {
      return std::nullopt;
    }
    return packet;
  }
  /// Everything that is sent within `time`.
  std::vector<wire::PaperPacket> poll_for(std::chrono::milliseconds time) {
    std::vector<wire::PaperPacket> sent;
    for (const auto end = now + time; now < end; now += 1ms) {
      while (const auto packet = poll()) {
        sent.push_back(*packet);
      }
    }
    return sent;
  }
  void acknowledge(wire::PaperAck ack) {
    ack.session = kSession;
    ack.ack_number = ++acks;
    deliver(ack);
  }
  void deliver(const wire::PaperAck& ack) {
    std::array<std::uint8_t, wire::kPaperAckSize> bytes{};
    wire::encode(ack, bytes);
    sender.on_datagram(bytes, now);
  }

  VectorSource source;
  stream::PaperSender sender{source, {.session = kSession}};
  stream::HostTime now{std::chrono::hours(1)};
  std::uint32_t acks = 0;
  std::array<std::uint8_t, wire::kPaperMaxDatagram> out{};
};

TEST(PaperSender, SendsAtMostFourDatagramsAtOnceAndOneEachMillisecond) {
  Bench bench(100'000);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(bench.poll());
  }
  EXPECT_FALSE(bench.poll());
  EXPECT_EQ(bench.sender.next_poll(), bench.now + 1ms);
  bench.now += 1ms;
  EXPECT_TRUE(bench.poll());
  EXPECT_FALSE(bench.poll());
}

TEST(PaperSender, WaitsForTheBatchBeforeTheNext) {
  Bench bench(100'000);
  EXPECT_EQ(bench.poll_for(50ms).size(), 10U);
  bench.acknowledge({.batch_base = 10, .fill = 10});
  const auto next = bench.poll_for(50ms);
  ASSERT_EQ(next.size(), 10U);
  EXPECT_EQ(next.front().number, 10U);
}

TEST(PaperSender, NeverSendsMoreThanTheFifoHolds) {
  Bench bench(300'000);
  std::uint32_t greatest = 0;
  for (std::uint32_t batch = 1; batch <= 12; ++batch) {
    for (const auto& packet : bench.poll_for(30ms)) {
      greatest = std::max(greatest, packet.number);
    }
    if (batch <= 10) {
      bench.acknowledge({.batch_base = 10 * batch, .fill = static_cast<std::uint16_t>(10 * batch)});
    }
  }
  EXPECT_EQ(greatest, 99U);
  bench.acknowledge({.batch_base = 100, .fill = 91, .consumed = 9});
  EXPECT_TRUE(bench.poll_for(30ms).empty()) << "a whole batch must fit";
  bench.acknowledge({.batch_base = 100, .fill = 90, .consumed = 10});
  EXPECT_EQ(bench.poll_for(30ms).size(), 10U);
}

TEST(PaperSender, RepeatsOnlyWhatIsMissing) {
  Bench bench(100'000);
  bench.poll_for(40ms);
  bench.acknowledge({.batch_base = 0, .bitmap = 0b11'1110'1111});
  const auto repeated = bench.poll_for(10ms);
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].number, 4U);
  EXPECT_EQ(repeated[0].attempt, 1U);
  EXPECT_EQ(bench.sender.statistics().retransmissions, 1U);
}

TEST(PaperSender, DoesNotRepeatWhatMayStillBeUnderWay) {
  Bench bench(100'000);
  bench.poll_for(7ms);  // the last one left at 6 ms
  bench.acknowledge({.batch_base = 0, .bitmap = 0b01'1111'1111});
  EXPECT_TRUE(bench.poll_for(5ms).empty());
}

TEST(PaperSender, AnswersSilenceWithQuestionsThatGetRarer) {
  Bench bench(100'000);
  bench.poll_for(10ms);
  const auto asked = bench.poll_for(10s);
  EXPECT_NEAR(static_cast<double>(asked.size()), 20, 2);
  for (const auto& packet : asked) {
    EXPECT_EQ(packet.type, wire::PaperType::kProbe);
  }
}

TEST(PaperSender, MarksTheLastPacketWhateverItsLength) {
  for (const std::size_t ticks : {0U, 1U, 1199U, 1200U, 1201U, 2400U}) {
    Bench bench(ticks);
    const auto sent = bench.poll_for(20ms);
    ASSERT_EQ(sent.size(), ticks == 0 ? 1 : (ticks + 1199) / 1200) << ticks;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(sent[i].end, i + 1 == sent.size()) << ticks;
    }
    EXPECT_EQ(bench.sender.statistics().ticks_sent, ticks);
  }
}

TEST(PaperSender, SendsNoEndWhenTheSourceBreaks) {
  Bench bench(100'000);
  bench.source.fail_after(3 * 1200);
  const auto sent = bench.poll_for(20ms);
  EXPECT_EQ(sent.size(), 3U);
  EXPECT_FALSE(sent.back().end);
  ASSERT_TRUE(bench.sender.source_error());
  EXPECT_FALSE(bench.sender.delivered());
  bench.acknowledge({.batch_base = 0, .bitmap = 0b111});
  EXPECT_TRUE(bench.sender.delivered());
  EXPECT_FALSE(bench.sender.finished());
}

TEST(PaperSender, MeasuresTheRoundTripOfOneCertainTransmission) {
  Bench bench(100'000);
  while (bench.poll()) {
  }
  bench.poll_for(30ms);
  bench.acknowledge({.batch_base = 0, .bitmap = 0b1111111110});
  bench.poll_for(40ms);  // number 0 again, attempt 1
  bench.acknowledge({.prompt = true, .batch_base = 10, .echo_number = 0, .echo_attempt = 0});
  EXPECT_EQ(bench.sender.statistics().rtt_max_ms, 0) << "the first attempt is not the latest";
  Bench other(100'000);
  other.poll_for(30ms);
  other.acknowledge({.prompt = true, .batch_base = 10, .echo_number = 0, .echo_attempt = 0});
  EXPECT_DOUBLE_EQ(other.sender.statistics().rtt_average_ms, 30);
}

TEST(PaperSender, RejectsWhatTheDeviceCannotHaveSaid) {
  Bench bench(100'000);
  bench.poll_for(3ms);  // six packets are out
  bench.acknowledge({.batch_base = 10});
  bench.acknowledge({.batch_base = 20});
  bench.acknowledge({.batch_base = 0, .bitmap = 0b11'0000'0000});
  bench.acknowledge({.batch_base = 0, .consumed = 50});
  bench.acknowledge({.batch_base = 0, .consumed = 0xFFFFFF00});
  wire::PaperAck forged{.batch_base = 0, .bitmap = 1};
  forged.session = kSession + 1;
  bench.deliver(forged);
  const std::array<std::uint8_t, 5> junk{1, 2, 3, 4, 5};
  bench.sender.on_datagram(junk, bench.now);
  EXPECT_EQ(bench.sender.statistics().rejected, 7U);
  EXPECT_EQ(bench.sender.statistics().acks, 0U);
}

TEST(PaperSender, IgnoresAcknowledgementsThatWereOvertaken) {
  Bench bench(100'000);
  bench.poll_for(20ms);
  wire::PaperAck newer{.session = kSession, .ack_number = 5, .batch_base = 10, .executed = 100};
  wire::PaperAck older{.session = kSession, .ack_number = 4, .batch_base = 10, .executed = 50};
  bench.deliver(newer);
  bench.deliver(older);
  EXPECT_EQ(bench.sender.statistics().executed, 100);
}

TEST(PaperStream, SurvivesTheWrapOfThePacketNumber) {
  const auto ticks = random_ticks(60 * 20'000);
  VectorSource source(ticks);
  PaperRig::Options options;
  options.device.first_packet = 0xFFFFFFFF - 123;
  options.down = {.loss = 0.05, .straggle = 0.1};
  PaperRig rig(source, options);
  ASSERT_TRUE(rig.run(2min));
  EXPECT_TRUE(rig.executed() == ticks);
}

TEST(PaperStream, PausesAndGoesOnWhenTheLinkIsCut) {
  const auto ticks = random_ticks(60 * 20'000);
  VectorSource source(ticks);
  PaperRig rig(source, {});
  rig.run_for(10s);
  rig.down().set_loss(1);
  rig.up().set_loss(1);
  rig.run_for(10s);
  EXPECT_EQ(rig.core().state(), wire::DeviceState::kPaused);
  rig.down().set_loss(0);
  rig.up().set_loss(0);
  ASSERT_TRUE(rig.run(2min));
  EXPECT_TRUE(rig.executed() == ticks) << "a pause loses no tick";
  EXPECT_EQ(rig.sender().statistics().pauses, 1U);
}

TEST(PaperStream, BridgesOneSecondWithoutALink) {
  VectorSource source(random_ticks(30 * 20'000));
  PaperRig rig(source, {});
  rig.run_for(10s);
  rig.down().set_loss(1);
  rig.run_for(1s);
  rig.down().set_loss(0);
  ASSERT_TRUE(rig.run(1min));
  EXPECT_EQ(rig.sender().statistics().pauses, 0U);
}

TEST(PaperStream, KeepsUpAcrossAnOcean) {
  VectorSource source(random_ticks(60 * 20'000));
  PaperRig::Options options;  // Sydney in the paper: 250 ms
  options.down.delay = options.up.delay = 125ms;
  PaperRig rig(source, options);
  ASSERT_TRUE(rig.run(2min));
  const auto statistics = rig.sender().statistics();
  EXPECT_EQ(statistics.pauses, 0U);
  EXPECT_EQ(statistics.retransmissions, 0U);
  EXPECT_NEAR(statistics.rtt_average_ms, 250, 3);
}

TEST(Endpoint, ReadsNamesAndAddresses) {
  EXPECT_EQ(stream::parse_endpoint("printer.local:9000")->host, "printer.local");
  EXPECT_EQ(stream::parse_endpoint("[::1]:9000")->host, "::1");
  EXPECT_EQ(stream::parse_endpoint("[::1]:9000")->to_string(), "[::1]:9000");
  EXPECT_EQ(stream::parse_endpoint("10.0.0.1:65535")->port, 65535);
  for (const char* text : {"", "host", ":9000", "host:", "host:0", "host:65536", "host:9x",
                           "::1:9000", "[]:1", "[::1]"}) {
    EXPECT_FALSE(stream::parse_endpoint(text)) << text;
  }
}

}  // namespace
}  // namespace stepcast::testing
