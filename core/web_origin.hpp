// SPDX-License-Identifier: MIT
// Which pages and names a browser may come from: what keeps a foreign site from using the live view
// of whoever visits it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dockhost {

/// What a request says of where it comes from and whom it is for; empty: it doesn't say.
struct web_source {
  std::string_view origin; ///< Origin
  std::string_view host;   ///< Host
  bool tls = false;
};

/// Without an Origin (no browser, or the page's own GET) all are welcome; else the page's own
/// origin, and those listed ("https://panel.example.org"; "*": any).
[[nodiscard]] bool origin_allowed(const web_source& from, const std::vector<std::string>& listed);

/// Whether the Host is this machine by name or address: "localhost", 127.0.0.0/8, "[::1]", each
/// with or without a port. A site that has its own name resolve to 127.0.0.1 is not.
[[nodiscard]] bool is_local_host(std::string_view host);

/// Whether it has the form of an origin: scheme://host[:port], without a path.
[[nodiscard]] bool is_origin(std::string_view text);

/// Whether a listener there is reached from this machine only: "127.0.0.1" (all of 127/8), "::1".
[[nodiscard]] bool is_loopback(std::string_view address);

} // namespace dockhost
