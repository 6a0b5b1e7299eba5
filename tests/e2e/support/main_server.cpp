// SPDX-License-Identifier: MIT
#include "tests/e2e/support/main_server.hpp"

#include "tests/e2e/support/json_path.hpp"

#include <stdexcept>

namespace dockhost::e2e {

main_server::main_server(const std::filesystem::path& folder, server_options options)
    : script_peer(folder, "main-server"), options_(std::move(options)) {
  start();
}

std::string main_server::url() const {
  return options_.scheme + "://127.0.0.1:" + std::to_string(port_);
}

void main_server::start() {
  json::object config = options_.config;
  config.emplace_back("port", static_cast<int>(port_));
  const auto listening = launch(options_.program, config, "listening");
  port_ = static_cast<std::uint16_t>(number(listening, "port"));
}

void main_server::become(server_options options) {
  kill();
  options_ = std::move(options);
  start();
}

json::value main_server::wait_node(std::size_t from, milliseconds timeout) {
  const auto connection = wait(is("connection"), from, timeout, "a node's connection");
  const std::string id = text(connection, "socket");
  wait([&](const auto& m) { return text(m, "name") == "node-hello" && text(m, "socket") == id; },
       from, timeout, "node-hello");
  return connection;
}

json::value main_server::wait_event(const std::string& name, std::size_t from,
                                    milliseconds timeout) {
  const auto message = wait(is("event", "name", name), from, timeout, "the event " + name);
  const json::value args = at(message, "args");
  const json::array* values = args.as_array();
  return values == nullptr || values->empty() ? json::value() : values->front();
}

json::value main_server::wait_disconnect(std::size_t from, milliseconds timeout) {
  return wait(is("disconnect"), from, timeout, "the end of the node's connection");
}

void main_server::emit(const std::string& event, json::value payload) {
  post("emit", {{"event", event}, {"args", json::array{std::move(payload)}}});
}

std::int64_t main_server::send(const std::string& event, json::value payload,
                               milliseconds timeout) {
  return post("emit_ack", {{"event", event},
                           {"args", json::array{std::move(payload)}},
                           {"ms", static_cast<std::int64_t>(timeout.count())}});
}

json::value main_server::reply(std::int64_t id, milliseconds timeout) {
  return outcome(id, timeout, "a command");
}

json::value main_server::command(const std::string& event, json::value payload,
                                 milliseconds timeout) {
  return reply(send(event, std::move(payload), timeout), timeout + milliseconds(2'000));
}

std::optional<json::value> main_server::try_command(const std::string& event, json::value payload,
                                                    milliseconds timeout) {
  const std::size_t from = mark();
  std::int64_t id = 0;
  try {
    id = send(event, std::move(payload), timeout);
  } catch (const std::runtime_error&) {
    return std::nullopt; // no node is connected
  }
  const auto end = [&](const json::value& m) {
    return (text(m, "t") == "ack" && number(m, "id") == id) || text(m, "t") == "disconnect";
  };
  const auto message = wait(end, from, timeout + milliseconds(2'000), "an answer to " + event);
  if (text(message, "t") == "disconnect" || message.find("error") != nullptr) return std::nullopt;
  return at(message, "value");
}

std::vector<double> main_server::time_commands(const std::string& event, json::value payload,
                                               milliseconds how_long) {
  const auto id =
      post("time_commands", {{"event", event},
                             {"args", json::array{std::move(payload)}},
                             {"how_long_ms", static_cast<std::int64_t>(how_long.count())}});
  const json::value took = outcome(id, how_long + milliseconds(60'000), event);
  std::vector<double> out;
  for (const auto& each : *took.as_array()) {
    double ms = 0;
    if (!each.get_double(ms)) throw std::runtime_error("no time: " + json::dump(each));
    out.push_back(ms);
  }
  return out;
}

json::value main_server::v2(const std::string& event, json::object payload, const std::string& user,
                            milliseconds timeout) {
  const std::size_t from = mark();
  payload.emplace_back("USERNAME", user);
  emit(event, std::move(payload));
  return wait_event(user, from, timeout);
}

} // namespace dockhost::e2e
