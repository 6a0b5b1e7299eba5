// SPDX-License-Identifier: MIT
// The client's Socket.IO machine with its Engine.IO machine inside. The input: a byte of options,
// then steps (a byte each, with what they need behind it), of the sockets and of the application.
#include "protocol/socketio_client.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <variant>

namespace dockhost::fuzz {
namespace {

namespace engineio = protocol::engineio;
namespace socketio = protocol::socketio;
using engineio::ws_slot;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

socketio::client_options options_of(std::uint8_t flags) {
  socketio::client_options o;
  o.engine.websocket = (flags & 1) == 0;
  o.engine.polling = (flags & 2) == 0;
  o.engine.max_queued = 1000;
  o.max_received = 2000;
  o.max_pending_acks = 3;
  o.max_namespaces = 3;
  return o;
}

/// The machine, and what its driver and its application know of it.
class driver {
public:
  explicit driver(std::uint8_t flags) : client_(options_of(flags)) {
    client_.start(now_);
    drain();
  }

  void step(input& in) {
    const auto what = in.byte();
    const auto slot = (what & 0x10) != 0 ? ws_slot::probe : ws_slot::main;
    auto& socket = sockets_[static_cast<std::size_t>(slot)];
    const engineio::link_failure why{static_cast<engineio::link_failure_kind>(what / 32 % 7), "x"};
    const std::string nsp = (what & 0x20) != 0 ? "/a" : "/";
    switch (what & 15) {
    case 0:
      if (socket != state::opening) return;
      socket = state::open;
      client_.websocket_opened(slot, now_);
      break;
    case 1: {
      const auto frame = in.piece();
      if (socket == state::open) client_.websocket_text(slot, frame, now_);
      break;
    }
    case 2: {
      const auto bytes = in.piece();
      if (socket == state::open) client_.websocket_binary(slot, std::string(bytes), now_);
      break;
    }
    case 3:
      if (socket == state::none) return;
      socket = state::none;
      given_up_.erase(slot);
      client_.websocket_closed(slot, why, now_);
      break;
    case 4: {
      const auto body = in.piece();
      get_out_ = false;
      client_.http_get_done(what >= 0xf0 ? 502 : 200, body, now_);
      break;
    }
    case 5:
      get_out_ = false;
      client_.http_get_failed(why, now_);
      break;
    case 6:
      post_out_ = false;
      client_.http_post_done(what >= 0xf0 ? 400 : 200, now_);
      break;
    case 7:
      post_out_ = false;
      client_.http_post_failed(why, now_);
      break;
    case 8:
      now_ += std::chrono::milliseconds(100) * in.byte();
      client_.tick(now_);
      break;
    case 9: (void)client_.emit("e", {json::value(in.piece())}, {}, nsp); break;
    case 10: ask(nsp, in.byte()); break;
    case 11: (void)client_.acknowledge(in.byte(), {}, {}, nsp); break;
    case 12: (void)client_.join(nsp, nullptr, now_); break;
    case 13:
      client_.leave(nsp);
      if (nsp != "/") joined_.erase(nsp);
      break;
    case 14: client_.close(now_); break;
    case 15: {
      const auto bytes = std::string(in.piece());
      (void)client_.emit("b", {socketio::placeholder(0)}, {bytes}, nsp);
      break;
    }
    }
    drain();
  }

  void finish() {
    client_.close(now_);
    drain();
    client_.tick(now_ + std::chrono::hours(48));
    drain();
    require(ended_, "a connection that is closed ends in time");
    require(asked_.empty(), "every question has an answer");
    require(!client_.next_deadline(), "a connection that has ended waits for nothing");
  }

private:
  enum class state { none, opening, open };

  void ask(const std::string& nsp, std::uint8_t seconds) {
    const auto id = client_.emit_with_ack("q", {}, {}, std::chrono::seconds(seconds), now_, nsp);
    if (!id) return;
    require(asked_.insert(*id).second, "an id is new");
    require(asked_.size() <= 3, "so many questions and no more");
  }

  state& socket_of(ws_slot slot) { return sockets_[static_cast<std::size_t>(slot)]; }
  void writes(ws_slot slot) {
    require(socket_of(slot) == state::open && !given_up_.contains(slot),
            "frames go to a socket that is open");
  }

  void drain() {
    while (auto next = client_.next()) {
      require(!ended_, "nothing after the end");
      std::visit(overloaded{
                     [&](const engineio::open_websocket& o) {
                       require(socket_of(o.slot) == state::none, "a socket is opened once");
                       socket_of(o.slot) = state::opening;
                     },
                     [&](const engineio::send_text& s) { writes(s.slot); },
                     [&](const engineio::send_binary& s) { writes(s.slot); },
                     [&](const engineio::close_websocket& c) {
                       require(socket_of(c.slot) != state::none && given_up_.insert(c.slot).second,
                               "a socket is closed once");
                     },
                     [&](const engineio::http_get&) {
                       require(!std::exchange(get_out_, true), "one GET at a time");
                     },
                     [&](const engineio::http_post& p) {
                       require(!std::exchange(post_out_, true), "one POST at a time");
                       judge(p.body);
                     },
                     [&](const engineio::cancel_http&) { get_out_ = post_out_ = false; },
                     [&](const engineio::upgraded&) {
                       require(!std::exchange(upgraded_, true), "one upgrade");
                     },
                     [&](const socketio::connected& c) {
                       require(joined_.insert(c.nsp).second, "one is accepted once");
                       max_payload_ = c.server.max_payload;
                     },
                     [&](const socketio::connect_refused& r) {
                       require(!joined_.contains(r.nsp), "who is in is not refused");
                     },
                     [&](const socketio::event& e) {
                       require(joined_.contains(e.nsp), "events of a namespace we are in");
                       require(!socketio::is_reserved_event(e.name), "with a name that may be");
                     },
                     [&](const socketio::acked& a) { answered(a.id); },
                     [&](const socketio::ack_failed& a) { answered(a.id); },
                     [&](const socketio::namespace_closed& c) {
                       require(joined_.erase(c.nsp) == 1, "who is put out was in");
                     },
                     [&](const socketio::disconnected&) { ended_ = true; },
                 },
                 *next);
    }
    require(ended_ || client_.next_deadline().has_value(), "a connection has a deadline");
  }

  void answered(std::uint64_t id) { require(asked_.erase(id) == 1, "a question is answered once"); }

  void judge(std::string_view body) const {
    require(!max_payload_ || body.size() <= *max_payload_, "a POST keeps to the server's limit");
    for (engineio::payload_reader reader(body);;) {
      const auto next = reader.next();
      require(next.ok(), "a POST is a payload");
      if (!*next) return;
    }
  }

  engineio::time_point now_{std::chrono::hours(1)};
  socketio::client client_;
  std::array<state, 2> sockets_{};
  std::set<ws_slot> given_up_; ///< closed by the machine, and not over yet
  bool get_out_ = false;
  bool post_out_ = false;
  bool upgraded_ = false;
  bool ended_ = false;
  std::set<std::string> joined_;
  std::set<std::uint64_t> asked_;
  std::optional<std::size_t> max_payload_;
};

} // namespace

void socketio_client(std::string_view bytes) {
  input in(bytes);
  driver all(in.byte());
  while (!in.at_end())
    all.step(in);
  all.finish();
}

} // namespace dockhost::fuzz
