// Against our own server on real sockets.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/outbound/client.hpp"

#include "test_server.hpp"
#include "tls_files.hpp"

namespace stepcast::outbound {
namespace {

using http::handler;
using http::Method;
using http::Response;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

/// Answers with what it was asked.
Response echo(http::Request& request) {
  Response response = Response::text(std::string(request.headers.find("x-ask").value_or("none")) +
                                     " | " + request.target + " | " + request.body);
  response.headers.set("X-Answer", "  spaced  ");
  return response;
}

/// Keeps the parts of an upload as text.
class KeepingSink final : public http::UploadSink {
 public:
  Result<void> begin(const http::Part& part) override {
    text_ += "[" + part.name + "|" + part.file_name + "|" + part.content_type + "|";
    return {};
  }
  Result<void> write(std::span<const char> bytes) override {
    text_.append(bytes.data(), bytes.size());
    return {};
  }
  Result<void> end() override {
    text_ += "]";
    return {};
  }
  Response finish() override { return Response::text(text_, 201); }

 private:
  std::string text_;
};

class Ask : public ::testing::Test {
 protected:
  void start(http::Server::Options options = {}) {
    http::Router router;
    for (const auto method : {Method::kGet, Method::kPost, Method::kPut, Method::kDelete}) {
      router.add(handler(method, "/echo", &echo));
    }
    router.add(handler(Method::kGet, "/away", [](http::Request&) {
      Response response = Response::empty(302);
      response.headers.set("Location", "/echo");
      return response;
    }));
    router.add(handler(Method::kGet, "/long",
                       [](http::Request&) { return Response::text(std::string(10'000, 'x')); }));
    // Begins to answer and never ends.
    router.add(handler(Method::kGet, "/stuck", [this](http::Request&) {
      Response response;
      response.stream = [this](std::shared_ptr<http::ByteStream> stream) {
        stream->write("a");
        const std::lock_guard lock(mutex_);
        stuck_ = std::move(stream);
      };
      return response;
    }));
    http::Route upload;
    upload.method = Method::kPost;
    upload.pattern = "/upload";
    upload.max_body = std::size_t{64} << 20;
    upload.upload = [](http::Request&) -> Result<std::unique_ptr<http::UploadSink>> {
      return std::make_unique<KeepingSink>();
    };
    router.add(std::move(upload));
    const bool tls = options.tls.has_value();
    server_ = http::start_server(std::move(router), std::move(options));
    ASSERT_NE(server_, nullptr);
    base_ = std::string(tls ? "https" : "http") + "://localhost:" + std::to_string(server_->port());
  }

  std::mutex mutex_;
  std::shared_ptr<http::ByteStream> stuck_;  // by mutex_
  std::unique_ptr<http::Server> server_;
  std::string base_;
};

TEST_F(Ask, SendsMethodHeadersAndBody) {
  start();
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    const auto answer = ask({.method = method,
                             .url = base_ + "/echo?a=1",
                             .headers = {{"X-Ask", "hello"}, {"Content-Type", "text/plain"}},
                             .body = "the body"});
    ASSERT_TRUE(answer) << method << ": " << answer.error().to_string();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello | /echo?a=1 | the body") << method;
    EXPECT_THAT(answer->headers, Contains(Pair("x-answer", "spaced")));
  }
}

TEST_F(Ask, PostsNothingAsABodyOfLengthZero) {
  start();
  const auto answer = ask({.method = "POST", .url = base_ + "/echo"});
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "none | /echo | ");
}

TEST_F(Ask, RefusalsAndRedirectionsAreAnswers) {
  start();
  const auto absent = ask({.url = base_ + "/absent"});
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->status, 404);
  const auto away = ask({.url = base_ + "/away"});
  ASSERT_TRUE(away);
  EXPECT_EQ(away->status, 302);
  EXPECT_THAT(away->headers, Contains(Pair("location", "/echo")));
}

TEST_F(Ask, StreamsPartsFromDisk) {
  start();
  const auto file = std::filesystem::path(::testing::TempDir()) /
                    ("stepcast_part_" + std::to_string(::getpid()) + ".gcode");
  std::string content(3 << 20, 'G');
  content += "\0end";
  std::ofstream(file, std::ios::binary) << content;
  const auto answer = ask({.method = "POST",
                           .url = base_ + "/upload",
                           .parts = {{.name = "print", .value = "true"},
                                     {.name = "file",
                                      .file = file,
                                      .file_name = "T\u00fcr 1.gcode",
                                      .content_type = "text/x-gcode"}},
                           .timeout = std::chrono::milliseconds(0)});
  std::filesystem::remove(file);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, 201);
  EXPECT_TRUE(answer->body == "[print|||true][file|T\u00fcr 1.gcode|text/x-gcode|" + content + "]")
      << answer->body.substr(0, 100);
}

TEST_F(Ask, RefusesAPartWhoseFileIsNotThere) {
  start();
  const auto answer = ask({.method = "POST",
                           .url = base_ + "/upload",
                           .parts = {{.name = "file", .file = "/nowhere/a.gcode"}}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kNotFound);
  EXPECT_EQ(answer.error().location, "/nowhere/a.gcode");
}

TEST_F(Ask, RefusesAnswersAboveTheLimit) {
  start();
  const auto within = ask({.url = base_ + "/long", .max_answer = 10'000});
  ASSERT_TRUE(within);
  EXPECT_EQ(within->body.size(), 10'000U);
  const auto above = ask({.url = base_ + "/long", .max_answer = 9'999});
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code, Errc::kFull);
}

TEST_F(Ask, GivesUpOnAnAnswerThatNeverEnds) {
  start();
  const auto whole = ask({.url = base_ + "/stuck", .timeout = std::chrono::milliseconds(100)});
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Errc::kNetwork);
  const auto quiet = ask({.url = base_ + "/stuck",
                          .connect_timeout = std::chrono::milliseconds(1'000),
                          .timeout = std::chrono::milliseconds(0)});
  ASSERT_FALSE(quiet);
  EXPECT_EQ(quiet.error().code, Errc::kNetwork);
}

TEST_F(Ask, BreaksOffWhenToldTo) {
  start();
  std::stop_source stop;
  Result<Answer> answer = fail(Errc::kFault, "not asked yet");
  {
    const std::jthread asks([&] {
      answer = ask({.url = base_ + "/stuck",
                    .timeout = std::chrono::milliseconds(60'000),
                    .stop = stop.get_token()});
    });
    ASSERT_TRUE(http::eventually([this] {
      const std::lock_guard lock(mutex_);
      return stuck_ != nullptr;
    }));
    stop.request_stop();
  }
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kInterrupted);
}

TEST_F(Ask, TrustsOnlyTheAuthoritiesThatItIsGiven) {
  const http::TlsFiles files;
  start({.tls = http::Server::Tls{.certificate_chain = files.certificate(),
                                  .private_key = files.key()}});
  const auto unknown = ask({.url = base_ + "/echo"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::kNetwork);
  EXPECT_THAT(unknown.error().message, HasSubstr("certificate"));
  const auto trusted = ask({.url = base_ + "/echo", .authorities = files.certificate()});
  ASSERT_TRUE(trusted) << trusted.error().to_string();
  EXPECT_EQ(trusted->body, "none | /echo | ");
}

TEST_F(Ask, SaysWhoDoesNotAnswerAndNothingSecret) {
  start();
  server_->stop(std::chrono::milliseconds(0));
  const auto answer = ask({.url = base_ + "/bot123:token/send?key=hidden"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kNetwork);
  EXPECT_THAT(answer.error().to_string(), HasSubstr("localhost:" + base_.substr(17)));
  EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("token")));
  EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("hidden")));
}

TEST_F(Ask, RefusesWhatIsNoRequest) {
  start();
  const std::vector<Request> requests = {
      {.url = ""},
      {.url = "file:///etc/passwd"},
      {.url = "ftp://localhost/"},
      {.url = "http://local host/"},
      {.method = "GET /x HTTP/1.1\r\n", .url = base_ + "/echo"},
      {.url = base_ + "/echo", .headers = {{"X-Ask", "a\r\nX-Other: b"}}},
      {.url = base_ + "/echo", .headers = {{"X: Ask", "a"}}}};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto answer = ask(requests[i]);
    ASSERT_FALSE(answer) << i;
    EXPECT_EQ(answer.error().code, Errc::kInvalidArgument) << i;
  }
}

}  // namespace
}  // namespace stepcast::outbound
