// SPDX-License-Identifier: MIT
#include "net/detail/server_core.hpp"

#include "net/detail/deadline.hpp"
#include "net/detail/guard.hpp"
#include "net/detail/server_connection.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <ctime>

namespace dockhost::net::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t scratch_size = 64 * 1024;

/// Often enough for the shortest limit, and seldom enough to cost nothing.
std::chrono::milliseconds sweep_period(const http_server_limits& limits) {
  const auto shortest = std::min({limits.header_time, limits.body_time, limits.idle_time,
                                  limits.write_time, limits.close_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5ms), std::chrono::milliseconds(1s));
}

} // namespace

std::string to_string(const peer_address& address) {
  static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool v4 = std::equal(mapped.begin(), mapped.end(), address.begin());
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? mapped.size() : 0), text,
              sizeof text);
  return text;
}

server_core::server_core(io_thread::impl& thread, http_server_limits server_limits,
                         http_server_handlers server_handlers)
    : io(thread), limits(server_limits), handlers(std::move(server_handlers)),
      sweep_timer_(thread.ctx), sweep_every_(sweep_period(server_limits)), stop_timer_(thread.ctx) {
}

void server_core::note(bool serious, std::string_view event, std::string_view text,
                       std::string_view address) {
  if (!dropped_) guarded(handlers.on_note, server_note{serious, event, text, address});
}

bool server_core::admit(const peer_address& from) {
  const auto known = per_address_.find(from);
  const bool many =
      known != per_address_.end() && known->second >= limits.max_connections_per_address;
  const bool full = counters.connections >= limits.max_connections;
  if (!many && !full) return true;
  ++counters.refused;
  // A connection of the same address makes room under both limits.
  return make_room(&from) || (!many && make_room(nullptr));
}

bool server_core::make_room() {
  return make_room(nullptr);
}

bool server_core::make_room(const peer_address* only) {
  for (server_connection* c = awaiting_.front(); c; c = awaiting_.after(*c)) {
    if (only && c->address() != *only) continue;
    c->close("another connection was given its place");
    return true;
  }
  return false;
}

void server_core::add(server_connection& c, const peer_address& from) {
  all_.push_back(c);
  ++per_address_[from];
  ++counters.connections;
  ++counters.accepted;
}

void server_core::removed(const peer_address& from) {
  --counters.connections;
  if (const auto known = per_address_.find(from); --known->second == 0) per_address_.erase(known);
  if (stopping_) stop_if_empty();
}

void server_core::await_request(server_connection& c) {
  awaiting_.push_back(c);
}

void server_core::watch(server_connection& c) {
  timed_.push_back(c);
  arm_sweep();
}

void server_core::arm_sweep() {
  if (sweep_armed_ || timed_.empty()) return;
  sweep_armed_ = true;
  sweep_timer_.expires_after(sweep_every_);
  sweep_timer_.async_wait([self = shared_from_this()](error_code ec) {
    self->sweep_armed_ = false;
    if (!ec) self->sweep();
  });
}

void server_core::sweep() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<server_connection>> late; // they leave the list, and may take others
  for (server_connection *c = timed_.front(), *next = nullptr; c; c = next) {
    next = timed_.after(*c);
    if (c->late(now)) {
      late.push_back(c->shared_from_this());
    } else if (!c->timed_now()) {
      static_cast<list_hook<timed>&>(*c).unlink();
    }
  }
  for (const auto& c : late)
    c->expire(now);
  arm_sweep();
}

void server_core::flush_later(std::shared_ptr<server_connection> c) {
  to_flush_.push_back(std::move(c));
  if (to_flush_.size() > 1) return;
  asio::post(io.ctx, [self = shared_from_this()] { self->flush(); });
}

void server_core::flush() {
  std::vector<std::shared_ptr<server_connection>> now;
  now.swap(to_flush_);
  plain_.reset();
  packed_.reset();
  for (const auto& c : now)
    c->flush();
}

std::span<char> server_core::scratch() {
  if (scratch_.empty()) scratch_.resize(scratch_size);
  return scratch_;
}

deflate_codec& server_core::codec() {
  if (!codec_) codec_ = std::make_unique<deflate_codec>();
  return *codec_;
}

shared_bytes server_core::compressed(const shared_bytes& plain) {
  if (plain != plain_) {
    packed_ = share(codec().compress(*plain));
    plain_ = plain;
  }
  return packed_;
}

const std::string& server_core::date() {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  if (now != date_of_) {
    date_of_ = now;
    const std::time_t seconds = now.count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[64];
    // The locale is always "C": the program never sets another.
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

void server_core::stop(std::function<void()> done) {
  stopped_.push_back(std::move(done));
  if (stopping_) return stop_if_empty();
  stopping_ = true;
  std::vector<std::shared_ptr<server_connection>> all;
  for (server_connection* c = all_.front(); c; c = all_.after(*c))
    all.push_back(c->shared_from_this());
  for (const auto& c : all)
    c->stop();
  stop_timer_.expires_at(deadline_after(limits.stop_time));
  stop_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec) self->close_all();
  });
  stop_if_empty();
}

void server_core::close_all() {
  while (server_connection* c = all_.front())
    c->close("the server stops");
}

void server_core::stop_if_empty() {
  if (!all_.empty()) return;
  stop_timer_.cancel();
  if (stopped_.empty()) return;
  asio::post(io.ctx, [fns = std::exchange(stopped_, {})]() mutable {
    for (auto& fn : fns)
      guarded(fn);
  });
}

void server_core::drop_all() {
  dropped_ = true;
  stopped_.clear();
  while (server_connection* c = all_.front())
    c->drop();
  sweep_timer_.cancel();
  stop_timer_.cancel();
}

} // namespace dockhost::net::detail
