#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "test_server.hpp"

namespace stepcast::http {
namespace {

using testing::HasSubstr;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;
constexpr std::size_t kPlenty = 1024 * kMegabyte;

// Sanitizers keep freed memory for themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

std::size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

class UploadTest : public testing::Test {
 protected:
  void start(std::size_t room, std::size_t max_body, Server::Options options = {}) {
    Router router;
    router.add(upload_to(log_, room, max_body));
    server_ = start_server(std::move(router), std::move(options));
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  SinkLog log_;
  std::unique_ptr<Server> server_;
};

TEST_F(UploadTest, HandsTheFileToTheSink) {
  start(kPlenty, kPlenty);
  RawClient client(port());
  const auto answer = client.ask(upload_head(3) + kFileHead + "abc" + kFileTail);
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(answer.headers.at("location"), HasSubstr("api/"));
  EXPECT_EQ(log_.parts, 1);
  EXPECT_EQ(log_.bytes, 3U);
  EXPECT_EQ(log_.finished, 1);
  EXPECT_EQ(client.ask(upload_head(0) + kFileHead + kFileTail).status, 201) << "kept alive";
}

TEST_F(UploadTest, TakesAnyAmountInBoundedMemory) {
  start(kPlenty, kPlenty);
  constexpr std::size_t kPieces = 200;
  constexpr std::size_t kMostGrowth = 32 * kMegabyte;
  std::string piece(kMegabyte, '\0');
  std::size_t sum = 0;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    piece[i] = static_cast<char>(i * 31 + i / 256);
    sum += static_cast<unsigned char>(piece[i]);
  }
  RawClient client(port());
  const std::size_t before = peak_memory();
  client.send(upload_head(kPieces * piece.size()) + kFileHead);
  for (std::size_t i = 0; i < kPieces; ++i) {
    ASSERT_TRUE(client.send(piece));
  }
  client.send(kFileTail);
  EXPECT_EQ(client.read().status, 201);
  EXPECT_EQ(log_.bytes, kPieces * piece.size());
  EXPECT_EQ(log_.sum, kPieces * sum);
  if (kMemoryIsOurs) {
    EXPECT_LT(peak_memory() - before, kMostGrowth);
  }
}

TEST_F(UploadTest, ReadsChunkedUploads) {
  start(kPlenty, kPlenty);
  RawClient client(port());
  client.send(
      "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string body = kFileHead + std::string(3 * kMegabyte, 'x') + kFileTail;
  for (std::size_t at = 0; at < body.size(); at += 100'000) {
    const std::string chunk = body.substr(at, 100'000);
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
    client.send(size + chunk + "\r\n");
  }
  EXPECT_EQ(client.ask("0\r\n\r\n").status, 201);
  EXPECT_EQ(log_.bytes, 3 * kMegabyte);
}

TEST_F(UploadTest, DropsTheSinkWhenTheClientGoes) {
  start(kPlenty, kPlenty);
  for (const bool reset : {false, true}) {
    const int dropped = log_.dropped;
    RawClient client(port());
    client.send(upload_head(100 * kMegabyte) + kFileHead + std::string(3 * kMegabyte, 'x'));
    ASSERT_TRUE(eventually([&] { return log_.bytes > 0; }));
    reset ? client.reset() : client.disconnect();
    EXPECT_TRUE(eventually([&] { return log_.dropped == dropped + 1; }));
  }
  EXPECT_EQ(log_.finished, 0);
}

TEST_F(UploadTest, DropsTheSinkWhenTheBodyBreaksOff) {
  start(kPlenty, kPlenty);
  RawClient client(port());
  // As long as announced, but without its last boundary.
  const auto answer = client.ask(upload_head(0) + kFileHead + std::string(kFileTail.size(), 'x'));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("last boundary"));
  EXPECT_TRUE(eventually([&] { return log_.dropped == 1; }));
}

TEST_F(UploadTest, DropsTheSinkWhenTheClientStalls) {
  start(kPlenty, kPlenty, {.idle_timeout = milliseconds(100)});
  RawClient client(port());
  EXPECT_EQ(client.ask(upload_head(100) + kFileHead).status, 408);
  EXPECT_TRUE(eventually([&] { return log_.dropped == 1; }));
}

TEST_F(UploadTest, AnswersWhileTheClientStillSends) {
  start(kMegabyte, kPlenty);
  RawClient client(port());
  client.send(upload_head(8 * kMegabyte) + kFileHead);
  const std::string piece(kMegabyte, 'x');
  for (int i = 0; i < 8 && client.send(piece); ++i) {
  }
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 507);
  EXPECT_THAT(answer.body, HasSubstr("delete something"));
  EXPECT_TRUE(eventually([&] { return log_.dropped == 1; }));
}

TEST_F(UploadTest, RefusesWhatIsTooLargeBeforeItIsSent) {
  start(kPlenty, kMegabyte);
  RawClient client(port());
  const auto answer = client.ask(upload_head(2 * kMegabyte, "Expect: 100-continue\r\n"));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(log_.parts, 0);
}

TEST_F(UploadTest, RefusesChunkedBodiesThatGrowTooLarge) {
  start(kPlenty, kMegabyte);
  RawClient client(port());
  client.send(
      "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "40000\r\n" + std::string(0x40000, 'x') + "\r\n";
  for (int i = 0; i < 8 && client.send(chunk); ++i) {
  }
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(eventually([&] { return log_.dropped == 1; }));
}

TEST_F(UploadTest, AsksForTheBodyOnlyOnceItIsAllowed) {
  Server::Options options;
  options.before = [](Request& request, const Route&) -> std::optional<Response> {
    return request.headers.find("X-Api-Key") ? std::nullopt
                                             : std::optional(Response::text("no", 403));
  };
  start(kPlenty, kPlenty, std::move(options));
  {
    RawClient client(port());
    EXPECT_EQ(client.ask(upload_head(3, "Expect: 100-continue\r\n")).status, 403);
  }
  RawClient client(port());
  client.send(upload_head(3, "Expect: 100-continue\r\nX-Api-Key: k\r\n"));
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask(kFileHead + "abc" + kFileTail).status, 201);
}

TEST_F(UploadTest, TakesJsonInPlaceOfParts) {
  Router router;
  Route route = upload_to(log_, kPlenty, kPlenty);
  std::string body;
  route.upload = [&](Request& request) -> Result<std::unique_ptr<UploadSink>> {
    body = request.body;
    return std::make_unique<CountingSink>(log_, 0);
  };
  router.add(std::move(route));
  const auto server = start_server(std::move(router));
  RawClient client(server->port());
  EXPECT_EQ(client
                .ask("POST /upload HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
                     "2\r\n\r\n{}")
                .status,
            201);
  EXPECT_EQ(body, "{}");
  EXPECT_EQ(log_.parts, 0);
  EXPECT_EQ(client
                .ask("POST /upload HTTP/1.1\r\nContent-Type: text/x-gcode\r\nContent-Length: "
                     "2\r\n\r\nG1")
                .status,
            415);
}

TEST_F(UploadTest, TurnsTheErrorsOfTheRouteIntoAnswers) {
  Router router;
  Route route = upload_to(log_, kPlenty, kPlenty);
  route.upload = [](Request&) -> Result<std::unique_ptr<UploadSink>> {
    return fail(Errc::kBusy, "the file is being printed");
  };
  router.add(std::move(route));
  const auto server = start_server(std::move(router));
  RawClient client(server->port());
  const auto answer = client.ask(upload_head(3) + kFileHead + "abc" + kFileTail);
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body, HasSubstr("being printed"));
}

TEST_F(UploadTest, EndsUploadsWhenTheServerStops) {
  start(kPlenty, kPlenty);
  RawClient client(port());
  client.send(upload_head(100 * kMegabyte) + kFileHead + std::string(2 * kMegabyte, 'x'));
  ASSERT_TRUE(eventually([&] { return log_.bytes > 0; }));
  server_->stop(milliseconds(20));
  EXPECT_EQ(log_.dropped, 1);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(UploadTest, EndsUploadsThatWaitForTheirSinkWhenTheServerStops) {
  class SlowSink final : public UploadSink {
   public:
    explicit SlowSink(std::atomic<int>& writes) : writes_(writes) {}
    Result<void> begin(const Part& /*part*/) override { return {}; }
    Result<void> write(std::span<const char> /*bytes*/) override {
      ++writes_;
      std::this_thread::sleep_for(milliseconds(300));
      return {};
    }
    Result<void> end() override { return {}; }
    Response finish() override { return {}; }

   private:
    std::atomic<int>& writes_;
  };
  std::atomic<int> writes{0};
  Router router;
  Route route = upload_to(log_, kPlenty, kPlenty);
  route.upload = [&](Request&) -> Result<std::unique_ptr<UploadSink>> {
    return std::make_unique<SlowSink>(writes);
  };
  router.add(std::move(route));
  const auto server = start_server(std::move(router));
  RawClient client(server->port());
  client.send(upload_head(100 * kMegabyte) + kFileHead + std::string(2 * kMegabyte, 'x'));
  ASSERT_TRUE(eventually([&] { return writes > 0; }));
  server->stop(milliseconds(20));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(UploadTest, ServesManyAtTheSameTime) {
  start(kPlenty, kPlenty);
  constexpr int kClients = 8;
  std::vector<std::thread> clients;
  std::atomic<int> served{0};
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      RawClient client(port());
      for (int run = 0; run < 4; ++run) {
        const std::string file(kMegabyte + static_cast<std::size_t>(run), 'x');
        served += client.ask(upload_head(file.size()) + kFileHead + file + kFileTail).status == 201;
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(served, kClients * 4);
  EXPECT_EQ(log_.bytes, kClients * (4 * kMegabyte + 6));
}

}  // namespace
}  // namespace stepcast::http
