// SPDX-License-Identifier: MIT
#include "protocol/socketio_server.hpp"

#include <algorithm>

namespace dockhost::protocol::socketio::server {
namespace {

shared_outgoing share(encoded_packet p) {
  return std::make_shared<const engineio::server::outgoing>(engineio::server::outgoing{
      engineio::encode_text(engineio::packet_type::message, p.text), std::move(p.attachments)});
}

packet event_packet(std::string_view nsp, std::string_view name, json::array args,
                    std::vector<std::string> attachments) {
  packet p;
  p.nsp = nsp;
  args.insert(args.begin(), json::value(name));
  p.data = std::move(args);
  p.attachments = std::move(attachments);
  return p;
}

} // namespace

wire_result<shared_outgoing> encode_event(std::string_view nsp, std::string_view name,
                                          json::array args, std::vector<std::string> attachments) {
  auto encoded = encode(event_packet(nsp, name, std::move(args), std::move(attachments)));
  if (!encoded) return fail(std::move(encoded).err());
  return share(std::move(encoded).value());
}

wire_result<shared_outgoing> encode_event_text(std::string_view nsp, std::string_view name,
                                               std::string_view args) {
  auto encoded = encode(event_packet(nsp, name, {}, {}));
  if (!encoded) return fail(std::move(encoded).err());
  if (!args.empty()) {
    encoded->text.back() = ','; // the array's bracket
    encoded->text.reserve(encoded->text.size() + args.size() + 1);
    encoded->text += args;
    encoded->text += ']';
  }
  return share(std::move(encoded).value());
}

std::string_view to_string(send_error e) {
  switch (e) {
  case send_error::not_connected: return "not connected";
  case send_error::invalid: return "invalid packet";
  case send_error::too_many_acks: return "too many acknowledgements are out";
  }
  return "unknown";
}

session::session(const options& o, time_point now)
    : options_(o), decoder_(o.max_received), connect_deadline_(now + o.connect_timeout) {}

session::member* session::find(std::string_view nsp) {
  const auto at = std::ranges::find(members_, nsp, &member::nsp);
  return at != members_.end() ? &*at : nullptr;
}

bool session::is_connected(std::string_view nsp) const {
  const auto at = std::ranges::find(members_, nsp, &member::nsp);
  return !over_ && at != members_.end() && at->state == membership::connected;
}

// --- what comes in

void session::message(bool binary, std::string data, time_point) {
  if (over_) return;
  auto got = binary ? decoder_.binary(std::move(data)) : decoder_.text(data);
  if (!got) return give_up(end_reason::bad_packet);
  if (*got) on_packet(std::move(**got));
}

void session::on_packet(packet p) {
  const auto* m = find(p.nsp);
  if (p.type == packet_type::connect) return on_connect(p);
  // We have put it out of there, which it may not know yet.
  if (m != nullptr && m->state == membership::put_out) return;
  if (p.type == packet_type::disconnect && m != nullptr) {
    fail_acks_of(p.nsp);
    out_.emplace_back(left{p.nsp, m->state == membership::connected});
    std::erase_if(members_, [&](const member& each) { return each.nsp == p.nsp; });
    return;
  }
  if (m == nullptr || m->state != membership::connected || p.type == packet_type::connect_error) {
    return give_up(end_reason::bad_packet);
  }
  if (p.type == packet_type::event) return on_event(p);
  on_ack(p);
}

void session::on_connect(packet& p) {
  if (!options_.namespaces.contains(p.nsp)) {
    write({packet_type::connect_error,
           p.nsp,
           {},
           json::object{{"message", "Invalid namespace"}},
           {}});
    return;
  }
  auto* m = find(p.nsp);
  if (m != nullptr && m->state != membership::put_out) return give_up(end_reason::bad_packet);
  if (m != nullptr) {
    m->state = membership::connecting;
  } else {
    members_.push_back({p.nsp, membership::connecting});
  }
  if (p.data.is_null()) p.data = json::object{};
  out_.emplace_back(connecting{std::move(p.nsp), std::move(p.data)});
}

/// The decoder has checked that there is an array with a name in front.
void session::on_event(packet& p) {
  auto& args = *p.data.as_array();
  event e;
  e.nsp = std::move(p.nsp);
  e.name = *args.front().as_string();
  args.erase(args.begin());
  e.args = std::move(args);
  e.attachments = std::move(p.attachments);
  e.ack_id = p.id;
  out_.emplace_back(std::move(e));
}

/// One that nobody waits for (any more) is ignored.
void session::on_ack(packet& p) {
  if (!acks_) return;
  const auto at = acks_->by_id.find(*p.id);
  if (at == acks_->by_id.end() || at->second.nsp != p.nsp) return;
  acks_->by_time.erase({at->second.deadline, at->first});
  acks_->by_id.erase(at);
  if (acks_->by_id.empty()) acks_.reset();
  out_.emplace_back(
      acked{std::move(p.nsp), *p.id, std::move(*p.data.as_array()), std::move(p.attachments)});
}

void session::fail_acks_of(std::string_view nsp) {
  if (!acks_) return;
  std::erase_if(acks_->by_id, [&](const auto& entry) {
    const auto& [id, pending] = entry;
    if (pending.nsp != nsp) return false;
    acks_->by_time.erase({pending.deadline, id});
    out_.emplace_back(ack_failed{pending.nsp, id, false});
    return true;
  });
  if (acks_->by_id.empty()) acks_.reset();
}

/// No DISCONNECT packets: the end of the session says it.
void session::give_up(end_reason why) {
  if (over_) return;
  ended();
  out_.emplace_back(close{why});
}

void session::ended() {
  if (over_) return;
  over_ = true;
  for (const auto& m : members_) {
    fail_acks_of(m.nsp);
    if (m.state == membership::put_out) continue;
    out_.emplace_back(left{m.nsp, m.state == membership::connected});
  }
  members_ = {};
}

// --- what goes out

void session::write(packet p) {
  auto encoded = encode(std::move(p));
  if (encoded) put(share(std::move(encoded).value()));
}

void session::put(shared_outgoing what) {
  leaving_bytes_ += what->bytes();
  out_.emplace_back(send{std::move(what)});
}

void session::accept(std::string_view nsp, std::string_view sid) {
  auto* m = find(nsp);
  if (over_ || m == nullptr || m->state != membership::connecting) return;
  m->state = membership::connected;
  joined_ = true;
  write({packet_type::connect, m->nsp, {}, json::object{{"sid", sid}}, {}});
}

void session::refuse(std::string_view nsp, std::string_view message, json::value data) {
  auto* m = find(nsp);
  if (over_ || m == nullptr || m->state != membership::connecting) return;
  json::object why{{"message", message}};
  if (!data.is_null()) why.emplace_back("data", std::move(data));
  write({packet_type::connect_error, std::string(nsp), {}, std::move(why), {}});
  std::erase_if(members_, [&](const member& each) { return each.nsp == nsp; });
}

send_result<unit> session::emit(std::string_view nsp, shared_outgoing packet) {
  if (!is_connected(nsp)) return fail(send_error::not_connected);
  put(std::move(packet));
  return unit{};
}

send_result<std::uint64_t> session::emit_with_ack(std::string_view nsp, std::string_view name,
                                                  json::array args,
                                                  std::vector<std::string> attachments,
                                                  std::chrono::milliseconds timeout,
                                                  time_point now) {
  if (!is_connected(nsp)) return fail(send_error::not_connected);
  if (acks_ && acks_->by_id.size() >= options_.max_pending_acks) {
    return fail(send_error::too_many_acks);
  }
  auto p = event_packet(nsp, name, std::move(args), std::move(attachments));
  const auto id = next_ack_;
  p.id = id;
  auto encoded = encode(std::move(p));
  if (!encoded) return fail(send_error::invalid);
  next_ack_ = id == max_ack_id ? 0 : id + 1;
  if (!acks_) acks_ = std::make_unique<ack_table>();
  acks_->by_id[id] = {std::string(nsp), now + timeout};
  acks_->by_time.emplace(now + timeout, id);
  put(share(std::move(encoded).value()));
  return id;
}

send_result<unit> session::acknowledge(std::string_view nsp, std::uint64_t ack_id, json::array args,
                                       std::vector<std::string> attachments) {
  if (!is_connected(nsp)) return fail(send_error::not_connected);
  auto encoded =
      encode({packet_type::ack, std::string(nsp), ack_id, std::move(args), std::move(attachments)});
  if (!encoded) return fail(send_error::invalid);
  put(share(std::move(encoded).value()));
  return unit{};
}

void session::disconnect(std::string_view nsp) {
  auto* m = find(nsp);
  if (over_ || m == nullptr || m->state != membership::connected) return;
  fail_acks_of(nsp);
  m->state = membership::put_out;
  write({packet_type::disconnect, m->nsp, {}, nullptr, {}});
}

void session::close_all(end_reason why) {
  if (over_) return;
  for (const auto& m : members_) {
    if (m.state == membership::connected) {
      write({packet_type::disconnect, m.nsp, {}, nullptr, {}});
    }
  }
  give_up(why);
}

void session::tick(time_point now) {
  if (over_) return;
  if (!joined_ && now >= connect_deadline_) return give_up(end_reason::connect_timeout);
  while (acks_ && !acks_->by_time.empty() && acks_->by_time.begin()->first <= now) {
    const auto id = acks_->by_time.begin()->second;
    acks_->by_time.erase(acks_->by_time.begin());
    auto gone = acks_->by_id.extract(id);
    out_.emplace_back(ack_failed{std::move(gone.mapped().nsp), id, true});
  }
  if (acks_ && acks_->by_id.empty()) acks_.reset();
}

std::optional<time_point> session::deadline() const {
  if (over_) return std::nullopt;
  std::optional<time_point> due;
  if (!joined_) due = connect_deadline_;
  if (acks_) {
    const auto first = acks_->by_time.begin()->first;
    due = due ? std::min(*due, first) : first;
  }
  return due;
}

std::optional<output> session::next() {
  if (taken_ < out_.size()) {
    std::optional<output> first(std::move(out_[taken_++]));
    if (const auto* packet = std::get_if<send>(&*first)) leaving_bytes_ -= packet->what->bytes();
    return first;
  }
  if (taken_ != 0) {
    out_ = {}; // an idle session keeps no buffer
    taken_ = 0;
  }
  return std::nullopt;
}

} // namespace dockhost::protocol::socketio::server
