// SPDX-License-Identifier: MIT
#include "bench/peers/main_server.hpp"

#include "json/json.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <string_view>
#include <thread>
#include <utility>

namespace dockhost::bench {

namespace {

constexpr std::chrono::seconds ping_interval{25};
constexpr std::string_view open_packet =
    R"(0{"sid":"bare","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":10000000})";
constexpr std::string_view connect_packet = "40";
constexpr std::string_view state_packet = R"(42["initial_state")";

/// Who that is: by the CONNECT packet's payload, else by the query of the handshake.
std::string identify(std::string_view packet, const std::string& target) {
  const auto payload = json::parse(packet.substr(connect_packet.size()));
  if (payload.ok()) {
    const auto* id = payload->find("NODE_ID");
    if (id && id->as_string()) return *id->as_string();
  }
  constexpr std::string_view role = "role=";
  const auto at = target.find(role);
  if (at == std::string::npos) return {};
  const auto from = at + role.size();
  return target.substr(from, target.find('&', from) - from);
}

} // namespace

main_server::main_server() : listener_(listen_tcp()) {}

void main_server::run() {
  for (;;)
    std::thread(&main_server::serve, this, accept_one(listener_.get())).detach();
}

std::map<std::string, std::vector<std::string>> main_server::peers() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [id, each] : peers_)
    out.emplace(id, each.states);
  return out;
}

std::optional<main_server::answer> main_server::exchange(const command& what, int seconds) {
  std::unique_lock lock(mutex_);
  const auto found = peers_.find(what.peer);
  if (found == peers_.end()) return std::nullopt;
  const auto connection = found->second.connection;
  awaited_peer_ = what.peer;
  awaited_ = what.until;
  lock.unlock();
  const auto sent = connection->send(what.packet);
  lock.lock();
  changed_.wait_for(lock, std::chrono::seconds(seconds),
                    [&] { return awaited_.empty() || !peers_.contains(what.peer); });
  if (!awaited_.empty() || sent == 0) {
    awaited_.clear();
    return std::nullopt;
  }
  return answer{sent, answer_.at, std::move(answer_.text)};
}

void main_server::serve(unique_fd accepted) noexcept try {
  listen_to(std::make_shared<websocket>(std::move(accepted)));
} catch (const std::exception& e) {
  std::cerr << "main server: " << e.what() << "\n";
}

void main_server::listen_to(const std::shared_ptr<websocket>& connection) {
  using clock = std::chrono::steady_clock;
  // A ping once half of the interval has been quiet, or at the first packet after that half: never
  // more than the whole apart.
  constexpr auto half = ping_interval / 2;
  connection->quiet_after(half);
  connection->send(open_packet);
  std::string id;
  auto pinged = clock::now();
  for (;;) {
    websocket::message next;
    const auto what = connection->receive(next);
    if (what == websocket::heard::end) break;
    if (what == websocket::heard::message && id.empty() && next.text.starts_with(connect_packet)) {
      id = identify(next.text, connection->target());
      connection->send(R"(40{"sid":"bare"})");
      const std::lock_guard lock(mutex_);
      peers_[id] = {connection, {}};
    } else if (what == websocket::heard::message) {
      heard(id, std::move(next));
    }
    if (clock::now() - pinged < half) continue;
    connection->send("2");
    pinged = clock::now();
  }
  const std::lock_guard lock(mutex_);
  const auto it = peers_.find(id);
  if (it != peers_.end() && it->second.connection == connection) peers_.erase(it);
  changed_.notify_all();
}

void main_server::heard(const std::string& id, websocket::message message) {
  const std::lock_guard lock(mutex_);
  if (!awaited_.empty() && id == awaited_peer_ && message.text.starts_with(awaited_)) {
    answer_ = std::move(message);
    awaited_.clear();
    changed_.notify_all();
  } else if (message.text.starts_with(state_packet)) {
    peers_[id].states.push_back(std::move(message.text));
  }
}

} // namespace dockhost::bench
