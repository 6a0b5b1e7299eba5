// SPDX-License-Identifier: MIT
// Refusals of the HTTP interface, as JSON.
#pragma once

#include "docker/engine_error.hpp"
#include "net/http_server_exchange.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace dockhost::actors {

/// `{error, code}`, like the acknowledgement of a refused request.
[[nodiscard]] net::server_response api_refusal(int status, std::string_view code,
                                               std::string_view message, net::header_list headers);

/// Status and code for what an engine says.
[[nodiscard]] std::pair<int, std::string_view> api_status_of(docker::engine_errc code);

} // namespace dockhost::actors
