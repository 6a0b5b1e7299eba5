// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace dockhost::test {

/// Stands between a client and a server, on a unix socket or on 127.0.0.1, and misbehaves on order.
class fault_proxy {
public:
  /// "unix:///path" or "tcp://127.0.0.1:port" each; port 0 on the listening side: any.
  fault_proxy(const std::string& listen, std::string target);
  ~fault_proxy();
  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  /// Nothing passes, in either direction, and connections stay open.
  void stall(bool on) { stalled_ = on; }
  /// Requests pass, and nothing of the answers.
  void swallow_answers(bool on) { swallowing_ = on; }
  /// Closes all connections, and every new one at once, until it is switched off.
  void cut(bool on) { cutting_ = on; }

  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  [[nodiscard]] std::size_t open() const { return open_; }
  /// Logs of an engine that clients follow now, and the most that ever were at once.
  [[nodiscard]] std::size_t followed() const { return followed_; }
  [[nodiscard]] std::size_t most_followed() const { return most_followed_; }
  /// Pieces that clients have sent so far: above zero, a request is on its way.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

private:
  struct link;
  void run();

  std::string target_;
  std::string unix_path_; ///< to remove at the end
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stalled_{false}, swallowing_{false}, cutting_{false}, done_{false};
  std::atomic<std::size_t> accepted_{0}, open_{0}, followed_{0}, most_followed_{0};
  std::atomic<std::uint64_t> received_{0};
  std::thread thread_;
};

} // namespace dockhost::test
