// SPDX-License-Identifier: MIT
// One client in one namespace, as the application sees it; and its handle for other threads.
#pragma once

#include "actors/link/engineio_host.hpp"
#include "protocol/socketio_server.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors {

using protocol::engineio::server::shared_outgoing;

class socketio_client_link;
class socketio_remote;

/// The client's answer to emit_with_ack(), or why there is none: "timeout" or "disconnected".
using socketio_answer =
    std::function<void(basic_result<protocol::socketio::server::acked, std::string>)>;

/// Used on the io thread only. Of no effect once the client is gone, which connected() tells.
class socketio_socket : public std::enable_shared_from_this<socketio_socket> {
public:
  socketio_socket(std::weak_ptr<socketio_client_link> client, executor& io, std::string nsp,
                  std::string id);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& nsp() const { return nsp_; }
  [[nodiscard]] bool connected() const;

  /// False where it can't be sent (see protocol::socketio::server::encode_event), the client is
  /// gone, or too many bytes wait for it already.
  bool emit(std::string_view name, json::array args, std::vector<std::string> attachments = {});
  /// One that was encoded for this namespace, perhaps for many clients.
  bool emit_encoded(shared_outgoing packet);
  /// `answer` runs once, at the latest after `timeout`; not at all where this gives false.
  bool emit_with_ack(std::string_view name, json::array args, std::vector<std::string> attachments,
                     std::chrono::milliseconds timeout, socketio_answer answer);
  /// Bytes on their way to this client, those of its other namespaces included.
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Out of this namespace. on_disconnected is told.
  void disconnect();
  /// Out of all of them, and the connection ends.
  void close();

  /// The application's, kept as long as this is.
  std::shared_ptr<void> data;

  [[nodiscard]] socketio_remote remote();

private:
  friend class socketio_client_link;
  friend class socketio_remote;
  /// What other threads may look at.
  struct shared_state {
    std::atomic<bool> connected{true};
    std::atomic<std::size_t> posted{0}; ///< bytes that wait for the io thread
    std::atomic<std::size_t> queued{0}; ///< as last known
  };

  std::weak_ptr<socketio_client_link> client_;
  executor& io_;
  std::string nsp_;
  std::string id_;
  std::shared_ptr<shared_state> state_;
};

/// A handle for any thread, to be copied at will. The io thread outlives it.
class socketio_remote {
public:
  socketio_remote() = default;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] bool connected() const;
  /// As socketio_socket::queued_bytes() was when something was last sent or drained, and what
  /// waits for the io thread.
  [[nodiscard]] std::size_t queued_bytes() const;

  /// False, and nothing is done, where the client is known to be gone or queued_bytes() would pass
  /// `budget`. Order is kept.
  bool emit_encoded(shared_outgoing packet, std::size_t budget = 16 * 1024 * 1024) const;
  void disconnect() const;
  void close() const;
  /// `fn` runs on the io thread, if the client is still there then.
  void with_socket(std::function<void(socketio_socket&)> fn) const;

private:
  friend class socketio_server;
  friend class socketio_socket;
  executor* io_ = nullptr;
  std::weak_ptr<socketio_socket> socket_;
  std::shared_ptr<socketio_socket::shared_state> state_;
  std::string id_;
};

} // namespace dockhost::actors
