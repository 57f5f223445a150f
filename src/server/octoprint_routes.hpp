#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "stepcast/http/router.hpp"
#include "stepcast/server/authentication.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/site.hpp"

#include "hand.hpp"

namespace stepcast::server::octoprint {

/// A request with the printer that it is for.
struct Call {
  Call(http::Request& the_request, Site& the_site, Gate& the_gate, jobs::Runner& the_runner);

  /// The body, parsed when it is first asked for: an object, empty when there is none. Throws what
  /// the routes of Mount answer with 400.
  const nlohmann::json& body();
  /// The caller's, on that printer.
  [[nodiscard]] Hand hand() const { return {site, runner, principal(request)}; }

  http::Request& request;
  Site& site;
  Gate& gate;
  jobs::Runner& runner;
  std::string origin;  ///< URL of the server as the client wrote it, without a slash at the end.
  std::string base;    ///< The same of this printer.

 private:
  std::optional<nlohmann::json> body_;
};

/// Adds routes twice: at the root and below `/p/{printer}`.
class Mount {
 public:
  Mount(http::Router& router, Site& site, Gate& gate) : router_(router), site_(site), gate_(gate) {}

  using Handler = std::function<http::Response(Call&)>;
  void get(std::string pattern, std::string permission, Handler handler,
           http::Runs runs = http::Runs::kOnLoop);
  /// What programs without headers fetch, too: a signed address will do.
  void download(std::string pattern, std::string permission, Handler handler);
  void post(std::string pattern, std::string permission, Handler handler,
            http::Runs runs = http::Runs::kOnWorker);
  void put(std::string pattern, std::string permission, Handler handler);
  void patch(std::string pattern, std::string permission, Handler handler);
  void remove(std::string pattern, std::string permission, Handler handler);
  void upload(std::string pattern, std::string permission,
              std::function<Result<std::unique_ptr<http::UploadSink>>(Call&)> upload,
              Handler without_upload);
  void socket(std::string pattern, std::string permission,
              std::function<Result<std::unique_ptr<http::SocketHandler>>(Call&)> socket);

  [[nodiscard]] Site& site() const { return site_; }

 private:
  void add_json(http::Method method, std::string pattern, std::string permission, Handler handler,
                http::Runs runs, http::Signable signable = http::Signable::kNot);
  void add(http::Route route);
  http::Router& router_;
  Site& site_;
  Gate& gate_;
};

[[nodiscard]] http::Response json_response(const nlohmann::json& value, int status = 200);
/// `{"error": ...}` with the status that OctoPrint's clients expect: 409 for kBusy, 404, 400, ...
[[nodiscard]] http::Response error_response(const Error& error);
/// 204, or the error.
[[nodiscard]] http::Response done(const Result<void>& result);

/// By what clients call the profile of a printer when they do not know its name.
inline constexpr const char* kOwnProfile = "_default";

class SessionTokens;
class TemperatureHistory;
void add_server_routes(Mount& mount, SessionTokens& tokens);  ///< version, server, login
void add_settings_routes(Mount& mount);                       ///< settings, printer profiles
void add_user_routes(Mount& mount);                           ///< access, users
void add_system_routes(Mount& mount);                         ///< system commands, logs, languages
void add_webcam_routes(Mount& mount);                         ///< webcam
void add_file_routes(Mount& mount);                           ///< files, downloads
void add_job_routes(Mount& mount);                            ///< job
/// connection, printer
void add_printer_routes(Mount& mount, const TemperatureHistory& temperatures);

}  // namespace stepcast::server::octoprint
