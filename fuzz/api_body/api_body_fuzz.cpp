#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api_schema.hpp"

namespace {

using stepcast::server::api::Json;
namespace shape = stepcast::server::api::shape;

constexpr double kMost = 10.0;
constexpr std::size_t kMostLines = 3;

Json every_kind() {
  Json axes = shape::object({shape::optional("x", shape::number(-kMost, kMost)),
                             shape::optional("y", shape::number(-kMost, kMost))});
  axes["minProperties"] = 1;
  return shape::object({{"axes", axes},
                        shape::optional("kind", shape::choice({"one", "two"})),
                        shape::optional("lines", shape::list(shape::text(1, 8), 1, kMostLines)),
                        shape::optional("after", shape::nullable(shape::integer(0, 100))),
                        shape::optional("named", shape::map(shape::named("Flag")))});
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

// A body that is let through has the shape, so that handlers may rely on it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Json kShape = every_kind();
  static const Json kComponents{{"Flag", shape::boolean()}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto body = stepcast::server::api::parse_body(text);
  if (body && stepcast::server::api::check_shape(kShape, *body, kComponents)) {
    const Json& axes = body->at("axes");
    require(!axes.empty() && axes.size() <= 2);
    for (const auto& axis : axes.items()) {
      require(std::abs(axis.value().get<double>()) <= kMost);
    }
    for (const auto& item : body->items()) {
      if (item.key() == "lines") {
        require(!item.value().empty() && item.value().size() <= kMostLines);
        require(!item.value()[0].get<std::string>().empty());
      } else if (item.key() == "named") {
        for (const auto& flag : item.value().items()) {
          require(flag.value().is_boolean());
        }
      } else {
        require(item.key() == "axes" || item.key() == "kind" || item.key() == "after");
      }
    }
    // Written and read again it is still the same.
    const auto again = stepcast::server::api::parse_body(body->dump());
    require(again && *again == *body);
  }
  const Json integer = shape::integer(0, 100);
  if (const auto value = stepcast::server::api::parse_query_value(integer, text, "limit")) {
    require(value->get<int>() >= 0 && value->get<int>() <= 100);
  }
  return 0;
}
