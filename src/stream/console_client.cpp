#include "stepcast/stream/console_client.hpp"

#include <utility>

#include <fmt/format.h>

#include "stepcast/wire/control_line.hpp"

#include "control_link.hpp"

namespace stepcast::stream {

struct ConsoleClient::Impl {
  Impl(const Endpoint& device, const Options& chosen) : options(chosen), link(loop, device) {}

  Options options;
  Loop loop;
  ControlLink link;
};

ConsoleClient::ConsoleClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ConsoleClient::ConsoleClient(ConsoleClient&&) noexcept = default;
ConsoleClient& ConsoleClient::operator=(ConsoleClient&&) noexcept = default;
ConsoleClient::~ConsoleClient() = default;

Result<ConsoleClient> ConsoleClient::connect(const Endpoint& device, const Options& options) {
  auto impl = std::make_unique<Impl>(device, options);
  if (auto connected = impl->link.connect(options.connect_timeout, {}); !connected) {
    return tl::unexpected(connected.error());
  }
  return ConsoleClient(std::move(impl));
}

Result<std::string> ConsoleClient::command(std::string_view line) {
  if (line.find_first_of("\r\n") != std::string_view::npos || line.size() > wire::kMaxControlLine) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("a command is one line of at most {} characters", wire::kMaxControlLine),
        impl_->link.device().to_string(), "send one command after the other");
  }
  return impl_->link.command(line, impl_->options.reply_timeout);
}

}  // namespace stepcast::stream
