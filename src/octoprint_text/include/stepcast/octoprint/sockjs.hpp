#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stepcast::octoprint::sockjs {

inline constexpr std::string_view kOpenFrame = "o";
inline constexpr std::string_view kHeartbeatFrame = "h";

/// `a[{...}]`: one message for the client. OctoPrint puts objects where SockJS has texts, and its
/// clients read them. @pre `message` is JSON.
[[nodiscard]] std::string message_frame(std::string_view message);
/// `c[code,"reason"]`
[[nodiscard]] std::string close_frame(int code, std::string_view reason);

/// The messages of what a client sends: an array of texts. Some clients send one text, or the
/// message itself, in its place; these are understood, too. Empty: nothing to be understood.
[[nodiscard]] std::vector<std::string> messages_in(std::string_view frame);

}  // namespace stepcast::octoprint::sockjs
