// SPDX-License-Identifier: MIT
// The connection actor, handing on what the main server asks of the live view (PROTOCOL part 1c).
// It is a client there as long as the session lasts.
#include "actors/node/connection_actor.hpp"
#include "protocol/live_events.hpp"
#include "protocol/live_requests.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace dockhost::actors {

namespace {

/// A server that shows many containers to many people asks in bursts.
constexpr double requests_per_second = 200;
constexpr double requests_at_once = 1'000;
constexpr std::size_t packet_overhead = 64;

std::string client_of(std::uint64_t session) {
  return "main server, session " + std::to_string(session);
}

} // namespace

void connection_state::join_live() {
  live_rate_.emplace(requests_per_second, requests_at_once, self_->clock().now());
  self_->send(live_, server_joined{client_of(session_), link_->outlet()});
}

void connection_state::leave_live() {
  if (!live_rate_) return;
  live_rate_.reset();
  self_->send(live_, client_gone{client_of(session_)});
}

void connection_state::ask_live(link_event& e) {
  if (!live_rate_) return;
  const connection_actor me(self_);
  socketio_ack ack;
  if (e.ack) {
    ack = socketio_ack(
        [me, session = session_, id = *e.ack, sent = std::make_shared<std::atomic<bool>>(false)](
            json::array args, const std::vector<std::string>&) {
          if (sent->exchange(true)) return;
          caf::anon_send(me, link_answer{session, id, args.empty() ? json::value() : args.front()});
        });
  }
  const auto refuse = [&](std::string_view why, std::string_view code) {
    env_->metrics->refused(code);
    ack({protocol::encode_live_refusal(why, code)});
  };
  if (!live_rate_->take(self_->clock().now())) return refuse("Too many requests", "rate_limited");
  auto what = protocol::decode_live_request(e.name, e.arguments.empty() ? json::value()
                                                                        : e.arguments.front());
  if (!what) return refuse(what.err(), "invalid_request");
  self_->send(live_, client_request{client_of(session_), std::move(e.name), std::move(what).value(),
                                    std::move(ack)});
}

void connection_state::answer(const link_answer& a) {
  if (a.session != session_ || phase_ != phase::connected || !link_) return;
  auto payload = a.payload;
  const auto room = link_->max_payload();
  if (room != 0 && json::dump(payload).size() + packet_overhead > room) {
    payload =
        protocol::encode_live_refusal("The answer is longer than the server takes", "capacity");
  }
  link_->acknowledge(a.ack, {std::move(payload)}, {});
}

} // namespace dockhost::actors
