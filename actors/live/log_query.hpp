// SPDX-License-Identifier: MIT
// GET /api/containers/{id}/logs: what is asked for.
#pragma once

#include "actors/live/log_file.hpp"
#include "core/log_options.hpp"
#include "core/result.hpp"
#include "net/http_server_exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::actors {

struct log_query {
  std::string container;           ///< as it was spelt
  std::optional<std::size_t> tail; ///< lines; none: all
  std::int64_t since_unix_nano = 0;
  bool timestamps = true;
  log_file_format format = log_file_format::json;
  bool download = false; ///< as a file, for a browser
};

/// The {id} of such a path; nothing where it is another path.
[[nodiscard]] std::optional<std::string> logs_path(std::string_view path);

/// The query of a request for the log of `container`: tail (a number, or "all"; 100), since (a
/// time, or seconds since 1970), timestamps (true), format (json, ndjson, text), download; or what
/// is wrong with it, for a person.
[[nodiscard]] basic_result<log_query, std::string> parse_log_query(std::string container,
                                                                   const net::server_request& r);

} // namespace dockhost::actors
