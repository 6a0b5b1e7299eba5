// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_server_exchange.hpp"

#include <memory>
#include <optional>

namespace dockhost::apps {

/// Answers a GET or HEAD with the dashboard's file at that path; false, and no answer, where there
/// is none. On the io thread.
bool serve_dashboard_file(const std::shared_ptr<net::http_exchange>& exchange);

/// The answer to that request. 304 where the peer has the file already.
[[nodiscard]] std::optional<net::server_response>
dashboard_file(const net::server_request& request);

} // namespace dockhost::apps
