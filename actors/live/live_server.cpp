// SPDX-License-Identifier: MIT
#include "actors/live/live_server.hpp"

#include "actors/live/api_answer.hpp"
#include "core/rate_limit.hpp"
#include "platform/log.hpp"
#include "protocol/live_events.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

/// Beside a client's own budget: the state of all containers, which is sent whole.
constexpr std::size_t whole_state_room = 16 * 1024 * 1024;
/// A client that goes on for so long after it was told has lost its mind.
constexpr int max_over_rate = 1'000;

std::string_view token_of(const socketio_request& request) {
  const auto* given = request.auth.find("token");
  if (const auto* text = given == nullptr ? nullptr : given->as_string();
      text != nullptr && !text->empty()) {
    return *text;
  }
  const auto header = live_guard::bearer(request.peer.header("authorization"));
  return header.empty() ? request.peer.parameter("token") : header;
}

std::string_view token_of(const net::server_request& request) {
  const auto header = live_guard::bearer(request.header("authorization"));
  return header.empty() ? request.parameter("token").value_or("") : header;
}

void answer_plainly(net::http_exchange& exchange, int status, std::string text,
                    net::header_list more = {}) {
  auto out = net::make_response(status, std::move(text) + "\n");
  for (auto& each : security_headers())
    out.headers.push_back(std::move(each));
  for (auto& each : more)
    out.headers.push_back(std::move(each));
  exchange.respond(std::move(out));
}

} // namespace

struct live_server::session {
  live_client who;
  rate_limit rate;
  int over_rate = 0;
};

net::header_list security_headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

void refuse_request(socketio_socket& to, std::string_view event, std::string_view message,
                    std::string_view code, const socketio_ack& ack) {
  ack({protocol::encode_live_refusal(message, code)});
  to.emit("error", {protocol::encode_live_error(message, code, event)});
}

live_server::live_server(environment_ptr env, live_server_handlers handlers)
    : env_(std::move(env)), guard_(env_->config.live, env_->sha256),
      http_rate_(static_cast<double>(env_->config.live.max_http_requests), env_->io->now()),
      handlers_(std::move(handlers)), server_(*env_->io, options()) {
  set_up();
}

live_server::~live_server() = default;

socketio_server_options live_server::options() const {
  const auto& config = env_->config.live;
  socketio_server_options out;
  out.engine.engine.ping_interval = config.ping_interval;
  out.engine.engine.ping_timeout = config.ping_timeout;
  out.engine.engine.max_payload = static_cast<std::size_t>(config.max_payload);
  out.engine.path = config.path;
  out.engine.max_sessions = static_cast<std::size_t>(config.max_clients);
  out.engine.max_queued = static_cast<std::size_t>(config.client_buffer) + whole_state_room;
  out.engine.low_mark = static_cast<std::size_t>(config.client_buffer) / 16;
  out.engine.deflate = config.compression;
  out.engine.on_request = [this](const net::server_request& request) {
    return engineio_welcome{guard_.welcome(request), guard_.cors(request)};
  };
  out.max_received = static_cast<std::size_t>(config.max_payload);
  return out;
}

void live_server::set_up() {
  auto& root = server_.of("/");
  root.on_connect([this](const socketio_request& request, const socketio_admission& admission) {
    admit(request, admission);
  });
  root.on_connected([this](const socketio_socket_ptr& socket) {
    auto& known = *std::static_pointer_cast<session>(socket->data);
    known.who.remote = socket->remote();
    handlers_.on_joined(known.who);
  });
  root.on_disconnected(
      [this](const socketio_socket_ptr& socket, auto) { handlers_.on_gone(socket->id()); });
  root.on_drained(
      [this](const socketio_socket_ptr& socket) { handlers_.on_drained(socket->id()); });
  root.on_invalid([this](const socketio_socket_ptr& socket, std::string_view event,
                         const std::string& why, const socketio_ack& ack) {
    if (!within_rate(socket, event, ack)) return;
    env_->metrics->refused("invalid_request");
    refuse_request(*socket, event.substr(0, 64), why, "invalid_request", ack);
  });
  for (const auto event : protocol::live_request_events) {
    root.on<protocol::live_request>(
        std::string(event),
        [event](const socketio_arguments& args) {
          return protocol::decode_live_request(event, args.first());
        },
        [this, event](const socketio_socket_ptr& socket, protocol::live_request what,
                      socketio_ack ack) {
          if (!within_rate(socket, event, ack)) return;
          handlers_.on_request({socket->id(), std::string(event), std::move(what), std::move(ack)});
        });
  }
}

