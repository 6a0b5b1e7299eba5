// SPDX-License-Identifier: MIT
// Server machines in virtual time, whose outputs are read as lines:
//   200 ID packets BODY | 200 ID ok | STATUS ID | text SOCKET FRAME | binary SOCKET BYTES
//   close SOCKET | upgraded | message DATA | binary message DATA | closed REASON
// and of Socket.IO, where an application is beside it:
//   connecting NSP AUTH | event NSP NAME ARGS [ack=N] [BYTES...] | acked ID ARGS [BYTES...]
//   ack failed ID [timeout] | left NSP
#pragma once

#include "protocol/engineio_server.hpp"
#include "protocol/socketio_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost::protocol {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using lines = std::vector<std::string>;

inline std::string join(const std::vector<std::string>& bytes) {
  std::string out;
  for (const auto& each : bytes)
    out += ' ' + each;
  return out;
}

/// One Engine.IO session. Its handlers may be replaced to put something on top.
class engine_rig {
public:
  using options = engineio::server::options;

  static options quick() {
    options o;
    o.ping_interval = 300ms;
    o.ping_timeout = 200ms;
    return o;
  }
  static std::string open_packet(bool upgrade) {
    return std::string("0{\"sid\":\"S\",\"upgrades\":[") + (upgrade ? "\"websocket\"" : "") +
           "],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}";
  }

  explicit engine_rig(options o = quick()) : rules(o), machine(rules, "S") {}

  /// What came out since the last call.
  lines take() {
    pump();
    return std::exchange(out, {});
  }
  void pump() {
    while (auto next = machine.next()) {
      std::visit([&](auto& each) { add(each); }, *next);
    }
  }
  virtual void on_message(engineio::server::message& m) {
    out.push_back((m.binary ? "binary message " : "message ") + m.data);
  }
  virtual void on_closed(const engineio::server::closed& c) {
    out.push_back("closed " + std::string(to_string(c.reason)));
  }
  virtual void tick() { machine.tick(now); }
  virtual ~engine_rig() = default;

  void advance(std::chrono::milliseconds by) {
    now += by;
    tick();
  }

  void websocket() {
    machine.begin_websocket(1, now);
    EXPECT_EQ(take(), lines{"text 1 " + open_packet(false)});
  }
  void polling() {
    machine.begin_polling(100, now);
    EXPECT_EQ(take(), lines{"200 100 packets " + open_packet(true)});
  }
  // Inputs are followed up at once, as an owner does.
  void text(std::string_view frame, std::uint32_t socket = 1) {
    machine.websocket_text(socket, frame, now);
    pump();
  }
  void binary(std::string_view bytes, std::uint32_t socket = 1) {
    machine.websocket_binary(socket, bytes, now);
    pump();
  }
  void get(std::uint32_t id) {
    machine.get(id, now);
    pump();
  }
  void post(std::uint32_t id, std::string body) {
    machine.post_begun(id, false, now);
    machine.post_body(id, std::move(body), now);
    pump();
  }
  void probe(std::uint32_t socket) {
    machine.another_websocket(socket, now);
    pump();
  }
  void send(std::string text) {
    machine.send(std::make_shared<const engineio::server::outgoing>(
        engineio::server::outgoing{std::move(text), {}}));
  }

  options rules;
  engineio::server::session machine;
  engineio::server::time_point now = engineio::server::time_point() + std::chrono::hours(1);
  lines out;

private:
  void add(const engineio::server::answer& a) {
    using engineio::server::answer_kind;
    auto line = std::to_string(a.status) + ' ' + std::to_string(a.to);
    if (a.kind == answer_kind::packets) line += " packets " + a.body;
    if (a.kind == answer_kind::ok) line += ' ' + a.body;
    out.push_back(std::move(line));
  }
  void add(const engineio::server::send_frames& s) {
    const auto to = std::to_string(s.to);
    if (!s.what->text.empty()) out.push_back("text " + to + ' ' + s.what->text);
    for (const auto& bytes : s.what->attachments)
      out.push_back("binary " + to + ' ' + bytes);
  }
  void add(const engineio::server::close_socket& c) {
    out.push_back("close " + std::to_string(c.which));
  }
  void add(const engineio::server::upgraded&) { out.push_back("upgraded"); }
  void add(engineio::server::message& m) { on_message(m); }
  void add(const engineio::server::closed& c) { on_closed(c); }
};

/// A Socket.IO client's session on top, whose application lets everybody in unless told otherwise.
class socketio_rig : public engine_rig {
public:
  static socketio::server::options rules() {
    socketio::server::options o;
    o.namespaces = {"/", "/custom"};
    o.connect_timeout = 1s;
    return o;
  }

  explicit socketio_rig(socketio::server::options o = rules())
      : limits(std::move(o)), io(limits, now) {}

  void on_message(engineio::server::message& m) override {
    io.message(m.binary, std::move(m.data), now);
    pump_io();
  }
  void on_closed(const engineio::server::closed& c) override {
    io.ended();
    pump_io();
    engine_rig::on_closed(c);
  }
  void tick() override {
    engine_rig::tick();
    io.tick(now);
    pump_io();
  }
  void pump_io() {
    while (auto next = io.next()) {
      std::visit([&](auto& each) { take_io(each); }, *next);
    }
  }
  lines take_all() {
    pump_io();
    return take();
  }

  /// Begins on a WebSocket and joins the namespace.
  void connect(const std::string& nsp = "/") {
    websocket();
    text(nsp == "/" ? "40" : "40" + nsp + ",");
    take();
    ASSERT_TRUE(io.is_connected(nsp));
  }

  bool lets_in = true;
  socketio::server::options limits;
  socketio::server::session io;

private:
  void take_io(socketio::server::send& s) { machine.send(std::move(s.what)); }
  void take_io(const socketio::server::close& c) { machine.close(c.why, now); }
  void take_io(const socketio::server::connecting& c) {
    out.push_back("connecting " + c.nsp + ' ' + json::dump(c.auth));
    if (lets_in) io.accept(c.nsp, "sio");
  }
  void take_io(const socketio::server::event& e) {
    auto line = "event " + e.nsp + ' ' + e.name + ' ' + json::dump(e.args);
    if (e.ack_id) line += " ack=" + std::to_string(*e.ack_id);
    out.push_back(line + join(e.attachments));
  }
  void take_io(const socketio::server::acked& a) {
    out.push_back("acked " + std::to_string(a.id) + ' ' + json::dump(a.args) + join(a.attachments));
  }
  void take_io(const socketio::server::ack_failed& a) {
    out.push_back("ack failed " + std::to_string(a.id) + (a.timeout ? " timeout" : ""));
  }
  void take_io(const socketio::server::left& l) {
    out.push_back((l.joined ? "left " : "never joined ") + l.nsp);
  }
};

} // namespace dockhost::protocol
