// SPDX-License-Identifier: MIT
// A Socket.IO client machine in virtual time, whose outputs are read as lines:
//   open main TARGET | text main FRAME | binary main BYTES | close main | get TARGET
//   post TARGET BODY | cancel | upgraded | connected NSP SID | refused NSP MESSAGE
//   event NSP NAME ARGS [ack=N] [bytes...] | acked ID ARGS | ack failed ID | left NSP
//   disconnected REASON clean|unclean
#pragma once

#include "protocol/socketio_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost::protocol::socketio {

using engineio::link_failure;
using engineio::link_failure_kind;
using engineio::ws_slot;
using std::chrono_literals::operator""ms;
using lines = std::vector<std::string>;

class rig {
public:
  static client_options defaults() {
    client_options o;
    o.engine.query = {{"role", "backend"}};
    o.auth = json::object{{"k", "v"}};
    return o;
  }

  explicit rig(client_options options = defaults()) : machine(std::move(options)) {}

  /// What came out since the last call.
  lines take() {
    lines out;
    while (auto next = machine.next()) {
      std::visit([&](const auto& o) { out.push_back(line(o)); }, *next);
    }
    return out;
  }

  void advance(std::chrono::milliseconds by) {
    now += by;
    machine.tick(now);
  }

  static std::string open_packet(const std::string& upgrades = "",
                                 const std::string& max_payload = "1000000") {
    return "0{\"sid\":\"S\",\"upgrades\":[" + upgrades +
           "],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":" + max_payload + "}";
  }

  void text(std::string_view frame, ws_slot slot = ws_slot::main) {
    machine.websocket_text(slot, frame, now);
  }
  void binary(std::string frame, ws_slot slot = ws_slot::main) {
    machine.websocket_binary(slot, frame, now);
  }
  void closed(link_failure_kind kind, ws_slot slot = ws_slot::main) {
    machine.websocket_closed(slot, {kind, "why"}, now);
  }
  void got(std::string_view body, int status = 200) { machine.http_get_done(status, body, now); }
  void posted(int status = 200) { machine.http_post_done(status, now); }

  /// Until the primary namespace is connected; the outputs are dropped.
  void connect_websocket(const std::string& max_payload = "1000000") {
    machine.start(now);
    machine.websocket_opened(ws_slot::main, now);
    text(open_packet("", max_payload));
    text("40{\"sid\":\"sio\"}");
    ASSERT_TRUE(machine.is_connected());
    take();
  }
  /// The same on polling, with a GET out.
  void connect_polling(const std::string& upgrades = "",
                       const std::string& max_payload = "1000000") {
    machine.start(now);
    if (take().front().starts_with("open")) closed(link_failure_kind::handshake);
    got(open_packet(upgrades, max_payload));
    posted();
    got("40{\"sid\":\"sio\"}");
    ASSERT_TRUE(machine.is_connected());
    take();
  }

  client machine;
  time_point now = time_point() + std::chrono::hours(1);

private:
  static std::string name(ws_slot slot) { return slot == ws_slot::main ? "main" : "probe"; }
  static std::string line(const engineio::open_websocket& a) {
    return "open " + name(a.slot) + ' ' + a.target;
  }
  static std::string line(const engineio::send_text& a) {
    return "text " + name(a.slot) + ' ' + a.text;
  }
  static std::string line(const engineio::send_binary& a) {
    return "binary " + name(a.slot) + ' ' + a.bytes;
  }
  static std::string line(const engineio::close_websocket& a) { return "close " + name(a.slot); }
  static std::string line(const engineio::http_get& a) { return "get " + a.target; }
  static std::string line(const engineio::http_post& a) {
    return "post " + a.target + ' ' + a.body;
  }
  static std::string line(const engineio::cancel_http&) { return "cancel"; }
  static std::string line(const engineio::upgraded&) { return "upgraded"; }
  static std::string line(const connected& e) { return "connected " + e.nsp + ' ' + e.sid; }
  static std::string line(const connect_refused& e) {
    return "refused " + e.nsp + ' ' + e.message +
           (e.data.is_null() ? "" : ' ' + json::dump(e.data));
  }
  static std::string line(const event& e) {
    auto out = "event " + e.nsp + ' ' + e.name + ' ' + json::dump(e.args);
    if (e.ack_id) out += " ack=" + std::to_string(*e.ack_id);
    for (const auto& bytes : e.attachments)
      out += ' ' + bytes;
    return out;
  }
  static std::string line(const acked& e) {
    auto out = "acked " + std::to_string(e.id) + ' ' + json::dump(e.args);
    for (const auto& bytes : e.attachments)
      out += ' ' + bytes;
    return out;
  }
  static std::string line(const ack_failed& e) {
    return "ack failed " + std::to_string(e.id) + (e.timeout ? " timeout" : "");
  }
  static std::string line(const namespace_closed& e) { return "left " + e.nsp; }
  static std::string line(const disconnected& e) {
    return "disconnected " + std::string(to_string(e.reason)) + (e.clean ? " clean" : " unclean");
  }
};

inline const std::string websocket_target = "/socket.io/?EIO=4&transport=websocket&role=backend";
inline const std::string polling_target = "/socket.io/?EIO=4&transport=polling&role=backend";
inline const std::string session_target = polling_target + "&sid=S";

} // namespace dockhost::protocol::socketio
