// SPDX-License-Identifier: MIT
// The dashboard's files, inside the program. A leaf: apps and tests include it, it includes nothing
// of ours.
#pragma once

#include <span>
#include <string_view>

namespace dockhost::web {

/// One file. Everything it refers to lives as long as the program.
struct asset {
  /// Below the dashboard's root, without a leading slash: "assets/index-Ab12.js".
  std::string_view path;
  /// For Content-Type, with the charset where it is text.
  std::string_view content_type;
  std::string_view bytes;
  /// The same, gzip-compressed; empty where that would not be smaller.
  std::string_view gzip;
  /// Strong entity tags with their quotes, of `bytes` and of `gzip`: two encodings may not share
  /// one (RFC 9110, 8.8.3).
  std::string_view etag;
  std::string_view gzip_etag;
  /// The name changes with the content: may be cached for ever.
  bool immutable;
};

/// The file at that path of the dashboard: "/" and "" are the page itself; a leading slash is
/// optional. Only exact names of files are found, so nothing like ".." leads anywhere. \return null
/// if there is none.
[[nodiscard]] const asset* find(std::string_view path) noexcept;

/// Every file, sorted by path.
[[nodiscard]] std::span<const asset> all() noexcept;

/// False where the program was built without Node.js, or with DOCKHOST_WEB=OFF: then there is one
/// page that says so.
[[nodiscard]] bool has_dashboard() noexcept;

/// The Content-Security-Policy that the dashboard works under: nothing inline, nothing from
/// elsewhere.
inline constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

} // namespace dockhost::web
