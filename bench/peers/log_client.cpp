// SPDX-License-Identifier: MIT
#include "bench/peers/log_client.hpp"

#include "json/json.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace dockhost::bench {

namespace {

constexpr std::string_view target = "/socket.io/?EIO=4&transport=websocket";
constexpr std::string_view line_start = "line ";

/// The number behind "line " that begins at or after `at`; 0: none.
std::uint64_t number_at(std::string_view text, std::size_t at) {
  const auto found = text.find(line_start, at);
  std::uint64_t out = 0;
  if (found != text.npos)
    std::from_chars(text.data() + found + line_start.size(), text.data() + text.size(), out);
  return out;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++out;
  return out;
}

} // namespace

log_client::log_client(std::uint16_t port) : socket_(connect_tcp(port), target) {
  websocket::message m;
  socket_.quiet_after(std::chrono::seconds(20));
  const auto next = [&](std::string_view begin) {
    if (socket_.receive(m) != websocket::heard::message || !m.text.starts_with(begin))
      throw std::runtime_error("the live view said: " + m.text.substr(0, 200));
  };
  next("0{");
  socket_.send("40");
  next("40{");
}

log_client::~log_client() {
  socket_.end();
  if (thread_.joinable()) thread_.join();
}

void log_client::begin(std::function<void(std::string_view, clock_ns)> on_state) {
  on_state_ = std::move(on_state);
  thread_ = std::thread(&log_client::read, this);
}

log_client::clock_ns log_client::start_log(const std::string& container) {
  return socket_.send("42" + std::to_string(next_ack_++) +
                      "[\"start_log_stream\",{\"container_id\":\"" + container + "\",\"tail\":0}]");
}

log_client::clock_ns log_client::stop_log(const std::string& container) {
  return socket_.send("42" + std::to_string(next_ack_++) +
                      "[\"stop_log_stream\",{\"container_id\":\"" + container + "\"}]");
}

flood_count log_client::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void log_client::read() {
  websocket::message m;
  for (;;) {
    const auto heard = socket_.receive(m);
    if (heard == websocket::heard::end) break;
    if (heard == websocket::heard::message) take(m);
  }
  ended_ = true;
}

void log_client::take(const websocket::message& m) {
  const std::string_view text = m.text;
  if (text == "2") {
    socket_.send("3");
  } else if (text.starts_with("43")) {
    if (text.find("\"status\":") != text.npos) ++answered_;
  } else if (text.starts_with("42[\"log_update\",")) {
    take_lines(m);
  } else if (text.starts_with("42[\"log_gap\",")) {
    const auto parsed = json::parse(text.substr(2));
    const auto* args = parsed.ok() ? parsed->as_array() : nullptr;
    const auto* lines = args && args->size() == 2 ? (*args)[1].find("lines") : nullptr;
    std::int64_t missing = 0;
    const std::lock_guard lock(mutex_);
    ++count_.gaps;
    count_.last_at = m.at;
    if (!lines || !lines->get_int(missing)) {
      ++count_.unknown;
      return;
    }
    count_.marked += static_cast<std::uint64_t>(missing);
    count_.next_number += static_cast<std::uint64_t>(missing);
  } else if (text.starts_with("42[\"log_stream_stopped\",")) {
    const std::lock_guard lock(mutex_);
    count_.stopped_at = m.at;
  } else if (on_state_ && text.starts_with("42[\"container_state_change\",")) {
    constexpr std::string_view name = "\"container_id\":\"";
    const auto at = text.find(name);
    if (at != text.npos) on_state_(text.substr(at + name.size(), 64), m.at);
  }
}

void log_client::take_lines(const websocket::message& m) {
  const std::string_view text = m.text;
  const auto lines = count_of(text, line_start);
  const std::lock_guard lock(mutex_);
  if (count_.stopped_at != 0) ++count_.after_stop;
  if (lines == 0) return;
  const auto first = number_at(text, 0), last = number_at(text, text.rfind(line_start));
  if (first != count_.next_number || last != first + lines - 1) ++count_.disorder;
  if (count_.first_at == 0) count_.first_at = m.at;
  count_.last_at = m.at;
  count_.next_number = last + 1;
  count_.lines += lines;
  count_.bytes += text.size();
  ++count_.packets;
}

} // namespace dockhost::bench
