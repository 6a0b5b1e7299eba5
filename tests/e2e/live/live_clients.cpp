// SPDX-License-Identifier: MIT
#include "tests/e2e/live/live_clients.hpp"

#include "tests/e2e/support/json_path.hpp"

namespace dockhost::e2e {

namespace {

json::value first_argument(const json::value& message) {
  const json::value args = at(message, "args");
  const auto* values = args.as_array();
  return values == nullptr || values->empty() ? json::value() : values->front();
}

/// The text of a log_update, as a string or as an attachment.
std::string log_text(const json::value& update) {
  return at(update, "log").as_string() == nullptr ? text(update, "log.binary")
                                                  : text(update, "log");
}

} // namespace

script_peer::predicate of(int client, script_peer::predicate more) {
  return [client, more = std::move(more)](const json::value& m) {
    return number(m, "n") == client && more(m);
  };
}

live_clients::live_clients(const std::filesystem::path& folder) : script_peer(folder, "browsers") {
  launch("live_clients.mjs", {}, "ready");
}

int live_clients::open(const std::string& url, json::object options) {
  const int client = ++last_;
  call("open", {{"n", client}, {"url", url}, {"options", std::move(options)}});
  return client;
}

int live_clients::join(const std::string& url, json::object options) {
  const std::size_t from = mark();
  const int client = open(url, std::move(options));
  wait_event(client, "initial_state", from);
  return client;
}

void live_clients::close(int client) {
  call("close", {{"n", client}});
}

json::value live_clients::ask_with(int client, const std::string& event, json::array arguments,
                                   milliseconds timeout) {
  const auto id = post("emit_ack", {{"n", client},
                                    {"event", event},
                                    {"args", std::move(arguments)},
                                    {"ms", static_cast<std::int64_t>(timeout.count())}});
  return outcome(id, timeout + milliseconds(2'000), event);
}

json::value live_clients::ask(int client, const std::string& event, json::value payload,
                              milliseconds timeout) {
  return ask_with(client, event, json::array{std::move(payload)}, timeout);
}

void live_clients::emit(int client, const std::string& event, json::array arguments) {
  call("emit", {{"n", client}, {"event", event}, {"args", std::move(arguments)}});
}

json::value live_clients::get(const std::string& url, json::object headers, json::object more) {
  const auto id =
      post("get", {{"url", url}, {"headers", std::move(headers)}, {"more", std::move(more)}});
  return outcome(id, milliseconds(20'000), url);
}

json::value live_clients::handshake(const std::string& url, json::object headers) {
  for (const auto& [name, value] :
       {std::pair{"Connection", "Upgrade"}, std::pair{"Upgrade", "websocket"},
        std::pair{"Sec-WebSocket-Version", "13"},
        std::pair{"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}})
    headers.emplace_back(name, value);
  return get(url + "/socket.io/?EIO=4&transport=websocket", std::move(headers));
}

std::int64_t live_clients::received(int client) {
  std::int64_t bytes = -1;
  (void)call("received", {{"n", client}}).get_int(bytes);
  return bytes;
}

json::value live_clients::wait_event(int client, const std::string& name, std::size_t from,
                                     milliseconds timeout) {
  return wait_event(
      client, name, [](const json::value&) { return true; }, from, timeout);
}

json::value live_clients::wait_event(int client, const std::string& name, const predicate& fits,
                                     std::size_t from, milliseconds timeout) {
  const auto wanted = of(client, is("event", "name", name));
  return first_argument(wait([&](const auto& m) { return wanted(m) && fits(first_argument(m)); },
                             from, timeout, "the event " + name));
}

std::vector<json::value> live_clients::events(int client, const std::string& name,
                                              std::size_t from) {
  std::vector<json::value> out;
  for (const auto& m : all(of(client, is("event", "name", name)), from))
    out.push_back(first_argument(m));
  return out;
}

std::vector<std::string> live_clients::event_names(int client, std::size_t from) {
  std::vector<std::string> out;
  for (const auto& m : all(of(client, is("event")), from))
    out.push_back(text(m, "name"));
  return out;
}

json::value live_clients::wait_link(int client, const std::string& type, std::size_t from,
                                    milliseconds timeout) {
  return wait(of(client, is(type)), from, timeout, type);
}

std::vector<std::string> live_clients::log_lines(int client, const std::string& spelling,
                                                 std::size_t from) {
  std::vector<std::string> out;
  for (const auto& update : events(client, "log_update", from)) {
    if (text(update, "container_id") != spelling) continue;
    std::string_view rest;
    const std::string log = log_text(update);
    for (rest = log;;) {
      const auto end = rest.find('\n');
      out.emplace_back(rest.substr(0, end));
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

void live_clients::wait_line(int client, const std::string& part, std::size_t from,
                             milliseconds timeout) {
  wait_event(
      client, "log_update",
      [&](const json::value& update) { return log_text(update).find(part) != std::string::npos; },
      from, timeout);
}

} // namespace dockhost::e2e
