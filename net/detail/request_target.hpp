// SPDX-License-Identifier: MIT
// A request's target, taken apart (RFC 9112 section 3.2, RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::net::detail {

struct request_target {
  std::string target; ///< origin form: path and query, still encoded
  std::string path;   ///< decoded once; see server_request::path for what it may hold
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// nullopt where it is none that this server answers: a form that the method doesn't have, an
/// escape that is none, a path that may mean another one (segments "." and "..", backslashes), a
/// NUL, or bytes that aren't UTF-8. In the query, a "%" that begins no escape is itself, as in
/// Node.
[[nodiscard]] std::optional<request_target> parse_target(std::string_view method,
                                                         std::string_view raw);

} // namespace dockhost::net::detail
