#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stepcast/wire/paper_ack.hpp"
#include "stepcast/wire/paper_packet.hpp"

// protocol/vectors: written by an independent program, read by every implementation.
namespace stepcast::wire {
namespace {

using nlohmann::json;
const std::filesystem::path kVectors =
    std::filesystem::path(STEPCAST_SOURCE_DIR) / "protocol/vectors";

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kVectors)) {
    if (entry.path().extension() == ".json") {
      found.push_back(entry.path().stem().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string status_name(DecodeStatus status) {
  constexpr std::array kNames{"ok",       "too_short", "magic", "version", "type",
                              "reserved", "length",    "crc",   "value"};
  return kNames.at(static_cast<std::size_t>(status));
}

std::uint64_t u64(const json& text) {
  return std::stoull(text.get<std::string>());
}

class Vectors : public ::testing::TestWithParam<std::string> {
 protected:
  Vectors() {
    std::ifstream bin(kVectors / (GetParam() + ".bin"), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(bin), {});
    fields_ = json::parse(std::ifstream(kVectors / (GetParam() + ".json")));
  }

  void check_packet() {
    PaperPacket packet;
    ASSERT_EQ(status_name(decode(bytes_, packet)), fields_["status"]);
    if (fields_["status"] != "ok") {
      return;
    }
    EXPECT_EQ(packet.type, fields_["type"] == "data" ? PaperType::kData : PaperType::kProbe);
    EXPECT_EQ(packet.session, u64(fields_["session"]));
    EXPECT_EQ(packet.number, fields_["number"].get<std::uint32_t>());
    EXPECT_EQ(packet.end, fields_["end"].get<bool>());
    EXPECT_EQ(packet.attempt, fields_["attempt"].get<std::uint8_t>());
    EXPECT_EQ(std::vector<std::uint8_t>(packet.ticks.begin(), packet.ticks.end()),
              fields_["ticks"].get<std::vector<std::uint8_t>>());
    std::vector<std::uint8_t> again(kPaperMaxDatagram);
    again.resize(encode(packet, again));
    EXPECT_EQ(again, bytes_);
  }

  void check_ack() {
    PaperAck ack;
    ASSERT_EQ(status_name(decode(bytes_, ack)), fields_["status"]);
    if (fields_["status"] != "ok") {
      return;
    }
    const PaperAck expected{
        .state = static_cast<DeviceState>(fields_["state"].get<int>()),
        .prompt = fields_["prompt"].get<bool>(),
        .session = u64(fields_["session"]),
        .ack_number = fields_["number"].get<std::uint32_t>(),
        .batch_base = fields_["base"].get<std::uint32_t>(),
        .bitmap = fields_["bitmap"].get<std::uint16_t>(),
        .fill = fields_["fill"].get<std::uint16_t>(),
        .consumed = fields_["consumed"].get<std::uint32_t>(),
        .pauses = fields_["pauses"].get<std::uint32_t>(),
        .echo_number = fields_["echo"].get<std::uint32_t>(),
        .echo_attempt = fields_["attempt"].get<std::uint8_t>(),
        .executed = u64(fields_["executed"]),
        .positions = fields_["positions"].get<std::array<std::int32_t, kMotorCount>>()};
    EXPECT_EQ(ack, expected);
    std::array<std::uint8_t, kPaperAckSize> again{};
    encode(ack, again);
    EXPECT_TRUE(std::equal(again.begin(), again.end(), bytes_.begin(), bytes_.end()));
  }

  std::vector<std::uint8_t> bytes_;
  json fields_;
};

TEST_P(Vectors, AreReadAsTheirDescriptionSays) {
  if (fields_["kind"] == "packet") {
    check_packet();
  } else {
    ASSERT_EQ(fields_["kind"], "ack");
    check_ack();
  }
}

INSTANTIATE_TEST_SUITE_P(Protocol, Vectors, ::testing::ValuesIn(names()),
                         [](const auto& param) { return param.param; });

TEST(VectorFolder, HoldsEveryStatus) {
  std::vector<std::string> seen;
  for (const std::string& name : names()) {
    seen.push_back(json::parse(std::ifstream(kVectors / (name + ".json")))["status"]);
  }
  for (int status = 0; status <= static_cast<int>(DecodeStatus::kValue); ++status) {
    const std::string name = status_name(static_cast<DecodeStatus>(status));
    EXPECT_NE(std::find(seen.begin(), seen.end(), name), seen.end()) << name;
  }
}

}  // namespace
}  // namespace stepcast::wire
