// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::apps {

/// When a key ends, in seconds since 1970: the `exp` of a JSON Web Token (RFC 7519). nullopt when
/// it is none, or has no end. The signature is not looked at: only the server can judge it.
[[nodiscard]] std::optional<std::int64_t> jwt_expiry(std::string_view key);

/// What is said about the end of the key while the node runs: when it comes near (three days), when
/// it has passed, and each day again.
class key_expiry_watch {
public:
  enum class word { expiring, expired };
  /// `now` in seconds since 1970. What is due to be said of this key now, and the seconds left.
  struct warning {
    word what = word::expiring;
    std::int64_t left = 0;
  };
  [[nodiscard]] std::optional<warning> look(std::string_view key, std::int64_t now);

private:
  std::optional<std::int64_t> end_; ///< of the key that was looked at last
  std::optional<word> said_;
  std::int64_t said_at_ = 0;
};

/// The key in a file: its one line, without blanks around it. An error where the file can't be
/// read, is empty, or holds more than one line; never with the content.
[[nodiscard]] result<std::string> read_api_key(const std::string& path);

/// Fills `api_key` from the first of: `api_key` as it is, `api_key_file`, and the systemd
/// credential "dockhost_api_key" in `credentials_directory` (which becomes the api_key_file, so
/// that the node can read it again). No key at all is fine here.
[[nodiscard]] result<unit> find_api_key(std::string& api_key, std::string& api_key_file,
                                        const std::string& credentials_directory);

} // namespace dockhost::apps
