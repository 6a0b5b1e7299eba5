// SPDX-License-Identifier: MIT
// The main server of a test: npm's real socket.io in a process of its own
// (servers/main_server.mjs).
#pragma once

#include "tests/e2e/support/child_process.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::e2e {

struct server_options {
  json::object config; ///< as in servers/main_server.mjs: options, refuseFirstWebsocket, tls
  std::string scheme = "http";
  std::string program = "main_server.mjs"; ///< below servers/
};

/// Everything it says is kept in order; a position in that list is how a test says "from here on".
/// All waits have a deadline and throw std::runtime_error when it passes.
class main_server {
public:
  main_server(const std::filesystem::path& folder, server_options options = {});

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// SIGKILL: from the node's side, the machine is gone.
  void kill();
  void signal(int number) const { process_->signal(number); }
  /// A new process on the same port.
  void start();
  /// A new process of another program on the same port.
  void become(server_options options);

  /// How many messages there are: the position of the next one.
  std::size_t mark();
  using predicate = std::function<bool(const json::value&)>;
  /// The first message from `from` on that fits.
  json::value wait(const predicate& fits, std::size_t from, milliseconds timeout,
                   const std::string& what);
  /// Whether one is there that fits, without waiting.
  [[nodiscard]] bool seen(const predicate& fits, std::size_t from);
  [[nodiscard]] std::size_t count(const predicate& fits, std::size_t from);

  /// A node's connection, authenticated and followed by its node-hello.
  json::value wait_node(std::size_t from = 0, milliseconds timeout = milliseconds(30'000));
  /// The first argument of an event of that name.
  json::value wait_event(const std::string& name, std::size_t from, milliseconds timeout);
  json::value wait_disconnect(std::size_t from, milliseconds timeout = milliseconds(30'000));

  /// An operation of the server program; its value.
  json::value call(const std::string& op, json::object fields = {});

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
  /// A V2 request; the first argument of the next event named after the user.
  json::value v2(const std::string& event, json::object payload, const std::string& user,
                 milliseconds timeout = milliseconds(60'000));

private:
  void pump(milliseconds timeout);
  std::int64_t post(const std::string& op, json::object fields);

  std::filesystem::path folder_;
  server_options options_;
  std::unique_ptr<child_process> process_;
  std::uint16_t port_ = 0;
  std::int64_t next_id_ = 1;
  std::vector<json::value> messages_;
};

/// Fits a message of type `t` whose member `name` (if not empty) is `value`.
main_server::predicate is(std::string type, std::string name = {}, std::string value = {});

} // namespace dockhost::e2e
