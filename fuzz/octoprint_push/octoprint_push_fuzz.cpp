#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stepcast/octoprint/push_message.hpp"
#include "stepcast/octoprint/sockjs.hpp"

namespace octoprint = stepcast::octoprint;

// What a client sends is read or passed over; what is sent to it comes back whole from its frame.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& message : octoprint::sockjs::messages_in(text)) {
    const auto push = octoprint::parse_push_message(message);
    if (push.throttle && (*push.throttle < 1 || *push.throttle > octoprint::kMostThrottle)) {
      std::abort();
    }
    // What is an object, and not a text, comes back as it is.
    const auto again = octoprint::sockjs::messages_in(message);
    if (again.size() == 1 && again.front() == message) {
      const std::string frame = octoprint::sockjs::message_frame(message);
      const auto back = octoprint::sockjs::messages_in(std::string_view(frame).substr(1));
      if (back.size() != 1 || back.front() != message || frame.find('\n') != std::string::npos) {
        std::abort();
      }
    }
  }
  static_cast<void>(octoprint::parse_push_message(text));
  return 0;
}
