#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stepcast/wire/control_reply.hpp"

// Views of a reply lie inside the line, and numbers inside their limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast::wire;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ControlReply reply;
  if (!parse_control_reply(text, reply)) {
    return 0;
  }
  const auto inside = [&](std::string_view part) {
    return part.empty() ||
           (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  std::uint64_t number = 0;
  std::uint64_t session = 0;
  std::int32_t steps = 0;
  const bool number_fits = !reply.number("executed", 1000, number) || number <= 1000;
  static_cast<void>(reply.position("x", steps));
  static_cast<void>(parse_hex64(reply.value("session"), session));
  if (!inside(reply.rest) || !inside(reply.code) || !inside(reply.verb) ||
      !inside(reply.value("version")) || !number_fits) {
    std::abort();
  }
  return 0;
}
