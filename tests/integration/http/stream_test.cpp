#include <string>

#include <gtest/gtest.h>

#include "test_server.hpp"

namespace stepcast::http {
namespace {

// Hands the stream of /stream to the test.
class StreamTest : public testing::Test {
 protected:
  void start(Server::Options options = {}) {
    Router router;
    router.add(handler(Method::kGet, "/stream", [this](Request&) {
      Response response = Response::text("");
      response.stream = [this](std::shared_ptr<ByteStream> stream) {
        const std::lock_guard lock(mutex_);
        stream_ = std::move(stream);
      };
      return response;
    }));
    server_ = start_server(std::move(router), std::move(options));
  }
  std::shared_ptr<ByteStream> stream() {
    std::shared_ptr<ByteStream> taken;
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock(mutex_);
      taken = std::exchange(stream_, nullptr);
      return taken != nullptr;
    }));
    return taken;
  }

  std::mutex mutex_;
  std::shared_ptr<ByteStream> stream_;
  std::unique_ptr<Server> server_;
};

TEST_F(StreamTest, SendsPiecesAsTheyCome) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  const auto head = client.read(true);
  EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
  const auto out = stream();
  for (const char* piece : {"one", "two", "three"}) {
    EXPECT_TRUE(out->write(piece));
    EXPECT_EQ(client.read_chunk(), piece);
  }
  EXPECT_TRUE(out->write(""));  // must not look like the end
  out->write("four");
  out->close();
  EXPECT_EQ(client.read_chunk(), "four");
  EXPECT_EQ(client.read_chunk(), "");
  EXPECT_FALSE(out->write("late"));
  EXPECT_EQ(client.get("/none").status, 404) << "the connection is kept";
}

TEST_F(StreamTest, EndsWhenNobodyHoldsIt) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  stream()->write("all");
  EXPECT_EQ(client.read().body, "all");
}

TEST_F(StreamTest, EndsOldClientsByTheEndOfTheConnection) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  stream()->write("all");
  EXPECT_EQ(client.read().body, "all");
}

TEST_F(StreamTest, TellsThatTheClientHasGone) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  client.read(true);
  const auto out = stream();
  EXPECT_TRUE(out->write("x"));
  client.disconnect();
  EXPECT_TRUE(eventually([&] { return !out->write("x"); }));
}

TEST_F(StreamTest, DropsAClientThatDoesNotRead) {
  start({.max_queued_bytes = 100'000});
  RawClient client(server_->port(), 4096);
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  const auto out = stream();
  std::size_t written = 0;
  constexpr std::size_t kMost = std::size_t{1} << 30;
  while (written < kMost && out->write(std::string(10'000, 'x'))) {
    written += 10'000;
  }
  EXPECT_LT(written, kMost);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(StreamTest, DropsAClientThatReadsNothingForTooLong) {
  start({.idle_timeout = milliseconds(200)});
  RawClient client(server_->port(), 4096);
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  const auto out = stream();
  // Fits into the queue, but not into the sockets.
  for (int i = 0; i < 3; ++i) {
    out->write(std::string(1'300'000, 'x'));
  }
  EXPECT_TRUE(eventually([&] { return !out->write("x"); }));
}

TEST_F(StreamTest, EndsWhenTheServerStops) {
  start();
  RawClient client(server_->port());
  client.send("GET /stream HTTP/1.1\r\n\r\n");
  client.read(true);
  const auto out = stream();
  server_->stop(milliseconds(5000));
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(out->write("x"));
  server_.reset();
  EXPECT_FALSE(out->write("x")) << "the stream outlives its server";
}

}  // namespace
}  // namespace stepcast::http
