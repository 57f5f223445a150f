#pragma once

#include <string_view>

namespace stepcast::server {

/// pages/status.html: the printers of the server, live, with what one does to them most.
extern const std::string_view kStatusPage;

}  // namespace stepcast::server
