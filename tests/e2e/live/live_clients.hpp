// SPDX-License-Identifier: MIT
// Browsers of a test: any number of npm's socket.io-client in one process of its own
// (servers/live_clients.mjs).
#pragma once

#include "tests/e2e/support/script_peer.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dockhost::e2e {

/// What comes to its clients is in script_peer's list; each has a number.
class live_clients : public script_peer {
public:
  explicit live_clients(const std::filesystem::path& folder);

  /// Begins to connect; `options` are socket.io-client's own.
  int open(const std::string& url, json::object options = {});
  /// The same, and waits for initial_state.
  int join(const std::string& url, json::object options = {});
  void close(int client);

  /// A request, and its acknowledgement.
  json::value ask(int client, const std::string& event, json::value payload,
                  milliseconds timeout = milliseconds(20'000));
  /// The same with any arguments, also none.
  json::value ask_with(int client, const std::string& event, json::array arguments,
                       milliseconds timeout = milliseconds(20'000));
  /// Without an acknowledgement.
  void emit(int client, const std::string& event, json::array arguments);
  /// Status, headers and body of a page; `more`: further options of Node.js's http.request, such
  /// as localAddress. Throws where there is no answer.
  json::value get(const std::string& url, json::object headers = {}, json::object more = {});
  /// The same for a WebSocket's handshake, with Engine.IO's path and query behind `url`; 101: it
  /// was accepted, and is over.
  json::value handshake(const std::string& url, json::object headers = {});
  /// Bytes that have come on a client's WebSocket.
  std::int64_t received(int client);

  /// The first argument of the first event of that name from `from` on.
  json::value wait_event(int client, const std::string& name, std::size_t from,
                         milliseconds timeout = milliseconds(20'000));
  /// The same, of the first one that fits.
  json::value wait_event(int client, const std::string& name, const predicate& fits,
                         std::size_t from, milliseconds timeout = milliseconds(20'000));
  /// The first argument of each event of that name.
  [[nodiscard]] std::vector<json::value> events(int client, const std::string& name,
                                                std::size_t from);
  /// The names of all events, in their order.
  [[nodiscard]] std::vector<std::string> event_names(int client, std::size_t from);
  /// Waits for a message about the connection: open, upgrade, connect, refused, disconnect.
  json::value wait_link(int client, const std::string& type, std::size_t from,
                        milliseconds timeout = milliseconds(20'000));

  /// All lines of log_update for a container as the client spelt it.
  [[nodiscard]] std::vector<std::string> log_lines(int client, const std::string& spelling,
                                                   std::size_t from);
  /// Waits for a line that holds `part`.
  void wait_line(int client, const std::string& part, std::size_t from,
                 milliseconds timeout = milliseconds(20'000));

private:
  int last_ = 0;
};

/// Fits a message of that client.
script_peer::predicate of(int client, script_peer::predicate more);

} // namespace dockhost::e2e
