// SPDX-License-Identifier: MIT
#include "actors/live/outlet.hpp"

#include "actors/link/socketio_socket.hpp"

namespace dockhost::actors {
namespace {

class socketio_outlet final : public live_outlet {
public:
  explicit socketio_outlet(socketio_remote to) : to_(std::move(to)) {}
  bool emit(shared_outgoing packet, std::size_t budget) override {
    return to_.emit_encoded(std::move(packet), budget);
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return to_.queued_bytes(); }
  [[nodiscard]] bool connected() const override { return to_.connected(); }

private:
  socketio_remote to_;
};

} // namespace

live_outlet_ptr make_outlet(const socketio_remote& to) {
  return std::make_shared<socketio_outlet>(to);
}

} // namespace dockhost::actors
