// SPDX-License-Identifier: MIT
// Browsers before the live actor, without a network: everything from the WebSocket's text down to
// the simulated engine, in virtual time.
#pragma once

#include "actors/live/live_actor.hpp"
#include "node_rig.hpp"
#include "tests/actors/link/fake_exchange.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dockhost::actors::test {

class live_rig : public node_rig {
protected:
  /// One browser's WebSocket.
  struct browser {
    std::shared_ptr<fake_exchange> exchange;
    std::shared_ptr<fake_websocket> socket;
    std::vector<std::string> frames; ///< all that came after the open packet

    /// Payloads of that event so far.
    [[nodiscard]] std::vector<json::value> got(const std::string& event) const {
      std::vector<json::value> out;
      const auto start = "42[\"" + event + "\"";
      for (const auto& frame : frames) {
        if (!frame.starts_with(start)) continue;
        const auto parsed = json::parse(std::string_view(frame).substr(2));
        EXPECT_TRUE(parsed.ok()) << frame;
        const auto& args = *parsed->as_array();
        out.push_back(args.size() > 1 ? args[1] : json::value());
      }
      return out;
    }
    /// "name state" of the changes so far.
    [[nodiscard]] std::vector<std::string> states() const {
      std::vector<std::string> out;
      for (const auto& c : got("container_state_change"))
        out.push_back(text_at(c, {"name"}) + " " + text_at(c, {"state"}));
      return out;
    }
    /// The acknowledgement with that number; null: none.
    [[nodiscard]] json::value ack(int id) const {
      const auto start = "43" + std::to_string(id) + "[";
      for (const auto& frame : frames) {
        if (!frame.starts_with(start)) continue;
        return (*json::parse(std::string_view(frame).substr(start.size() - 1))->as_array())[0];
      }
      return {};
    }
  };

  void start_live() {
    config.live.ping_interval = 24h; // nobody answers pings here
    auto& e = const_cast<environment&>(*env());
    e.io = &io();
    e.open_door =
        [this](
            live_request_fn on_request) -> basic_result<std::unique_ptr<live_door>, std::string> {
      if (!port_is_free) return fail(std::string("address in use"));
      class fake_door final : public live_door {
      public:
        explicit fake_door(live_rig& rig) : rig_(rig) {}
        ~fake_door() override { rig_.door = {}; }
        void shut(std::function<void()> done) override {
          rig_.shut = true;
          rig_.io().post(std::move(done));
        }
        [[nodiscard]] net::http_server_stats stats() const override { return {}; }

      private:
        live_rig& rig_;
      };
      door = std::move(on_request);
      return std::unique_ptr<live_door>(std::make_unique<fake_door>(*this));
    };
    start_engine_side();
    if (before_live) before_live();
    live_ = track(system().spawn(live_behavior, env(), docker_, ports_, fleet_, watch_));
  }

  browser connect(const std::string& auth = {}, const std::string& query = {},
                  const net::header_list& headers = {}) {
    browser b;
    b.exchange = std::make_shared<fake_exchange>(
        "GET", "/socket.io/?EIO=4&transport=websocket" + query, true);
    b.exchange->set_header("Host", "localhost:4180");
    for (const auto& [name, value] : headers)
      b.exchange->set_header(name, value);
    if (const auto at = query.find('='); at != std::string::npos)
      b.exchange->set_parameter(query.substr(1, at - 1), query.substr(at + 1));
    door(b.exchange);
    exchanges_.push_back(b.exchange);
    b.socket = b.exchange->socket;
    if (!b.socket) return b;
    b.socket->take();
    b.socket->receive("40" + auth);
    settle();
    read(b);
    return b;
  }

  void read(browser& b) {
    for (auto& frame : b.socket->take())
      b.frames.push_back(std::move(frame));
  }

  /// Sends an event, with an acknowledgement asked for; its answer so far.
  json::value ask_live(browser& b, const std::string& event, const std::string& payload) {
    const int id = ++acks_;
    b.socket->receive("42" + std::to_string(id) + "[\"" + event + "\"" +
                      (payload.empty() ? "" : "," + payload) + "]");
    settle();
    read(b);
    last_ack_ = id;
    return b.ack(id);
  }

  std::shared_ptr<fake_exchange> get(const std::string& path,
                                     const net::header_list& headers = {}) {
    auto exchange = std::make_shared<fake_exchange>("GET", path);
    exchange->set_header("Host", "localhost:4180");
    for (const auto& [name, value] : headers)
      exchange->set_header(name, value);
    door(exchange);
    settle();
    return exchange;
  }

  void TearDown() override {
    for (const auto& each : exchanges_) {
      if (each->socket) each->socket->listener.reset();
    }
    node_rig::TearDown();
    exchanges_.clear();
  }

  std::string foreign(const std::string& name, bool started = true, std::uint16_t port = 0) {
    docker::container_spec spec;
    spec.name = name;
    spec.image = "nginx";
    spec.labels = {{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", name}};
    if (port != 0) spec.ports = {{80, "", port}};
    return place(spec, started);
  }
  void at_engine_start(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> done) { engine().start(id, 1s, std::move(done)); });
  }
  void at_engine_stop(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> done) { engine().stop(id, 1s, 1s, std::move(done)); });
  }
  void at_engine_remove(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> done) { engine().remove(id, 1s, std::move(done)); });
  }

  live_actor live_;
  live_request_fn door;
  std::function<void()> before_live; ///< after the engine's side was started
  bool port_is_free = true;
  bool shut = false;
  int last_ack_ = 0;

private:
  std::vector<std::shared_ptr<fake_exchange>> exchanges_;
  int acks_ = 0;
};

} // namespace dockhost::actors::test
