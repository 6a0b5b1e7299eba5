// SPDX-License-Identifier: MIT
// The main server of a test: npm's real socket.io in a process of its own
// (servers/main_server.mjs).
#pragma once

#include "tests/e2e/support/script_peer.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::e2e {

struct server_options {
  json::object config; ///< as in servers/main_server.mjs: options, refuseFirstWebsocket, tls
  std::string scheme = "http";
  std::string program = "main_server.mjs"; ///< below servers/
};

/// What it says is in script_peer's list.
class main_server : public script_peer {
public:
  main_server(const std::filesystem::path& folder, server_options options = {});

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// A new process on the same port.
  void start();
  /// A new process of another program on the same port.
  void become(server_options options);

  /// A node's connection, authenticated and followed by its node-hello.
  json::value wait_node(std::size_t from = 0, milliseconds timeout = milliseconds(30'000));
  /// The first argument of an event of that name.
  json::value wait_event(const std::string& name, std::size_t from, milliseconds timeout);
  json::value wait_disconnect(std::size_t from, milliseconds timeout = milliseconds(30'000));

  void emit(const std::string& event, json::value payload);
  /// A command with an acknowledgement: the reply.
  json::value command(const std::string& event, json::value payload,
                      milliseconds timeout = milliseconds(60'000));
  /// The same; nothing when the node's connection ended first, or there is none.
  std::optional<json::value> try_command(const std::string& event, json::value payload,
                                         milliseconds timeout = milliseconds(30'000));
  /// The same in two steps, for several at once.
  std::int64_t send(const std::string& event, json::value payload,
                    milliseconds timeout = milliseconds(120'000));
  json::value reply(std::int64_t id, milliseconds timeout = milliseconds(120'000));
  /// A command again and again, one at a time, for so long: how long each answer took, in ms.
  /// Throws when one is no success.
  std::vector<double> time_commands(const std::string& event, json::value payload,
                                    milliseconds how_long);
  /// A V2 request; the first argument of the next event named after the user.
  json::value v2(const std::string& event, json::object payload, const std::string& user,
                 milliseconds timeout = milliseconds(60'000));

private:
  server_options options_;
  std::uint16_t port_ = 0;
};

} // namespace dockhost::e2e
