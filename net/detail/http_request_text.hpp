// SPDX-License-Identifier: MIT
#pragma once

#include "net/error.hpp"
#include "net/http_client.hpp"

#include <string>
#include <string_view>

namespace dockhost::net::detail {

/// A request ready to be written.
struct request_text {
  std::string head;       ///< with a short body appended
  std::string body;       ///< a long one, written from here without a copy
  std::string name;       ///< "GET /path", for messages; without the query, which may hold a secret
  bool no_body = false;   ///< HEAD: the answer has none whatever its headers say
  bool repeatable = true; ///< idempotent (RFC 9110 section 9.2.2): may be sent again when in doubt
};

/// `protocol` when the method, target or a header holds characters that would smuggle something in.
[[nodiscard]] net_result<request_text> make_request_text(http_request request,
                                                         const std::string& host);

/// A header's name is a token and its value has no control characters but the tab.
[[nodiscard]] bool valid_header(std::string_view name, std::string_view value);
/// No space and no control character; not empty.
[[nodiscard]] bool valid_target(std::string_view target);
/// ASCII only.
[[nodiscard]] bool same_header(std::string_view a, std::string_view b);

} // namespace dockhost::net::detail