void live_server::admit(const socketio_request& request,
                        const socketio_admission& admission) const {
  const auto verdict = guard_.judge(token_of(request), env_->unix_ms() / 1'000);
  if (!verdict.refusal.empty()) {
    platform::log(platform::log_level::info, "live", "live.refused", verdict.refusal,
                  {{"from", request.peer.remote_address}});
    env_->metrics->refused("unauthorized");
    return admission.refuse(verdict.refusal, json::object{{"code", "unauthorized"}});
  }
  live_client who;
  who.token = verdict.name;
  who.role = verdict.role;
  who.expires = verdict.expires;
  who.compat = request.peer.parameter("compat") == "1";
  const auto rate = static_cast<double>(env_->config.live.max_requests);
  admission.accept(std::make_shared<session>(
      session{std::move(who), rate_limit(rate, 2 * rate, env_->io->now()), 0}));
}

bool live_server::within_rate(const socketio_socket_ptr& socket, std::string_view event,
                              const socketio_ack& ack) const {
  auto& known = *std::static_pointer_cast<session>(socket->data);
  if (known.rate.take(env_->io->now())) {
    known.over_rate = 0;
    return true;
  }
  env_->metrics->refused("rate_limited");
  if (++known.over_rate > max_over_rate) {
    socket->close();
  } else {
    refuse_request(*socket, event.substr(0, 64), "Too many requests", "rate_limited", ack);
  }
  return false;
}

std::optional<std::string> live_server::listen() {
  auto opened = env_->open_door(
      [this](const std::shared_ptr<net::http_exchange>& exchange) { handle(exchange); });
  if (!opened) return opened.err();
  door_ = std::move(opened).value();
  return std::nullopt;
}

void live_server::close(std::function<void()> done) {
  server_.close();
  if (door_) return door_->shut(std::move(done));
  done();
}

void live_server::broadcast(std::vector<socketio_remote> to, shared_outgoing packet,
                            std::size_t budget,
                            std::function<void(std::vector<std::string>)> behind) {
  server_.broadcast(std::move(to), std::move(packet), budget, std::move(behind));
}

net::http_server_stats live_server::stats() const {
  return door_ ? door_->stats() : net::http_server_stats{};
}

// ---- pages

void live_server::handle(const std::shared_ptr<net::http_exchange>& exchange) {
  if (server_.handle(exchange)) return;
  const auto& request = exchange->request();
  const bool probe = request.path == "/healthz" || request.path == "/readyz";
  if (!probe && !guard_.welcome(request)) return answer_plainly(*exchange, 403, "Forbidden");
  if (request.method == "OPTIONS") {
    net::server_response out;
    out.status = 204;
    out.headers = guard_.cors(request);
    exchange->respond(std::move(out));
    return;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return answer_plainly(*exchange, 405, "Method not allowed", {{"Allow", "GET, HEAD, OPTIONS"}});
  }
  handle_page(exchange);
}

void live_server::handle_page(const std::shared_ptr<net::http_exchange>& exchange) {
  const auto& path = exchange->request().path;
  const auto ask = [&](live_page page) {
    handlers_.on_page({page, headers_for(exchange->request()), http_answer(*env_->io, exchange)});
  };
  if (path == "/healthz") return ask(live_page::health);
  if (path == "/readyz") return ask(live_page::readiness);
  const bool counted = path == "/metrics" || path.starts_with("/api/");
  if (counted && !within_rate(*exchange)) return;
  if (path == "/metrics" || path == "/api/containers") {
    if (may_see(*exchange)) ask(path == "/metrics" ? live_page::metrics : live_page::containers);
    return;
  }
  if (auto container = logs_path(path)) return handle_log(exchange, std::move(*container));
  if (env_->serve_file && env_->serve_file(exchange)) return;
  answer_plainly(*exchange, 404, "Not found");
}

void live_server::handle_log(const std::shared_ptr<net::http_exchange>& exchange,
                             std::string container) {
  if (!may_see(*exchange)) return;
  const auto& request = exchange->request();
  auto headers = headers_for(request);
  auto query = parse_log_query(std::move(container), request);
  if (!query) {
    env_->metrics->refused("invalid_request");
    exchange->respond(api_refusal(400, "invalid_request", query.err(), std::move(headers)));
    return;
  }
  handlers_.on_log({std::move(query).value(), request.method == "HEAD", std::move(headers),
                    http_answer(*env_->io, exchange)});
}

net::header_list live_server::headers_for(const net::server_request& request) const {
  auto out = security_headers();
  for (auto& each : guard_.cors(request))
    out.push_back(std::move(each));
  return out;
}

/// Before the token is looked at, so that guesses count.
bool live_server::within_rate(net::http_exchange& exchange) {
  const auto& request = exchange.request();
  if (http_rate_.take(request.remote_address, env_->io->now())) return true;
  env_->metrics->refused("rate_limited");
  auto headers = headers_for(request);
  headers.emplace_back("Retry-After", "1");
  exchange.respond(api_refusal(429, "rate_limited", "Too many requests", std::move(headers)));
  return false;
}

bool live_server::may_see(net::http_exchange& exchange) const {
  const auto verdict = guard_.judge(token_of(exchange.request()), env_->unix_ms() / 1'000);
  if (verdict.refusal.empty()) return true;
  env_->metrics->refused("unauthorized");
  auto headers = headers_for(exchange.request());
  headers.emplace_back("WWW-Authenticate", "Bearer");
  exchange.respond(api_refusal(401, "unauthorized", verdict.refusal, std::move(headers)));
  return false;
}

} // namespace dockhost::actors
