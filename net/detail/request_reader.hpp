// SPDX-License-Identifier: MIT
// One request out of bytes: Beast's parser, and before it what Beast lets pass that two servers in
// a row may read differently (RFC 9112 section 11.2).
#pragma once

#include "net/http_server_exchange.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

/// Why a request isn't one, and with which status that is answered.
struct request_refusal {
  int status = 400;
  std::string_view why; ///< a constant
};

/// Looks for the end of a request's head, from `scanned` on (which moves on, so that no byte is
/// looked at twice).
struct head_scan {
  std::size_t size = 0; ///< of the head with its empty line; 0: not there yet
  std::optional<request_refusal> refusal;
};
[[nodiscard]] head_scan scan_head(std::string_view bytes, std::size_t& scanned);

class request_reader {
public:
  request_reader();
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  /// A whole head, as scan_head() found it.
  [[nodiscard]] std::optional<request_refusal> read_head(std::string_view head);

  // After read_head(): what it said.
  [[nodiscard]] server_request& request();
  [[nodiscard]] bool http_1_1() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool expects_continue() const;
  /// The announced length; nullopt where it is chunked.
  [[nodiscard]] std::optional<std::size_t> length() const;

  /// Takes what it can of the body off the front of `bytes`. Where body() passes `max`,
  /// too_large() is true and it is of no more use.
  [[nodiscard]] std::optional<request_refusal> read_body(std::string_view& bytes, std::size_t max);
  [[nodiscard]] bool done() const;
  [[nodiscard]] bool too_large() const;
  [[nodiscard]] std::string& body();

private:
  class parser;
  std::unique_ptr<parser> parser_;
};

} // namespace dockhost::net::detail
