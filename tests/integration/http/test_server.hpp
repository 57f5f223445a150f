#pragma once

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "stepcast/http/server.hpp"

#include "http_client.hpp"

namespace stepcast::http {

using std::chrono::milliseconds;

/// What the sinks of a test saw. Threads: the members are atomic.
struct SinkLog {
  std::atomic<std::size_t> bytes{0};
  std::atomic<std::size_t> sum{0};
  std::atomic<int> parts{0};
  std::atomic<int> finished{0};
  std::atomic<int> dropped{0};
};

/// Counts and adds up; fails when told so.
class CountingSink final : public UploadSink {
 public:
  CountingSink(SinkLog& log, std::size_t room) : log_(log), room_(room) {}
  CountingSink(const CountingSink&) = delete;
  CountingSink& operator=(const CountingSink&) = delete;
  CountingSink(CountingSink&&) = delete;
  CountingSink& operator=(CountingSink&&) = delete;
  ~CountingSink() override { finished_ ? ++log_.finished : ++log_.dropped; }

  Result<void> begin(const Part& /*part*/) override {
    ++log_.parts;
    return {};
  }
  Result<void> write(std::span<const char> bytes) override {
    if (bytes.size() > room_) {
      return fail(Errc::kFull, "no room", "disk", "delete something");
    }
    room_ -= bytes.size();
    log_.bytes += bytes.size();
    std::size_t sum = 0;
    for (const char c : bytes) {
      sum += static_cast<unsigned char>(c);
    }
    log_.sum += sum;
    return {};
  }
  Result<void> end() override { return {}; }
  Response finish() override {
    finished_ = true;
    Response response = Response::json("{\"done\":true}", 201);
    response.headers.set("Location", "http://test/api/files/local/x.gcode");
    return response;
  }

 private:
  SinkLog& log_;
  std::size_t room_;
  bool finished_ = false;
};

inline Route handler(Method method, std::string pattern, std::function<Response(Request&)> handle,
                     Runs runs = Runs::kOnLoop) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.runs = runs;
  route.handle = std::move(handle);
  return route;
}

inline Route upload_to(SinkLog& log, std::size_t room, std::size_t max_body) {
  Route route;
  route.method = Method::kPost;
  route.pattern = "/upload";
  route.max_body = max_body;
  route.upload = [&log, room](Request& /*request*/) -> Result<std::unique_ptr<UploadSink>> {
    return std::make_unique<CountingSink>(log, room);
  };
  return route;
}

/// Waits for what another thread does. @returns false when it does not come about in ten seconds.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + milliseconds(10'000);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

inline std::unique_ptr<Server> start_server(Router router, Server::Options options = {}) {
  auto server = Server::start(std::move(router), std::move(options));
  EXPECT_TRUE(server) << (server ? "" : server.error().to_string());
  return server ? std::move(*server) : nullptr;
}

/// A multipart body of one file, in two pieces around its bytes.
inline const std::string kFileHead =
    "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.gcode\"\r\n\r\n";
inline const std::string kFileTail = "\r\n--XX--\r\n";

inline std::string upload_head(std::size_t file_size, std::string_view more = "") {
  return "POST /upload HTTP/1.1\r\nHost: test\r\nContent-Type: multipart/form-data; "
         "boundary=XX\r\nContent-Length: " +
         std::to_string(kFileHead.size() + file_size + kFileTail.size()) + "\r\n" +
         std::string(more) + "\r\n";
}

}  // namespace stepcast::http
