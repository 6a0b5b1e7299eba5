// SPDX-License-Identifier: MIT
// The server's Socket.IO machine for one client. The input: steps (a byte each, with what they need
// behind it), of the client and of the application.
#include "protocol/socketio_server.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <map>
#include <set>
#include <string>
#include <variant>

namespace dockhost::fuzz {
namespace {

using namespace protocol;
namespace server = protocol::socketio::server;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

std::string_view namespace_of(std::uint8_t byte) {
  constexpr std::string_view names[] = {"/", "/a", "/unknown"};
  return names[byte % std::size(names)];
}

/// The machine, and what its application knows of it.
class application {
public:
  application() {
    options_.namespaces = {"/", "/a"};
    options_.max_received = 2000;
    options_.max_pending_acks = 3;
  }

  void step(input& in) {
    const auto what = in.byte();
    const auto nsp = namespace_of(what / 16);
    switch (what % 12) {
    case 0: session_.message(false, std::string(in.piece()), now_); break;
    case 1: session_.message(true, std::string(in.piece()), now_); break;
    case 2:
      session_.accept(nsp, "sid");
      if (state_of(nsp) == state::connecting && !over_)
        states_[std::string(nsp)] = state::connected;
      break;
    case 3:
      session_.refuse(nsp, "no");
      if (state_of(nsp) == state::connecting) states_.erase(std::string(nsp));
      break;
    case 4: emit(nsp, in.piece()); break;
    case 5: ask(nsp, in.byte()); break;
    case 6: (void)session_.acknowledge(nsp, in.byte(), {json::value(1)}); break;
    case 7:
      session_.disconnect(nsp);
      if (state_of(nsp) == state::connected) states_[std::string(nsp)] = state::put_out;
      break;
    case 8:
      now_ += std::chrono::milliseconds(100) * in.byte();
      session_.tick(now_);
      break;
    case 9: session_.ended(); break;
    case 10: session_.close_all(server::end_reason::shutdown); break;
    case 11: session_.message(false, std::string(in.rest()), now_); break;
    }
    drain();
    if (what % 12 == 9 || what % 12 == 10) over_ = true;
    require(session_.is_connected(nsp) == (state_of(nsp) == state::connected && !over_),
            "who is connected is known");
  }

  void finish() {
    session_.ended();
    drain();
    require(asked_.empty(), "every question has an answer");
    for (const auto& [nsp, s] : states_)
      require(s == state::put_out, "every client that came has left");
    require(!session_.deadline(), "a session that is over waits for nothing");
  }

private:
  enum class state { none, connecting, connected, put_out };
  [[nodiscard]] state state_of(std::string_view nsp) const {
    const auto at = states_.find(nsp);
    return at == states_.end() ? state::none : at->second;
  }

  void emit(std::string_view nsp, std::string_view text) {
    auto packet = server::encode_event(nsp, "e", {json::value(text), socketio::placeholder(0)},
                                       {std::string(text)});
    require(packet.ok(), "an event can be encoded");
    const auto sent = session_.emit(nsp, std::move(*packet));
    require(sent.ok() == session_.is_connected(nsp), "events go to who is connected");
  }

  void ask(std::string_view nsp, std::uint8_t seconds) {
    const auto id = session_.emit_with_ack(nsp, "q", {}, {}, std::chrono::seconds(seconds), now_);
    if (id) {
      require(asked_.emplace(*id, nsp).second, "an id is new");
      require(asked_.size() <= options_.max_pending_acks, "so many questions and no more");
    } else if (session_.is_connected(nsp)) {
      require(asked_.size() == options_.max_pending_acks, "a question is refused for a reason");
    }
  }

  void answered(std::uint64_t id, const std::string& nsp) {
    const auto at = asked_.find(id);
    require(at != asked_.end() && at->second == nsp, "a question is answered once");
    asked_.erase(at);
  }

  void drain() {
    while (auto next = session_.next()) {
      require(!over_, "nothing after the end");
      std::visit(overloaded{
                     [&](const server::send& s) { judge(*s.what); },
                     [&](const server::close&) { over_ = true; },
                     [&](const server::connecting& c) {
                       const auto s = state_of(c.nsp);
                       require(s == state::none || s == state::put_out, "one asks once");
                       require(options_.namespaces.contains(c.nsp), "for a namespace there is");
                       require(c.auth.as_object() != nullptr, "with an object");
                       states_[c.nsp] = state::connecting;
                     },
                     [&](const server::event& e) {
                       require(state_of(e.nsp) == state::connected, "events of who is connected");
                       require(!socketio::is_reserved_event(e.name), "with a name that may be");
                     },
                     [&](const server::acked& a) {
                       require(state_of(a.nsp) == state::connected, "answers of who is connected");
                       answered(a.id, a.nsp);
                     },
                     [&](const server::ack_failed& a) { answered(a.id, a.nsp); },
                     [&](const server::left& l) {
                       require(state_of(l.nsp) == (l.joined ? state::connected : state::connecting),
                               "who leaves was there");
                       states_.erase(l.nsp);
                     },
                 },
                 *next);
    }
    require(session_.leaving_bytes() == 0, "nothing stays behind");
  }

  /// What is sent must be sound to the client.
  void judge(const engineio::server::outgoing& what) {
    require(what.text.starts_with('4'), "a packet is a message");
    auto got = client_.text(std::string_view(what.text).substr(1));
    require(got.ok(), "a client can read it");
    for (const auto& bytes : what.attachments) {
      require(!*got, "attachments are announced");
      got = client_.binary(bytes);
      require(got.ok(), "a client can read what is attached");
    }
    require(got->has_value(), "a packet goes out whole");
  }

  server::options options_;
  server::time_point now_{std::chrono::hours(1)};
  server::session session_{options_, now_};
  socketio::decoder client_;
  std::map<std::string, state, std::less<>> states_;
  std::map<std::uint64_t, std::string> asked_;
  bool over_ = false;
};

} // namespace

void socketio_server(std::string_view bytes) {
  input in(bytes);
  application all;
  while (!in.at_end())
    all.step(in);
  all.finish();
}

} // namespace dockhost::fuzz
