#include "stepcast/server/gate.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"
#include "stepcast/http/problem.hpp"
#include "stepcast/http/target.hpp"
#include "stepcast/server/authentication.hpp"

#include "allowances.hpp"
#include "percent.hpp"

namespace stepcast::server {
namespace {

constexpr std::int64_t kGateMsPerS = 1000;

using Query = std::vector<std::pair<std::string, std::string>>;

bool belongs_to_signature(std::string_view name) {
  return name == "user" || name == "expires" || name == "signature";
}

std::optional<std::string_view> value_of(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query) {
    if (key == name) {
      return value;
    }
  }
  return std::nullopt;
}

// The address without its signature, in one form whatever the client escapes.
std::string plain_address(std::string_view path, const Query& query) {
  std::string address = percent_encoded(path, /*keep_slashes=*/true);
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (!belongs_to_signature(name)) {
      address += fmt::format("{}{}={}", std::exchange(separator, '&'), percent_encoded(name),
                             percent_encoded(value));
    }
  }
  return address;
}

}  // namespace

class Gate::Impl {
 public:
  Impl(const accounts::Accounts& accounts, Options options)
      : accounts_(accounts),
        options_(std::move(options)),
        allowances_(options_.allowance, options_.allowance_per_s),
        key_(options_.key.empty() ? accounts::random_bytes(kKeyBytes) : options_.key) {
    if (!options_.steady) {
      options_.steady = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
      };
    }
    if (!options_.wall) {
      options_.wall = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      };
    }
  }

  void learn(const http::Router& router) {
    for (const auto& route : router.routes()) {
      routes_.push_back({route->method, route->pattern, route->permission,
                         route->signable != http::Signable::kNot});
      if (route->signable != http::Signable::kNot && route->method == http::Method::kGet) {
        http::Route copy;
        copy.pattern = route->pattern;
        copy.permission = route->permission;
        copy.signable = route->signable;
        copy.handle = [](http::Request& /*request*/) { return http::Response::empty(); };
        signable_.add(std::move(copy));
      }
    }
    std::sort(routes_.begin(), routes_.end(), [](const auto& one, const auto& other) {
      return std::tie(one.pattern, one.method) < std::tie(other.pattern, other.method);
    });
  }

  std::optional<http::Response> admit(http::Request& request, const http::Route& route) {
    auto refusal = route.signable != http::Signable::kNot && value_of(request.query, "signature")
                       ? admit_signed(request, route)
                       : authorise(accounts_, request, route);
    return refusal ? std::move(refusal) : charge(request, route.cost);
  }

  std::optional<http::Response> charge(const http::Request& request, std::uint16_t cost) {
    if (cost == 0) {
      return std::nullopt;
    }
    const auto wait = allowances_.spend(request.remote, cost, options_.steady());
    if (!wait) {
      return std::nullopt;
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    http::Response response = http::problem(
        429, fmt::format("this address asks too much: try again in {} s", seconds), request.path);
    response.headers.set("Retry-After", std::to_string(seconds));
    return response;
  }

  Result<Signed> sign(const accounts::Principal& who, std::string_view address,
                      std::chrono::seconds lifetime) const {
    return http::parse_target(address).and_then([&](const http::Target& target) -> Result<Signed> {
      std::map<std::string, std::string, std::less<>> parameters;
      std::vector<http::Method> allowed;
      const http::Route* route =
          signable_.find(http::Method::kGet, target.path, parameters, allowed);
      if (route == nullptr) {
        return fail(Errc::kNotFound, fmt::format("'{}' cannot be signed", target.path), "path",
                    "sign pictures and downloads; /api/v1/routes lists what may be");
      }
      const auto printer = parameters.find("printer");
      if (!who.may(route->permission) ||
          (who.printer && (printer == parameters.end() || printer->second != *who.printer))) {
        return fail(Errc::kDenied, "you may not read it yourself", "path");
      }
      const auto expires = options_.wall() / kGateMsPerS + lifetime.count();
      const std::string plain = plain_address(target.path, target.query);
      return Signed{
          fmt::format("{}{}user={}&expires={}&signature={}", plain,
                      plain.find('?') == std::string::npos ? '?' : '&', percent_encoded(who.user),
                      expires,
                      signature_of(who.user, expires, covered(*route, target.path, plain))),
          expires * kGateMsPerS};
    });
  }

  [[nodiscard]] const std::vector<RouteInfo>& routes() const { return routes_; }

 private:
  static constexpr std::size_t kKeyBytes = 32;

  // What of an address the signature is for.
  static std::string covered(const http::Route& route, std::string_view path,
                             const std::string& plain) {
    return route.signable == http::Signable::kPath ? plain_address(path, {}) : plain;
  }

  [[nodiscard]] std::string signature_of(std::string_view user, std::int64_t expires,
                                         std::string_view plain) const {
    return accounts::keyed_hash(key_,
                                fmt::format("{}:{} {} {}", user.size(), user, expires, plain));
  }

  std::optional<http::Response> admit_signed(http::Request& request, const http::Route& route) {
    const auto user = value_of(request.query, "user").value_or("");
    const auto expires_text = value_of(request.query, "expires").value_or("");
    const auto signature = value_of(request.query, "signature").value_or("");
    std::int64_t expires = 0;
    std::from_chars(expires_text.data(), expires_text.data() + expires_text.size(), expires);
    const std::string plain = plain_address(request.path, request.query);
    const bool genuine = accounts::same_secret(
        signature_of(user, expires, covered(route, request.path, plain)), signature);
    if (!genuine || expires * kGateMsPerS <= options_.wall()) {
      return http::problem(403, "the signed address is wrong or has expired: ask for a new one",
                           request.path);
    }
    auto who = accounts_.principal_of_user(user).value_or(accounts::Principal{});
    // For this path alone, even if the handler would do more for whoever may more.
    const bool may = who.may(route.permission);
    who.permissions.clear();
    if (may) {
      who.permissions.insert(route.permission);
    }
    return authorise_as(std::move(who), accounts_, request, route);
  }

  const accounts::Accounts& accounts_;
  Options options_;
  Allowances allowances_;
  std::string key_;
  std::vector<RouteInfo> routes_;
  http::Router signable_;
};

Gate::Gate(const accounts::Accounts& accounts) : Gate(accounts, Options{}) {}
Gate::Gate(const accounts::Accounts& accounts, Options options)
    : impl_(std::make_unique<Impl>(accounts, std::move(options))) {}
Gate::~Gate() = default;

void Gate::learn(const http::Router& router) {
  impl_->learn(router);
}
std::optional<http::Response> Gate::admit(http::Request& request, const http::Route& route) {
  return impl_->admit(request, route);
}
std::optional<http::Response> Gate::charge(const http::Request& request, std::uint16_t cost) {
  return impl_->charge(request, cost);
}
Result<Gate::Signed> Gate::sign(const accounts::Principal& who, std::string_view address,
                                std::chrono::seconds lifetime) const {
  return impl_->sign(who, address, lifetime);
}
const std::vector<Gate::RouteInfo>& Gate::routes() const {
  return impl_->routes();
}

}  // namespace stepcast::server
