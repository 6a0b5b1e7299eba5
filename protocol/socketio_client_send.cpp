// SPDX-License-Identifier: MIT
#include "protocol/socketio_client.hpp"

namespace dockhost::protocol::socketio {

std::string_view to_string(send_error e) {
  switch (e) {
  case send_error::not_connected: return "not connected";
  case send_error::invalid: return "not a valid packet";
  case send_error::too_large: return "larger than the server's maxPayload";
  case send_error::queue_full: return "queue full";
  case send_error::too_many_acks: return "too many acknowledgements outstanding";
  }
  return "unknown";
}

send_result<unit> client::send(packet p) {
  auto encoded = encode(std::move(p));
  if (!encoded) return fail(send_error::invalid);
  return send_encoded(std::move(encoded->text), std::move(encoded->attachments));
}

send_result<unit> client::send_encoded(std::string text, std::vector<std::string> attachments) {
  switch (engine_.send(std::move(text), std::move(attachments))) {
  case engineio::send_status::sent: return unit{};
  case engineio::send_status::not_open: return fail(send_error::not_connected);
  case engineio::send_status::too_large: return fail(send_error::too_large);
  case engineio::send_status::queue_full: return fail(send_error::queue_full);
  }
  return fail(send_error::invalid);
}

/// Only into a namespace that has accepted us.
send_result<unit> client::send_connected(packet p) {
  const auto found = members_.find(p.nsp);
  const bool open = phase_ == phase::connecting || phase_ == phase::connected;
  if (!open || found == members_.end() || found->second.state != membership::connected) {
    return fail(send_error::not_connected);
  }
  auto sent = send(std::move(p));
  pump();
  return sent;
}

send_result<unit> client::emit(std::string_view name, json::array args,
                               std::vector<std::string> attachments, std::string_view nsp) {
  args.emplace(args.begin(), name);
  return send_connected({packet_type::event, nsp.empty() ? options_.nsp : std::string(nsp),
                         std::nullopt, std::move(args), std::move(attachments)});
}

send_result<unit> client::emit_encoded(std::string text, std::vector<std::string> attachments) {
  if (phase_ != phase::connected) return fail(send_error::not_connected);
  auto sent = send_encoded(std::move(text), std::move(attachments));
  pump();
  return sent;
}

send_result<std::uint64_t> client::emit_with_ack(std::string_view name, json::array args,
                                                 std::vector<std::string> attachments,
                                                 std::chrono::milliseconds timeout, time_point now,
                                                 std::string_view nsp) {
  if (acks_.size() >= options_.max_pending_acks) return fail(send_error::too_many_acks);
  now_ = now;
  const auto id = next_ack_;
  const std::string target(nsp.empty() ? std::string_view(options_.nsp) : nsp);
  args.emplace(args.begin(), name);
  const auto sent =
      send_connected({packet_type::event, target, id, std::move(args), std::move(attachments)});
  if (!sent) return fail(sent.err());
  ++next_ack_;
  acks_.emplace(id, pending_ack{target, now + timeout});
  ack_deadlines_.emplace(now + timeout, id);
  return id;
}

send_result<unit> client::acknowledge(std::uint64_t ack_id, json::array args,
                                      std::vector<std::string> attachments, std::string_view nsp) {
  return send_connected({packet_type::ack, nsp.empty() ? options_.nsp : std::string(nsp), ack_id,
                         std::move(args), std::move(attachments)});
}

send_result<unit> client::join(const std::string& nsp, json::value auth, time_point now) {
  now_ = now;
  if (phase_ != phase::connected) return fail(send_error::not_connected);
  if (members_.contains(nsp) || members_.size() >= options_.max_namespaces) {
    return fail(send_error::invalid);
  }
  auto sent = send({packet_type::connect, nsp, {}, std::move(auth), {}});
  if (sent) members_[nsp] = {membership::connecting, now + options_.connect_timeout};
  pump();
  return sent;
}

void client::leave(const std::string& nsp) {
  const auto found = members_.find(nsp);
  if (nsp == options_.nsp || found == members_.end()) return;
  if (found->second.state == membership::left) return;
  found->second.state = membership::left;
  fail_acks_of(nsp);
  (void)send({packet_type::disconnect, nsp, {}, nullptr, {}}); // fails only when all is over
  pump();
}

void client::close(time_point now) {
  now_ = now;
  if (phase_ == phase::closing || phase_ == phase::ended) return;
  for (const auto& [nsp, m] : members_) {
    if (m.state == membership::connected) {
      (void)send({packet_type::disconnect, nsp, {}, nullptr, {}}); // the close says the same
    }
  }
  phase_ = phase::closing;
  engine_.close(now);
  pump();
}

} // namespace dockhost::protocol::socketio
