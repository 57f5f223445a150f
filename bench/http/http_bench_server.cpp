// Serves what bench/http/measure.py asks for: a status as JSON, from the loop and from a worker,
// and an upload that goes to memory's end (counted) or to a file. Prints its port; ends with its
// input.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "stepcast/http/server.hpp"

namespace {

using namespace stepcast::http;
using stepcast::Result;

class FileSink final : public UploadSink {
 public:
  explicit FileSink(const std::string& path) {
    if (!path.empty()) {
      file_.open(path, std::ios::binary);
    }
  }
  Result<void> begin(const Part& /*part*/) override { return {}; }
  Result<void> write(std::span<const char> bytes) override {
    size_ += bytes.size();
    if (file_.is_open()) {
      file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    return {};
  }
  Result<void> end() override { return {}; }
  Response finish() override {
    return Response::json("{\"size\":" + std::to_string(size_) + "}", 201);
  }

 private:
  std::ofstream file_;
  std::size_t size_ = 0;
};

Route upload_route(std::string pattern, const std::string& path) {
  Route route;
  route.method = Method::kPost;
  route.pattern = std::move(pattern);
  route.max_body = std::numeric_limits<std::size_t>::max();
  route.upload = [path](Request& /*request*/) -> Result<std::unique_ptr<UploadSink>> {
    return std::make_unique<FileSink>(path);
  };
  return route;
}

Route status_route(std::string pattern, Runs runs) {
  Route route;
  route.pattern = std::move(pattern);
  route.runs = runs;
  route.handle = [](Request& /*request*/) {
    return Response::json(
        R"({"job":{"file":{"name":"cube.gcode","origin":"local","size":1048576},)"
        R"("estimatedPrintTime":3600},"progress":{"completion":42.5,"filepos":445644,)"
        R"("printTime":1530,"printTimeLeft":2070},"state":"Printing"})");
  };
  return route;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "/dev/null";
  Router router;
  router.add(status_route("/api/job", Runs::kOnLoop));
  router.add(status_route("/api/worker/job", Runs::kOnWorker));
  router.add(upload_route("/upload/counted", ""));
  router.add(upload_route("/upload/file", file));
  auto server = Server::start(std::move(router), {});
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().to_string().c_str());
    return 1;
  }
  std::printf("%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  std::cin.get();
  (*server)->stop(std::chrono::milliseconds(0));
  return 0;
}
