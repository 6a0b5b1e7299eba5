// SPDX-License-Identifier: MIT
// Who may come in (PROTOCOL part 2, "Authentication"): by the name that the server is called, the
// page's origin, and the token.
#pragma once

#include "core/access_token.hpp"
#include "core/settings.hpp"
#include "core/username.hpp"
#include "net/http_server_exchange.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::actors {

class live_guard {
public:
  live_guard(const live_settings& config, sha256_fn sha256);

  /// Whether the request may be looked at at all: by its Host and Origin.
  [[nodiscard]] bool welcome(const net::server_request& request) const;
  /// Headers of CORS for a welcome request from another site's page; else none.
  [[nodiscard]] net::header_list cors(const net::server_request& request) const;

  struct verdict {
    std::string refusal; ///< for a person; empty: may come in
    std::string name;    ///< of the token
    live_role role = live_role::viewer;
    std::optional<std::int64_t> expires;
  };
  /// By a token, which may be empty.
  [[nodiscard]] verdict judge(std::string_view token, std::int64_t now_unix) const;
  [[nodiscard]] bool wants_tokens() const { return !tokens_.empty(); }

  /// "T" of "Bearer T"; empty where it is something else.
  [[nodiscard]] static std::string_view bearer(std::string_view authorization);

private:
  std::vector<access_token> tokens_;
  std::vector<std::string> origins_;
  live_role local_role_;
  sha256_fn sha256_;
};

} // namespace dockhost::actors
