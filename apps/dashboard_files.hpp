// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_server_exchange.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dockhost::apps {

/// The dashboard's files, as answers to GET and HEAD. Immutable.
class dashboard_files {
public:
  /// `socket_path` is where the node speaks Socket.IO, such as "/socket.io/": the page is told in a
  /// <meta>, so that it needs no inline script, which its policy forbids.
  explicit dashboard_files(std::string_view socket_path);

  /// The answer to that request: 304 where the peer has the file already, nothing where there is no
  /// such file.
  [[nodiscard]] std::optional<net::server_response>
  answer(const net::server_request& request) const;

private:
  /// The page, where it differs from the one that was built; else empty.
  std::string page_;
  std::string page_etag_;
};

} // namespace dockhost::apps
