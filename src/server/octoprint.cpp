#include "stepcast/server/octoprint.hpp"

#include "app_keys.hpp"
#include "octoprint_push.hpp"
#include "octoprint_routes.hpp"
#include "octoprint_timelapse.hpp"
#include "session_tokens.hpp"
#include "temperature_history.hpp"

namespace stepcast::server {

class OctoPrint::Impl {
 public:
  Impl(Site& site, Gate& gate, const Recorders& recorders)
      : site_(site), gate_(gate), recorders_(recorders), push_(site, tokens_, temperatures_) {}

  void add_routes(http::Router& router) {
    octoprint::Mount mount(router, site_, gate_);
    octoprint::add_server_routes(mount, tokens_);
    octoprint::add_settings_routes(mount);
    octoprint::add_user_routes(mount);
    octoprint::add_system_routes(mount);
    octoprint::add_timelapse_routes(mount, recorders_);
    octoprint::add_webcam_routes(mount);
    octoprint::add_file_routes(mount);
    octoprint::add_job_routes(mount);
    octoprint::add_printer_routes(mount, temperatures_);
    app_keys_.add_routes(mount);
    push_.add_routes(mount);
  }

 private:
  Site& site_;
  Gate& gate_;
  const Recorders& recorders_;
  octoprint::SessionTokens tokens_;
  octoprint::TemperatureHistory temperatures_;
  octoprint::AppKeys app_keys_;
  octoprint::Push push_;
};

OctoPrint::OctoPrint(Site& site, Gate& gate, const Recorders& recorders)
    : impl_(std::make_unique<Impl>(site, gate, recorders)) {}
OctoPrint::~OctoPrint() = default;
void OctoPrint::add_routes(http::Router& router) {
  impl_->add_routes(router);
}

}  // namespace stepcast::server
