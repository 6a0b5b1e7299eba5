// SPDX-License-Identifier: MIT
// Clients of a live view, in one thread, which note when things arrive. Prints lines of JSON.
//
//   live_clients events ENGINE_SOCKET PORT CLIENTS  state events, beside a raw reader of /events;
//                                                   {"ready":true}; all that came, at stdin's end
//   live_clients states PORT CLIENTS ROUNDS         how long initial_state takes, one by one and
//                                                   for all at once
//   live_clients idle PORT CLIENTS                  {"ready":true}, then nothing till stdin's end
//   live_clients count PORT REQUEST EVENT WHAT      sends a packet; {"ready":true}; at stdin's end
//                                                   how many of EVENT came, and WHAT in them
#include "bench/peers/live_client.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dockhost::bench {

namespace {

constexpr std::string_view state_change = R"(42["container_state_change",)";
constexpr std::string_view initial_state = R"(42["initial_state",)";
constexpr std::string_view container = R"("container_id":)";

/// Where it is allowed: what waits here is counted against the node.
void take_priority() {
  sched_param p{};
  p.sched_priority = 1;
  static_cast<void>(::sched_setscheduler(0, SCHED_FIFO, &p));
}

std::size_t count(std::string_view in, std::string_view what) {
  std::size_t n = 0;
  for (auto at = in.find(what); at != std::string_view::npos; at = in.find(what, at + what.size()))
    ++n;
  return n;
}

/// The text of a member; the first one of that name.
std::string text_of(std::string_view in, std::string_view name) {
  const auto key = "\"" + std::string(name) + "\":\"";
  const auto at = in.find(key);
  if (at == std::string_view::npos) throw std::runtime_error("no " + std::string(name));
  const auto from = at + key.size();
  return std::string(in.substr(from, in.find('"', from) - from));
}

struct noted {
  std::string id;
  std::string what;
  std::int64_t at = 0;
};

json::value as_json(const std::vector<noted>& all) {
  json::array out;
  for (const auto& each : all)
    out.push_back(json::array{each.id, each.what, each.at});
  return out;
}

void say(const json::value& line) {
  std::cout << json::dump(line) << std::endl;
}

/// The engine's events, read as they come. HTTP/1.0 spares the chunks: a line is an event.
class raw_reader {
public:
  explicit raw_reader(const std::string& path) : fd_(connect_unix(path)) {
    if (!send_all(fd_.get(), "GET /events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D "
                             "HTTP/1.0\r\nHost: docker\r\n\r\n")) {
      throw std::runtime_error("the engine is gone");
    }
  }

  void run() {
    std::string text;
    while (receive_some(fd_.get(), text) == received::bytes) {
      const auto at = now_ns();
      for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        const auto line = text.substr(0, end);
        text.erase(0, end + 1);
        if (line.starts_with("{\"status\"")) {
          events.push_back({text_of(line, "id"), text_of(line, "Action"), at});
        }
      }
    }
  }
  void stop() { ::shutdown(fd_.get(), SHUT_RDWR); }

  std::vector<noted> events;

private:
  unique_fd fd_;
};

void events(const std::string& engine, std::uint16_t port, std::size_t n) {
  auto clients = join(port, n, initial_state);
  raw_reader raw(engine);
  take_priority();
  std::thread reading([&] { raw.run(); });
  say(json::object{{"ready", true}});
  std::vector<std::vector<noted>> seen(n);
  serve(clients, STDIN_FILENO, [&](std::size_t i, std::string_view packet, std::int64_t at) {
    if (!packet.starts_with(state_change)) return;
    seen[i].push_back({text_of(packet, "container_id"), text_of(packet, "state"), at});
  });
  raw.stop();
  reading.join();
  json::array told;
  for (const auto& each : seen)
    told.push_back(as_json(each));
  say(json::object{{"engine", as_json(raw.events)}, {"clients", std::move(told)}});
}

void states(std::uint16_t port, std::size_t n, int rounds) {
  take_priority();
  std::size_t fewest = SIZE_MAX;
  std::size_t most = 0;
  const auto measure = [&](std::size_t many) {
    std::vector<live_client> clients;
    for (std::size_t i = 0; i < many; ++i)
      clients.emplace_back(port);
    std::size_t waiting = many;
    std::int64_t last = 0;
    const auto begin = now_ns();
    for (auto& each : clients)
      each.send("40");
    (void)serve_until(
        clients,
        [&](std::size_t, std::string_view packet, std::int64_t at) {
          if (!packet.starts_with(initial_state)) return;
          const auto containers = count(packet, container);
          fewest = std::min(fewest, containers);
          most = std::max(most, containers);
          last = at;
          --waiting;
        },
        [&] { return waiting == 0; });
    return last - begin;
  };
  json::array one;
  json::array all;
  for (int i = 0; i < rounds; ++i) {
    one.emplace_back(measure(1));
    all.emplace_back(measure(n));
  }
  say(json::object{{"one", std::move(one)},
                   {"all", std::move(all)},
                   {"fewest", static_cast<std::int64_t>(fewest)},
                   {"most", static_cast<std::int64_t>(most)}});
}

void idle(std::uint16_t port, std::size_t n) {
  auto clients = join(port, n, "40");
  say(json::object{{"ready", true}});
  serve(clients, STDIN_FILENO, [](std::size_t, std::string_view, std::int64_t) {});
}

void count(std::uint16_t port, const std::string& request, const std::string& event,
           const std::string& what) {
  auto clients = join(port, 1, initial_state);
  clients.front().send(request);
  say(json::object{{"ready", true}});
  std::int64_t packets = 0;
  std::int64_t found = 0;
  serve(clients, STDIN_FILENO, [&](std::size_t, std::string_view packet, std::int64_t) {
    if (!packet.starts_with("42[\"" + event + "\"")) return;
    ++packets;
    found += static_cast<std::int64_t>(count(packet, what));
  });
  say(json::object{{"packets", packets}, {"found", found}});
}

int run(const std::vector<std::string>& args) {
  const auto number = [&](std::size_t i) { return std::stoul(args.at(i)); };
  const auto port = [&](std::size_t i) { return static_cast<std::uint16_t>(number(i)); };
  const auto mode = args.empty() ? std::string() : args.front();
  if (mode == "events" && args.size() == 4) {
    events(args[1], port(2), number(3));
  } else if (mode == "states" && args.size() == 4) {
    states(port(1), number(2), static_cast<int>(number(3)));
  } else if (mode == "idle" && args.size() == 3) {
    idle(port(1), number(2));
  } else if (mode == "count" && args.size() == 5) {
    count(port(1), args[2], args[3], args[4]);
  } else {
    throw std::runtime_error("usage: live_clients events|states|idle|count ...");
  }
  return 0;
}

} // namespace

} // namespace dockhost::bench

int main(int argc, char** argv) try {
  return dockhost::bench::run({argv + 1, argv + argc});
} catch (const std::exception& e) {
  std::cerr << "live_clients: " << e.what() << "\n";
  return 1;
}
