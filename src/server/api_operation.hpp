#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/http/router.hpp"
#include "stepcast/server/authentication.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/site.hpp"

#include "api_schema.hpp"
#include "hand.hpp"

namespace stepcast::server::api {

/// A request that has the shape its operation asks for.
struct Call {
  http::Request& request;
  Site& site;
  const accounts::Principal& who;
  /// The printer of the path; set where the pattern has `{printer}`.
  jobs::Runner* runner = nullptr;
  Json body = Json::object();
  Json query = Json::object();  ///< By name; those not given are absent.

  [[nodiscard]] const std::string& parameter(std::string_view name) const {
    return request.parameters.find(name)->second;
  }
  [[nodiscard]] Hand hand() const { return {site, *runner, who}; }  ///< On that printer.
  [[nodiscard]] std::string text(const char* key) const { return body.value(key, std::string()); }
};

struct QueryParameter {
  std::string name;
  Json shape;
  std::string meaning;
};

/// What is answered if all goes well; failures are problems (RFC 9457) everywhere.
struct Answer {
  int status = 200;
  Json shape{};  ///< null: no body, or of another type than JSON
  std::string type = "application/json";
};

/// Who may make an operation more than once with the same effect.
enum class Repeats : std::uint8_t {
  kFreely,    ///< It asks, or setting twice is setting once.
  kByKey,     ///< `Idempotency-Key` makes it happen once.
  kSecretly,  ///< The same, but the answer holds a secret: it is given once and never kept.
};

/// One thing that can be asked of the interface: the route and its description in one.
struct Operation {
  http::Method method = http::Method::kGet;
  std::string path{};        ///< Below /api/v1.
  std::string permission{};  ///< Empty: open to all.
  std::string id{};          ///< Of the OpenAPI document; unique.
  std::string tag{};
  std::string summary{};
  std::vector<QueryParameter> query{};
  Json request{};  ///< Shape of the body; null: takes none.
  Answer answer{};
  http::Runs runs = http::Runs::kOnWorker;
  Repeats repeats = Repeats::kFreely;
  bool conditional = false;  ///< `If-Match` with the ETag of the printer's state is heeded.
  std::uint16_t cost = 0;    ///< See http::Route.
  http::Signable signable = http::Signable::kNot;
  /// Exactly one, as http::Route has them.
  std::function<http::Response(Call&)> handle{};
  std::function<Result<std::unique_ptr<http::UploadSink>>(Call&)> upload{};
  std::function<Result<std::unique_ptr<http::SocketHandler>>(Call&)> socket{};
};

/// Everything that the interface offers. Filled once, then only read.
struct Table {
  std::vector<Operation> operations;
  Json shapes = Json::object();  ///< Components of the document, by name.
};

inline constexpr std::string_view kBase = "/api/v1";

[[nodiscard]] http::Response answer(const Json& value, int status = 200);
/// Of a `Result<void>`: `status` without a body, or the problem.
[[nodiscard]] http::Response done(const Call& call, const Result<void>& result, int status = 204);
[[nodiscard]] http::Response refuse(const Call& call, const Error& error);
/// A page with its `Link` to the next.
[[nodiscard]] http::Response page(const Call& call, Json items, const Json& next);

inline constexpr std::int64_t kMostItems = 500;  ///< Of a page.
inline constexpr std::int64_t kDefaultItems = 100;
/// `limit` and `after`, which every list takes.
[[nodiscard]] std::vector<QueryParameter> page_parameters();

/// The entity tag of a state: it changes with the state and with the server's run.
[[nodiscard]] std::string state_tag(const Site& site, const printer::Status& status);

/// The OpenAPI 3.1 document of a table.
[[nodiscard]] Json openapi_of(const Table& table, const Site& site);

// Each adds the operations and shapes of one resource.
void add_printer_operations(Table& table);
void add_command_operations(Table& table);
void add_file_operations(Table& table);
void add_job_operations(Table& table);
void add_event_operations(Table& table);
void add_telemetry_operations(Table& table);
void add_queue_operations(Table& table);
void add_server_operations(Table& table);
void add_people_operations(Table& table);
void add_key_operations(Table& table, const Gate& gate);  ///< keys, audit, signed addresses, routes

inline constexpr std::int64_t kMostTools = 16;     ///< Of a printer; more than any has.
inline constexpr std::size_t kMostKeyBytes = 255;  ///< Of an `Idempotency-Key`.

/// An event in the shape `Event`.
[[nodiscard]] Json event_json(const events::Event& event);
/// A state as JSON has it, in the shape `PrinterState`.
[[nodiscard]] Json state_json(const printer::Status& status);
[[nodiscard]] Json time_json(store::UnixMs at);  ///< "2026-11-21T10:20:30.123Z"
template <class T>
[[nodiscard]] Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace stepcast::server::api
