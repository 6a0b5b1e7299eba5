// SPDX-License-Identifier: MIT
#include "tests/e2e/support/main_server.hpp"

#include "tests/e2e/support/json_path.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace dockhost::e2e {

using clock = std::chrono::steady_clock;

main_server::predicate is(std::string type, std::string name, std::string value) {
  return [type = std::move(type), name = std::move(name), value = std::move(value)](const auto& m) {
    return text(m, "t") == type && (name.empty() || text(m, name) == value);
  };
}

main_server::main_server(const std::filesystem::path& folder, server_options options)
    : folder_(folder), options_(std::move(options)) {
  start();
}

std::string main_server::url() const {
  return options_.scheme + "://127.0.0.1:" + std::to_string(port_);
}

void main_server::kill() {
  process_->signal(SIGKILL);
  process_->wait(milliseconds(5'000));
  while (const auto line = process_->read_line(milliseconds(0))) {
    if (auto parsed = json::parse(*line)) messages_.push_back(std::move(parsed).value());
  }
}

void main_server::start() {
  json::object config = options_.config;
  config.emplace_back("port", static_cast<int>(port_));
  const std::size_t from = messages_.size();
  process_ = std::make_unique<child_process>(process_options{
      .argv = {"node", DOCKHOST_E2E_FOLDER "/servers/" + options_.program, json::dump(config)},
      .environment = {},
      .without = {"DEBUG"},
      .log = folder_ / "main-server.log",
      .control = true});
  const auto listening = wait(is("listening"), from, milliseconds(20'000), "the main server");
  port_ = static_cast<std::uint16_t>(number(listening, "port"));
}

void main_server::become(server_options options) {
  kill();
  options_ = std::move(options);
  start();
}

void main_server::pump(milliseconds timeout) {
  const auto line = process_->read_line(timeout);
  if (!line) return;
  auto parsed = json::parse(*line);
  if (!parsed) throw std::runtime_error("the main server said: " + *line);
  messages_.push_back(std::move(parsed).value());
}

std::size_t main_server::mark() {
  std::size_t before = messages_.size();
  do {
    before = messages_.size();
    pump(milliseconds(0));
  } while (messages_.size() > before);
  return messages_.size();
}

json::value main_server::wait(const predicate& fits, std::size_t from, milliseconds timeout,
                              const std::string& what) {
  const auto end = clock::now() + timeout;
  for (std::size_t i = from;;) {
    for (; i < messages_.size(); ++i)
      if (fits(messages_[i])) return messages_[i];
    const auto left = std::chrono::duration_cast<milliseconds>(end - clock::now());
    if (left.count() <= 0) break;
    pump(std::min(left, milliseconds(1'000)));
    if (messages_.size() == i && !process_->running()) break;
  }
  throw std::runtime_error("waited in vain for " + what);
}

std::size_t main_server::count(const predicate& fits, std::size_t from) {
  mark();
  const auto begin = messages_.begin() + static_cast<std::ptrdiff_t>(from);
  return static_cast<std::size_t>(std::count_if(begin, messages_.end(), fits));
}

bool main_server::seen(const predicate& fits, std::size_t from) {
  return count(fits, from) > 0;
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

std::int64_t main_server::post(const std::string& op, json::object fields) {
  const std::int64_t id = next_id_++;
  fields.emplace_back("id", id);
  fields.emplace_back("op", op);
  if (!process_->write_line(json::dump(fields)))
    throw std::runtime_error("the main server has ended");
  const auto answer =
      wait([&](const auto& m) { return text(m, "t") == "reply" && number(m, "id") == id; }, 0,
           milliseconds(10'000), "the main server's answer to " + op);
  if (answer.find("error") != nullptr) throw std::runtime_error(op + ": " + text(answer, "error"));
  return id;
}

json::value main_server::call(const std::string& op, json::object fields) {
  const std::int64_t id = post(op, std::move(fields));
  const auto answer =
      wait([&](const auto& m) { return text(m, "t") == "reply" && number(m, "id") == id; }, 0,
           milliseconds(0), op);
  return at(answer, "value");
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
  const auto message =
      wait([&](const auto& m) { return text(m, "t") == "ack" && number(m, "id") == id; }, 0,
           timeout, "an acknowledgement");
  if (message.find("error") != nullptr)
    throw std::runtime_error("no acknowledgement: " + text(message, "error"));
  return at(message, "value");
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

json::value main_server::v2(const std::string& event, json::object payload, const std::string& user,
                            milliseconds timeout) {
  const std::size_t from = mark();
  payload.emplace_back("USERNAME", user);
  emit(event, std::move(payload));
  return wait_event(user, from, timeout);
}

} // namespace dockhost::e2e
