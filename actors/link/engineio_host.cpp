// SPDX-License-Identifier: MIT
#include "actors/link/engineio_host.hpp"

#include "actors/link/engineio_host_session.hpp"
#include "actors/link/session_id.hpp"

#include <algorithm>

namespace dockhost::actors {

namespace wire = protocol::engineio::server;

namespace {

/// Beside a session's bound: control packets, and what a polling queue was over it by one packet.
constexpr std::size_t control_room = 64 * 1024;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view query_of(std::string_view target) {
  const auto at = target.find('?');
  return at == std::string_view::npos ? "" : target.substr(at + 1);
}

void answer(net::http_exchange& exchange, int status, std::string type, std::string body,
            net::header_list headers, bool close = false) {
  net::server_response out;
  out.status = status;
  out.headers = std::move(headers);
  if (!type.empty()) out.headers.emplace_back("Content-Type", std::move(type));
  if (!body.empty()) out.body.push_back(net::share(std::move(body)));
  out.close = close;
  exchange.respond(std::move(out));
}

void refuse(net::http_exchange& exchange, wire::refusal why, net::header_list headers) {
  if (exchange.request().websocket) {
    return answer(exchange, 400, "text/html", std::string(to_string(why)), std::move(headers),
                  true);
  }
  answer(exchange, status_of(why), "application/json", body_of(why), std::move(headers));
}

} // namespace

std::string_view engineio_peer::header(std::string_view name) const {
  const auto at =
      std::ranges::find_if(headers, [&](const auto& h) { return same_name(h.first, name); });
  return at != headers.end() ? std::string_view(at->second) : "";
}

std::string_view engineio_peer::parameter(std::string_view name) const {
  const auto at = std::ranges::find_if(parameters, [&](const auto& p) { return p.first == name; });
  return at != parameters.end() ? std::string_view(at->second) : "";
}

// --- the host

engineio_host::engineio_host(executor& io, engineio_host_options options, engineio_factory factory)
    : core_(std::make_shared<core>(io, std::move(options), std::move(factory))) {}

engineio_host::~engineio_host() {
  core_->drop_all();
}

bool engineio_host::handle(const std::shared_ptr<net::http_exchange>& exchange) {
  if (exchange->request().path != core_->options.path) return false;
  core_->handle(exchange);
  return true;
}

void engineio_host::shut_down() {
  core_->shut_down();
}

std::size_t engineio_host::sessions() const {
  return core_->sessions.size();
}

// --- its core

engineio_host::core::core(executor& io_thread, engineio_host_options o, engineio_factory make)
    : io(io_thread), options(std::move(o)), factory(std::move(make)) {}

void engineio_host::core::handle(const std::shared_ptr<net::http_exchange>& exchange) {
  const auto& request = exchange->request();
  engineio_welcome welcome;
  if (options.on_request) welcome = options.on_request(request);
  const auto query = wire::parse_query(query_of(request.target));
  const auto found = query.sid.empty() ? sessions.end() : sessions.find(query.sid);
  std::optional<wire::known_session> known;
  if (found != sessions.end()) known = wire::known_session{found->second->transport()};
  if (request.method == "OPTIONS" && welcome.welcome && !welcome.headers.empty()) {
    return answer(*exchange, 204, "", "", std::move(welcome.headers));
  }
  if (const auto why = wire::check(query, request.method, request.websocket, known)) {
    return refuse(*exchange, *why, std::move(welcome.headers));
  }
  if (!welcome.welcome) return refuse(*exchange, wire::refusal::forbidden, {});
  if (found == sessions.end()) return begin(exchange, std::move(welcome.headers));
  const auto session = found->second;
  if (request.websocket) {
    session->websocket(exchange, std::move(welcome.headers));
  } else {
    session->request(exchange, std::move(welcome.headers));
  }
}

void engineio_host::core::begin(const std::shared_ptr<net::http_exchange>& exchange,
                                net::header_list headers) {
  if (shut_ || sessions.size() >= options.max_sessions) {
    return answer(*exchange, 503, "text/plain; charset=UTF-8", "Service unavailable",
                  std::move(headers), true);
  }
  auto sid = new_session_id();
  const auto made = std::make_shared<session>(shared_from_this(), sid, exchange->request());
  sessions.emplace(std::move(sid), made);
  if (exchange->request().websocket) {
    made->begin_websocket(exchange, std::move(headers));
  } else {
    made->begin_polling(exchange, std::move(headers));
  }
}

void engineio_host::core::shut_down() {
  shut_ = true;
  std::vector<std::shared_ptr<session>> all;
  for (const auto& entry : sessions)
    all.push_back(entry.second);
  for (const auto& each : all)
    each->drop(wire::end_reason::shutdown);
}

void engineio_host::core::drop_all() {
  shut_ = true;
  timer_.reset();
  due_.clear();
  for (const auto& entry : std::exchange(sessions, {}))
    entry.second->vanish();
}

std::uint32_t engineio_host::core::next_id() {
  if (++last_id_ == 0) last_id_ = 1;
  return last_id_;
}

net::websocket_accept engineio_host::core::accept_with(net::header_list headers) const {
  net::websocket_accept how;
  how.headers = std::move(headers);
  how.max_message = options.engine.max_payload;
  how.max_queued = options.max_queued + control_room;
  how.low_mark = options.low_mark;
  how.deflate = options.deflate;
  how.deflate_from = options.deflate_from;
  return how;
}

// --- deadlines

void engineio_host::core::set_due(session& s, std::chrono::steady_clock::time_point when) {
  if (s.due && *s.due <= when) return;
  clear_due(s);
  s.due = when;
  due_.emplace(when, &s);
  arm();
}

void engineio_host::core::clear_due(session& s) {
  if (s.due) due_.erase({*s.due, &s});
  s.due.reset();
}

void engineio_host::core::arm() {
  if (due_.empty()) return;
  const auto first = due_.begin()->first;
  if (timer_ && timer_due_ <= first) return;
  timer_due_ = first;
  timer_ = io.after(first - io.now(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) self->run_due();
  });
}

void engineio_host::core::run_due() {
  timer_.reset();
  const auto now = io.now();
  while (!due_.empty() && due_.begin()->first <= now) {
    auto& s = *due_.begin()->second;
    clear_due(s);
    s.tick(); // sets a later one
  }
  arm();
}

} // namespace dockhost::actors
