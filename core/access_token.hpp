// SPDX-License-Identifier: MIT
// Tokens of the live view (PROTOCOL part 2, "Authentication"): opaque random texts, of which the
// configuration holds the SHA-256 only.
#pragma once

#include "core/result.hpp"
#include "core/settings.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost {

using token_digest = std::array<std::uint8_t, 32>;

struct access_token {
  std::string name; ///< for people: letters, digits and _ . -, at most 64
  live_role role = live_role::viewer;
  token_digest digest{};
  std::optional<std::int64_t> expires; ///< seconds since 1970
};

/// "NAME ROLE sha256:HEX [2026-12-31T23:59:59Z]", as the configuration has it; or what is wrong.
[[nodiscard]] basic_result<access_token, std::string> parse_access_token(std::string_view line);
[[nodiscard]] std::string format_access_token(const access_token& token);

/// The word of the configuration: "viewer", "operator".
[[nodiscard]] std::string_view to_string(live_role role);

enum class token_verdict { good, unknown, expired };

struct token_match {
  token_verdict verdict = token_verdict::unknown;
  const access_token* token = nullptr; ///< of `good` and `expired`
};

/// Looks a token up by its digest, in a time that depends on the number of tokens only.
[[nodiscard]] token_match match_token(const std::vector<access_token>& tokens,
                                      const token_digest& digest, std::int64_t now_unix);

/// 256 random bits as a token's text: "dht_" and 64 hex digits.
[[nodiscard]] std::string token_text(const token_digest& random);

/// Seconds since 1970 as "2026-12-31T23:59:59Z", and back; nothing where it is no such time.
[[nodiscard]] std::string utc_time(std::int64_t unix_seconds);
[[nodiscard]] std::optional<std::int64_t> parse_utc_time(std::string_view text);

} // namespace dockhost
