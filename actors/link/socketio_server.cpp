// SPDX-License-Identifier: MIT
#include "actors/link/socketio_server.hpp"

#include "actors/link/socketio_client_link.hpp"

namespace dockhost::actors {

namespace {

/// Lets an Engine.IO session hear of its client, which sockets and late decisions share.
class client_listener final : public engineio_listener {
public:
  client_listener(const std::shared_ptr<socketio_shared>& shared, engineio_connection& connection)
      : link_(std::make_shared<socketio_client_link>(shared, connection)) {}

  void on_message(bool binary, std::string data) override {
    link_->on_message(binary, std::move(data));
  }
  void on_drained() override { link_->on_drained(); }
  void on_closed(protocol::engineio::server::end_reason why) override { link_->on_closed(why); }
  [[nodiscard]] std::optional<time_point> deadline() const override { return link_->deadline(); }
  void on_tick(time_point now) override { link_->on_tick(now); }

private:
  std::shared_ptr<socketio_client_link> link_;
};

} // namespace

struct socketio_server::core {
  core(executor& io, socketio_server_options o)
      : shared(std::make_shared<socketio_shared>(io)),
        host(io, std::move(o.engine), [s = shared](engineio_connection& connection) {
          return std::make_unique<client_listener>(s, connection);
        }) {
    shared->rules.namespaces.clear();
    shared->rules.connect_timeout = o.connect_timeout;
    shared->rules.max_received = o.max_received;
    shared->rules.max_pending_acks = o.max_pending_acks;
  }

  std::shared_ptr<socketio_shared> shared;
  engineio_host host;
};

socketio_server::socketio_server(executor& io, socketio_server_options options)
    : io_(io), core_(std::make_shared<core>(io, std::move(options))) {}

/// What is left goes on the io thread, where it lives.
socketio_server::~socketio_server() {
  core_->shared->gate.shut();
  io_.post([last = std::move(core_)] {});
}

socketio_namespace& socketio_server::of(const std::string& nsp) {
  core_->shared->rules.namespaces.insert(nsp);
  return core_->shared->namespaces[nsp];
}

bool socketio_server::handle(const std::shared_ptr<net::http_exchange>& exchange) {
  core_->shared->thread = std::this_thread::get_id();
  return core_->host.handle(exchange);
}

void socketio_server::close(std::function<void()> done) {
  io_.post([c = core_, done = std::move(done)] {
    if (c->shared->gate.is_shut()) return;
    c->host.shut_down();
    c->shared->gate.pass([&] {
      if (done) done();
    });
  });
}

void socketio_server::broadcast(std::vector<socketio_remote> to, shared_outgoing packet,
                                std::size_t budget,
                                std::function<void(std::vector<std::string>)> refused) {
  io_.post([shared = core_->shared, to = std::move(to), packet = std::move(packet), budget,
            refused = std::move(refused)] {
    if (shared->gate.is_shut()) return;
    std::vector<std::string> behind;
    for (const auto& each : to) {
      const auto socket = each.socket_.lock();
      if (!socket || !socket->connected()) continue;
      const bool room = socket->queued_bytes() + packet->bytes() <= budget;
      if (!room || !socket->emit_encoded(packet)) behind.push_back(each.id());
    }
    shared->gate.pass([&] {
      if (refused && !behind.empty()) refused(std::move(behind));
    });
  });
}

std::size_t socketio_server::clients() const {
  return core_->shared->clients;
}

} // namespace dockhost::actors
