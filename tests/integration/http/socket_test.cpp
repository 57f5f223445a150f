#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.hpp"

namespace stepcast::http {
namespace {

struct Frame {
  int opcode = -1;  ///< -1: the connection ended.
  std::string payload;
};

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;

std::string frame_of(int opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    frame.push_back(static_cast<char>(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8) {
      frame.push_back(static_cast<char>((payload.size() >> shift) & 0xFF));
    }
  }
  frame += std::string_view("\0\0\0\0", 4);  // a mask that changes nothing
  frame += payload;
  return frame;
}

Frame read_frame(RawClient& client) {
  const std::string head = client.take(2);
  if (head.size() < 2) {
    return {};
  }
  Frame frame{.opcode = head[0] & 0x0F, .payload = {}};
  std::size_t size = static_cast<unsigned char>(head[1]);
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (more > 0) {
    size = 0;
    for (const char c : client.take(more)) {
      size = size << 8 | static_cast<unsigned char>(c);
    }
  }
  frame.payload = client.take(size);
  return frame;
}

// What the handlers of a test saw.
struct SocketLog {
  std::mutex mutex;
  std::shared_ptr<SocketWriter> writer;
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<int> destroyed{0};
};

class EchoHandler final : public SocketHandler {
 public:
  explicit EchoHandler(SocketLog& log) : log_(log) {}
  EchoHandler(const EchoHandler&) = delete;
  EchoHandler& operator=(const EchoHandler&) = delete;
  EchoHandler(EchoHandler&&) = delete;
  EchoHandler& operator=(EchoHandler&&) = delete;
  ~EchoHandler() override { ++log_.destroyed; }

  void opened(std::shared_ptr<SocketWriter> writer) override {
    writer_ = writer;
    const std::lock_guard lock(log_.mutex);
    log_.writer = std::move(writer);
    ++log_.opened;
  }
  void received(std::string_view message, bool binary) override {
    if (message == "close") {
      writer_->close(4000, "as you wish");
    } else if (message == "throw") {
      throw std::runtime_error("handler");
    } else if (binary) {
      writer_->send_binary(std::string(message));
    } else {
      writer_->send_text(std::string(message));
    }
  }
  void closed() override { ++log_.closed; }

