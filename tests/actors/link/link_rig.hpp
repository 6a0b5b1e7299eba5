// SPDX-License-Identifier: MIT
// A driver against a peer in a process of its own (tests/e2e/servers/socketio_peer.mjs).
#pragma once

#include "actors/link/server_url.hpp"
#include "actors/link/socketio_driver.hpp"
#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/child_process.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace dockhost::actors::test {

using std::chrono_literals::operator""ms;

/// The peer's process. Waits throw after ten seconds.
class peer_server {
public:
  explicit peer_server(json::object config = {});

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] e2e::child_process& process() { return *process_; }
  /// The next message of that type; others before it are dropped.
  json::value wait(const std::string& type);
  void send(json::object command);
  /// The same configuration and port in a new process.
  void restart();

private:
  void start();
  json::object config_;
  std::unique_ptr<e2e::child_process> process_;
  std::uint16_t port_ = 0;
};

/// What the handlers of one driver said, in order, as lines: "connected websocket", "refused TEXT",
/// "event NAME ARGS [ack=N] [HEX...]", "upgraded", "disconnected REASON".
class news {
public:
  void add(std::string line);
  /// The next line; "(nothing)" when none comes within the time.
  std::string next(std::chrono::milliseconds within = 10'000ms);
  [[nodiscard]] std::size_t waiting();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

std::string hex(std::string_view bytes);

/// Handlers that write into `to`, which they keep alive.
socketio_driver_handlers write_to(const std::shared_ptr<news>& to);

socketio_driver_options driver_options(const std::string& path = "/socket.io/");

/// One connection to 127.0.0.1.
class connection {
public:
  explicit connection(std::uint16_t port, socketio_driver_options options = driver_options(),
                      std::optional<net::tls_options> tls = std::nullopt);
  ~connection() { driver.reset(); }

  std::string next(std::chrono::milliseconds within = 10'000ms) { return log->next(within); }
  /// Sends and waits for the word whether it was taken: "sent" or the error.
  std::string emit(std::string name, json::array args, std::vector<std::string> attachments = {});
  std::string acknowledge(std::uint64_t id, json::array args,
                          std::vector<std::string> attachments = {});
  /// The answer's arguments and attachments (hex), or "failed: WHY".
  std::string ask(std::string name, json::array args, std::vector<std::string> attachments = {},
                  std::chrono::milliseconds timeout = 5'000ms);

  net::io_thread io;
  std::shared_ptr<news> log = std::make_shared<news>();
  std::unique_ptr<socketio_driver> driver;
};

} // namespace dockhost::actors::test
