// SPDX-License-Identifier: MIT
#include "apps/node_link.hpp"

#include "actors/link/socketio_driver.hpp"
#include "actors/live/outlet.hpp"
#include "platform/log.hpp"

#include <atomic>
#include <utility>

namespace dockhost::apps {

namespace {

namespace socketio = protocol::socketio;
using platform::log_level;

json::value introduction(const node_introduction& who, const std::string& api_key) {
  return json::object{{"DOCKHOST_API_KEY", api_key},
                      {"LAN_IP", who.lan_ip.empty() ? json::value() : json::value(who.lan_ip)},
                      {"NODE_ID", who.node_id},
                      {"BOOT_ID", who.boot_id},
                      {"VERSION", who.version}};
}

/// What the io thread writes and the connection actor reads.
struct link_facts {
  std::atomic<std::size_t> max_payload{0};
  bool refused = false; ///< io thread only
};

actors::link_verdict verdict_of(const socketio::send_result<unit>& sent) {
  if (sent.ok()) return actors::link_verdict::sent;
  platform::log(log_level::warn, "connection", "packet.unsent", "a packet could not be sent",
                {{"reason", std::string(socketio::to_string(sent.err()))}});
  switch (sent.err()) {
  case socketio::send_error::not_connected:
  case socketio::send_error::queue_full:
  case socketio::send_error::too_many_acks: break;
  case socketio::send_error::invalid:
  case socketio::send_error::too_large: return actors::link_verdict::refused;
  }
  return actors::link_verdict::unsent;
}

class bulk_outlet final : public actors::live_outlet {
public:
  explicit bulk_outlet(actors::socketio_bulk to) : to_(std::move(to)) {}
  bool emit(actors::socketio_bulk::packet packet, std::size_t budget) override {
    return to_.emit(std::move(packet), budget);
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return to_.queued_bytes(); }
  [[nodiscard]] bool connected() const override { return to_.connected(); }

private:
  actors::socketio_bulk to_;
};

class driver_link final : public actors::server_link {
public:
  driver_link(net::io_thread& io, net::endpoint where, actors::socketio_driver_options options,
              const actors::server_link_handlers& handlers)
      : on_done_(handlers.on_done), facts_(std::make_shared<link_facts>()),
        driver_(io, std::move(where), std::move(options), adapt(handlers, facts_)) {}

  void emit(std::string event, json::array arguments,
            std::optional<std::uint64_t> number) override {
    if (!driver_.emit(std::move(event), std::move(arguments), {}, done(number))) overflow(number);
  }

  void acknowledge(std::uint64_t ack, json::array arguments,
                   std::optional<std::uint64_t> number) override {
    if (!driver_.acknowledge(ack, std::move(arguments), {}, done(number))) overflow(number);
  }

  void close() override {
    if (!driver_.close()) overflow({});
  }

  [[nodiscard]] actors::live_outlet_ptr outlet() override {
    return std::make_shared<bulk_outlet>(driver_.bulk());
  }

  [[nodiscard]] std::size_t max_payload() const override { return facts_->max_payload; }

private:
  [[nodiscard]] actors::socketio_driver::sent_fn done(std::optional<std::uint64_t> number) const {
    return [to = on_done_, number](const socketio::send_result<unit>& sent) {
      const auto verdict = verdict_of(sent);
      if (number) to(*number, verdict);
    };
  }

  void overflow(std::optional<std::uint64_t> number) const {
    platform::log(log_level::warn, "connection", "packet.unsent", "a packet could not be sent",
                  {{"reason", "too many wait for the io thread"}});
    if (number) on_done_(*number, actors::link_verdict::unsent);
  }

  static actors::socketio_driver_handlers adapt(const actors::server_link_handlers& to,
                                                std::shared_ptr<link_facts> facts) {
    actors::socketio_driver_handlers from;
    from.on_connected = [to, facts](socketio::connected c) {
      if (c.server.max_payload > 0)
        facts->max_payload = static_cast<std::size_t>(c.server.max_payload);
      platform::log(log_level::debug, "connection", "connection.transport",
                    c.websocket ? "over WebSocket" : "over polling");
      to.on_connected();
    };
    from.on_refused = [to, facts](socketio::connect_refused r) {
      facts->refused = true;
      to.on_refused(std::move(r.message));
    };
    from.on_event = [to](socketio::event e) {
      to.on_event(std::move(e.name), std::move(e.args), e.ack_id);
    };
    from.on_upgraded = [] {
      platform::log(log_level::debug, "connection", "connection.transport",
                    "upgraded to WebSocket");
    };
    from.on_heartbeat = to.on_heartbeat;
    // After a refusal the connection actor has already moved on.
    from.on_disconnected = [to, facts](socketio::disconnected d) {
      if (!facts->refused) to.on_closed(std::move(d.text), d.clean);
    };
    return from;
  }

  std::function<void(std::uint64_t, actors::link_verdict)> on_done_;
  std::shared_ptr<link_facts> facts_;
  actors::socketio_driver driver_;
};

} // namespace

std::unique_ptr<actors::server_link>
open_server_link(net::io_thread& io, const settings& values, const actors::server_address& server,
                 const node_introduction& who, const std::string& api_key,
                 const actors::server_link_handlers& handlers) {
  const auto& config = values.server;
  net::tls_options tls{config.tls_verify, config.ca_file, config.client_cert, config.client_key};
  actors::socketio_driver_options options;
  options.socketio.engine.path = server.path;
  options.socketio.engine.query = {{"role", "backend"}};
  options.socketio.engine.connect_timeout = config.connect_timeout;
  options.socketio.connect_timeout = config.connect_timeout;
  options.socketio.max_received = static_cast<std::size_t>(config.max_payload);
  options.socketio.auth = introduction(who, api_key);
  return std::make_unique<driver_link>(io, actors::to_endpoint(server, tls), std::move(options),
                                       handlers);
}

} // namespace dockhost::apps
