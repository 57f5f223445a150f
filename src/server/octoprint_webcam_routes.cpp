// The camera of a printer as clients of OctoPrint ask for it: /webcam/?action=stream and snapshot.
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/camera/camera.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {
namespace {

http::Response no_camera() {
  return error_response({Errc::kNotFound,
                         "this printer has no camera",
                         {},
                         "give it one in the server's configuration: camera = \"http://...\""});
}

// Shows a frame to one client. One that comes while the one before still waits to be sent is left
// out: a slow line sees fewer pictures, never old ones.
// @returns whether the client is still there.
bool show(http::ByteStream& stream, const camera::Frame& frame) {
  if (!frame || stream.waiting() > 0) {
    return stream.write("");
  }
  return stream.write(
      fmt::format("--boundarydonotcross\r\nContent-Type: image/jpeg\r\n"
                  "Content-Length: {}\r\n\r\n{}\r\n",
                  frame->size(), *frame));
}

http::Response stream_of(camera::Camera& camera) {
  http::Response response;
  response.headers.set("Content-Type", "multipart/x-mixed-replace; boundary=boundarydonotcross");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Accel-Buffering", "no");  // for proxies that wait for the end
  response.stream = [&camera](std::shared_ptr<http::ByteStream> stream) {
    camera.watch(
        [stream = std::move(stream)](const camera::Frame& frame) { return show(*stream, frame); });
  };
  return response;
}

http::Response snapshot_of(camera::Camera& camera) {
  auto frame = camera.snapshot();
  if (!frame) {
    http::Response response = error_response(frame.error());
    response.status = 503;  // the camera is off, the server is not
    return response;
  }
  http::Response response;
  response.headers.set("Content-Type", "image/jpeg");
  response.headers.set("Cache-Control", "no-store");
  response.body = **frame;
  return response;
}

http::Response webcam_of(Call& call) {
  camera::Camera* const camera = call.site.find_camera(call.runner.identity().id);
  if (camera == nullptr) {
    return no_camera();
  }
  const auto action = call.request.find_query("action").value_or("stream");
  if (action == "snapshot") {
    return snapshot_of(*camera);
  }
  if (action == "stream") {
    return stream_of(*camera);
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown action '{}'", action),
                         {},
                         "stream or snapshot"});
}

}  // namespace

void add_webcam_routes(Mount& mount) {
  mount.download("/webcam", "WEBCAM", webcam_of);
}

}  // namespace stepcast::server::octoprint
