// SPDX-License-Identifier: MIT
// The least that a node takes for a main server: Engine.IO 4 and Socket.IO 5 over WebSocket only.
// It times bytes, and parses nothing between a command and its answer.
#pragma once

#include "bench/peers/websocket.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::bench {

class main_server {
public:
  /// Packets are Socket.IO's, with Engine.IO's type in front.
  struct command {
    std::string peer;   ///< NODE_ID, or the role of a client that has none
    std::string packet; ///< what is sent
    std::string until;  ///< how the answer begins
  };
  struct answer {
    std::int64_t sent = 0;     ///< just before the bytes went to the kernel, ns
    std::int64_t answered = 0; ///< when the last byte had been read, ns
    std::string packet;
  };

  main_server();

  [[nodiscard]] std::uint16_t port() const { return port_of(listener_.get()); }

  /// Accepts for ever; a thread for each connection.
  void run();

  /// Who is connected, and their initial_state packets so far.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> peers();

  /// Sends and waits; from one thread only. Nothing when that peer is not there or went away, or
  /// `seconds` have passed.
  [[nodiscard]] std::optional<answer> exchange(const command& what, int seconds);

private:
  struct peer {
    std::shared_ptr<websocket> connection;
    std::vector<std::string> states;
  };

  void serve(unique_fd accepted) noexcept;
  void listen_to(const std::shared_ptr<websocket>& connection);
  void heard(const std::string& id, websocket::message message);

  unique_fd listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, peer> peers_;
  std::string awaited_peer_;
  std::string awaited_; ///< empty: nobody waits
  websocket::message answer_;
};

} // namespace dockhost::bench