 private:
  SocketLog& log_;
  std::shared_ptr<SocketWriter> writer_;
};

class SocketTest : public testing::Test {
 protected:
  void start(Server::Options options = {}) {
    Router router;
    Route route;
    route.pattern = "/socket";
    route.socket = [this](Request& request) -> Result<std::unique_ptr<SocketHandler>> {
      if (request.find_query("deny")) {
        return fail(Errc::kDenied, "not you");
      }
      return std::make_unique<EchoHandler>(log_);
    };
    router.add(std::move(route));
    server_ = start_server(std::move(router), std::move(options));
  }
  RawClient open(int receive_buffer = 0) {
    RawClient client(server_->port(), receive_buffer);
    client.send(kOpen);
    const auto answer = client.read();
    EXPECT_EQ(answer.status, 101);
    // The example of RFC 6455.
    EXPECT_EQ(answer.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_TRUE(eventually([&] { return log_.opened > 0; }));
    return client;
  }
  std::shared_ptr<SocketWriter> writer() {
    const std::lock_guard lock(log_.mutex);
    return log_.writer;
  }

  static constexpr std::string_view kOpen =
      "GET /socket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

  SocketLog log_;
  std::unique_ptr<Server> server_;
};

TEST_F(SocketTest, CarriesTextAndBytesBothWays) {
  start();
  RawClient client = open();
  client.send(frame_of(kText, "hello"));
  Frame frame = read_frame(client);
  EXPECT_EQ(frame.opcode, kText);
  EXPECT_EQ(frame.payload, "hello");
  const std::string bytes(200'000, '\xff');
  client.send(frame_of(kBinary, bytes));
  frame = read_frame(client);
  EXPECT_EQ(frame.opcode, kBinary);
  EXPECT_EQ(frame.payload, bytes);
}

TEST_F(SocketTest, ClosesWithCodeAndReason) {
  start();
  RawClient client = open();
  client.send(frame_of(kText, "close"));
  const Frame frame = read_frame(client);
  EXPECT_EQ(frame.opcode, kClose);
  EXPECT_EQ(frame.payload,
            "\x0F\xA0"
            "as you wish");
  client.send(frame_of(kClose, "\x0F\xA0"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return log_.closed == 1 && log_.destroyed == 1; }));
}

TEST_F(SocketTest, TellsTheHandlerThatTheClientHasGone) {
  start();
  RawClient orderly = open();
  orderly.send(frame_of(kClose, "\x03\xE8"));
  EXPECT_TRUE(eventually([&] { return log_.closed == 1; }));
  RawClient abrupt = open();
  abrupt.reset();
  EXPECT_TRUE(eventually([&] { return log_.closed == 2; }));
}

TEST_F(SocketTest, RefusesLongMessages) {
  start();
  RawClient client = open();
  client.send(frame_of(kText, std::string((1 << 20) + 1, 'x')));
  EXPECT_EQ(read_frame(client).payload.substr(0, 2), "\x03\xF1");  // 1009
  EXPECT_TRUE(eventually([&] { return log_.closed == 1; }));
}

TEST_F(SocketTest, RefusesTextThatIsNotUtf8) {
  start();
  RawClient client = open();
  client.send(frame_of(kText, "\xff\xfe"));
  EXPECT_EQ(read_frame(client).payload.substr(0, 2), "\x03\xEF");  // 1007
}

TEST_F(SocketTest, RefusesRequestsThatAreNoUpgrades) {
  start();
  RawClient client(server_->port());
  EXPECT_EQ(client.get("/socket").status, 426);
  std::string denied(kOpen);
  denied.replace(denied.find("/socket"), 7, "/socket?deny");
  EXPECT_EQ(client.ask(denied).status, 403);
  EXPECT_EQ(log_.opened, 0);
}

TEST_F(SocketTest, EndsTheClientOfAHandlerThatThrows) {
  start();
  RawClient client = open();
  client.send(frame_of(kText, "throw"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return log_.closed == 1; }));
}

TEST_F(SocketTest, DropsAClientThatLetsEventsWait) {
  start({.max_queued_bytes = 200'000});
  RawClient client = open(4096);
  const auto out = writer();
  for (int i = 0; i < 100'000 && log_.closed == 0; ++i) {
    out->send_text(std::string(10'000, 'x'));
  }
  EXPECT_TRUE(eventually([&] { return log_.closed == 1; }));
}

TEST_F(SocketTest, SendsASlowClientTheLatestOfEachTopic) {
  start({.max_queued_bytes = 200'000});
  RawClient client = open(4096);
  const auto out = writer();
  // Far more than the limit and the sockets hold: the ones between are left out.
  constexpr int kLast = 20'000;
  for (int i = 0; i <= kLast; ++i) {
    out->send_latest(1, std::to_string(i) + std::string(5'000, ' '), false);
    out->send_latest(2, std::to_string(-i), true);
  }
  int last_text = -1;
  int last_binary = 1;
  int frames = 0;
  while (last_text != kLast || last_binary != -kLast) {
    const Frame frame = read_frame(client);
    ASSERT_NE(frame.opcode, -1);
    (frame.opcode == kText ? last_text : last_binary) = std::atoi(frame.payload.c_str());
    ++frames;
  }
  EXPECT_LT(frames, 2 * kLast);
  EXPECT_EQ(log_.closed, 0);
}

TEST_F(SocketTest, PingsSilentClientsAndDropsTheDead) {
  start({.idle_timeout = milliseconds(200)});
  RawClient client = open();
  EXPECT_EQ(read_frame(client).opcode, kPing);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return log_.closed == 1; }));
}

TEST_F(SocketTest, SaysGoodByeWhenTheServerStops) {
  start();
  RawClient client = open();
  const auto out = writer();
  std::thread stopping([&] { server_->stop(milliseconds(5000)); });
  const Frame frame = read_frame(client);
  EXPECT_EQ(frame.opcode, kClose);
  EXPECT_EQ(frame.payload.substr(0, 2), "\x03\xE9");  // 1001
  client.send(frame_of(kClose, "\x03\xE9"));
  stopping.join();
  EXPECT_EQ(log_.closed, 1);
  server_.reset();
  out->send_text("the writer outlives its server");
}

TEST_F(SocketTest, TakesMessagesOfManyThreads) {
  start();
  RawClient client = open();
  const auto out = writer();
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int message = 0; message < kEach; ++message) {
        out->send_text("x");
      }
    });
  }
  for (int i = 0; i < kThreads * kEach; ++i) {
    ASSERT_EQ(read_frame(client).payload, "x");
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace stepcast::http
