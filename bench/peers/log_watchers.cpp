// SPDX-License-Identifier: MIT
// Who watches a container's log while it is measured: native, because a script would be slower than
// what it measures. Each run says {"ready":true} once it watches, and its figures at the end.
//
//   log_watchers raw ENGINE_SOCKET CONTAINER LINES
//                    -> {"lines","bytes","ns"}: the engine's answer itself, without a node
//   log_watchers live PORT CONTAINER LINES CLIENTS SECONDS
//                    ->
//                    {"ns","clients":[{"lines","marked","unknown","gone","gaps","disorder","bytes",
//                      "ns"}]}: until each has received or been told to miss LINES lines
//   log_watchers states PORT ENGINE_SOCKET CONTAINER COUNT
//                    -> {"ns":[...]}: from the engine's answer to a pause or unpause until the
//                       browser hears of it
//   log_watchers stops PROXY_SOCKET ENGINE_SOCKET
//                    for each line {"port","container"} of its input: watches, stops after 10,000
//                    lines -> {"closed_ns","stopped_ns","after_stop","open"}
#include "bench/peers/flood_count.hpp"
#include "bench/peers/http_calls.hpp"
#include "bench/peers/live_client.hpp"
#include "bench/peers/raw_log.hpp"
#include "bench/peers/stop_proxy.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace dockhost::bench {

namespace {

using namespace std::chrono_literals;
constexpr auto patience = 20s;

void say(const json::value& line) {
  std::cout << json::dump(line) << std::endl;
}

std::int64_t number(const std::string& text) {
  return std::stoll(text);
}

void need(bool there, const char* what) {
  if (!there) throw std::runtime_error(what);
}

void raw(const std::vector<std::string>& words) {
  const auto got = read_raw_log(words.at(0), words.at(1),
                                static_cast<std::uint64_t>(number(words.at(2))), patience, [] {
                                  say(json::object{{"ready", true}});
                                });
  say(json::object{{"lines", static_cast<std::int64_t>(got.lines)},
                   {"bytes", static_cast<std::int64_t>(got.bytes)},
                   {"ns", got.last_at - got.first_at}});
}

std::uint16_t port_of(const std::string& text) {
  return static_cast<std::uint16_t>(number(text));
}

/// Browsers of one container's log.
class browsers {
public:
  browsers(std::uint16_t port, std::size_t n)
      : clients_(join(port, n, "42[\"initial_state\",")), counts_(n) {}

  [[nodiscard]] std::vector<flood_count>& counts() { return counts_; }

  /// Each sends a request with an acknowledgement, one after the other as if they came at once;
  /// when the last one was sent, ns.
  std::int64_t ask(const std::string& event, const std::string& container) {
    ++asked_;
    std::int64_t at = 0;
    for (auto& each : clients_) {
      at = now_ns();
      each.send("42" + std::to_string(asked_) + "[\"" + event + "\",{\"container_id\":\"" +
                container + "\",\"tail\":0}]");
    }
    return at;
  }
  /// All requests were answered well.
  void answered() {
    need(until([&] { return answered_ == asked_ * clients_.size(); }, patience), "a stream starts");
  }
  bool until(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
    return serve_until(
        clients_,
        [&](std::size_t i, std::string_view packet, std::int64_t at) { take(i, packet, at); }, done,
        limit);
  }
  /// Hears of each container_state_change: the packet, and when it came.
  std::function<void(std::string_view, std::int64_t)> on_state;

private:
  void take(std::size_t i, std::string_view packet, std::int64_t at) {
    if (packet.starts_with("43")) {
      need(packet.find("\"status\":") != packet.npos, std::string(packet).c_str());
      ++answered_;
    } else if (packet.starts_with("42[\"container_state_change\",")) {
      if (on_state) on_state(packet, at);
    } else {
      counts_[i].take(packet, at);
    }
  }

  std::vector<live_client> clients_;
  std::vector<flood_count> counts_;
  std::size_t asked_ = 0;
  std::size_t answered_ = 0;
};

void live(const std::vector<std::string>& words) {
  const auto lines = static_cast<std::uint64_t>(number(words.at(2)));
  browsers all(port_of(words.at(0)), static_cast<std::size_t>(number(words.at(3))));
  (void)all.ask("start_log_stream", words.at(1));
  all.answered();
  say(json::object{{"ready", true}});
  (void)all.until(
      [&] {
        return std::all_of(all.counts().begin(), all.counts().end(),
                           [&](const auto& count) { return count.next_number > lines; });
      },
      std::chrono::seconds(number(words.at(4))));
  json::array each;
  std::int64_t first = 0, last = 0;
  for (const auto& count : all.counts()) {
    if (first == 0 || (count.first_at != 0 && count.first_at < first)) first = count.first_at;
    last = std::max(last, count.last_at);
    const auto n = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    each.push_back(json::object{{"lines", n(count.lines)},
                                {"marked", n(count.marked)},
                                {"unknown", n(count.unknown)},
                                {"gone", n(count.gone)},
                                {"gaps", n(count.gaps)},
                                {"disorder", n(count.disorder)},
                                {"packets", n(count.packets)},
                                {"bytes", n(count.bytes)},
                                {"ns", count.last_at - count.first_at}});
  }
  say(json::object{{"ns", last - first}, {"clients", std::move(each)}});
}

// Only the change that is waited for counts: of its runtime's late news an engine makes pauses and
// unpauses that nobody asked for, and tells them.
void states(const std::vector<std::string>& words) {
  const auto& container = words.at(2);
  const auto about = "\"container_id\":\"" + container + '"';
  std::string wanted;
  std::optional<std::int64_t> heard;
  browsers one(port_of(words.at(0)), 1);
  one.on_state = [&](std::string_view packet, std::int64_t at) {
    const bool it_is = packet.find(about) != packet.npos && packet.find(wanted) != packet.npos;
    if (it_is && !heard) heard = at;
  };
  http_caller engine(words.at(1));
  say(json::object{{"ready", true}});
  json::array out;
  for (std::int64_t n = 0; n < number(words.at(3)); ++n) {
    const bool pause = n % 2 == 0;
    wanted = pause ? "\"state\":\"paused\"" : "\"state\":\"running\"";
    heard.reset();
    const std::string path = "/v1.41/containers/" + container + (pause ? "/pause" : "/unpause");
    (void)engine.make({bare_call("204", "POST", path)});
    const auto done = now_ns();
    need(one.until([&] { return heard.has_value(); }, patience), "a change of state is told");
    out.push_back(std::max<std::int64_t>(0, *heard - done));
    (void)one.until([] { return false; }, 10ms);
  }
  say(json::object{{"ns", std::move(out)}});
}

void stops(const std::vector<std::string>& words) {
  constexpr std::uint64_t enough = 10'000;
  auto& proxy = *new stop_proxy(words.at(0), words.at(1)); // its threads go on until the end
  std::thread(&stop_proxy::run, &proxy).detach();
  say(json::object{{"ready", true}});
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = json::parse(line);
    std::int64_t port = 0;
    need(request.ok() && request->find("port")->get_int(port), "a port");
    const auto& container = *request->find("container")->as_string();
    const auto before = proxy.closed().size();
    browsers one(static_cast<std::uint16_t>(port), 1);
    const auto& count = one.counts().front();
    (void)one.ask("start_log_stream", container);
    need(one.until([&] { return count.lines >= enough; }, patience), "a flood");
    const auto asked = one.ask("stop_log_stream", container);
    need(one.until([&] { return count.stopped_at != 0; }, patience), "the stream stops");
    need(one.until([&] { return proxy.closed().size() > before; }, patience), "it is closed");
    (void)one.until([] { return false; }, 100ms); // lines that should not come would come now
    say(json::object{{"closed_ns", proxy.closed().back() - asked},
                     {"stopped_ns", count.stopped_at - asked},
                     {"after_stop", static_cast<std::int64_t>(count.after_stop)},
                     {"open", static_cast<std::int64_t>(proxy.open())}});
  }
}

void run(const std::string& what, const std::vector<std::string>& words) {
  if (what == "raw") return raw(words);
  if (what == "live") return live(words);
  if (what == "states") return states(words);
  if (what == "stops") return stops(words);
  throw std::runtime_error("usage: log_watchers raw|live|states|stops ...");
}

} // namespace

} // namespace dockhost::bench

int main(int argc, char** argv) try {
  std::vector<std::string> words(argv + std::min(argc, 2), argv + argc);
  dockhost::bench::run(argc > 1 ? argv[1] : "", words);
  std::_Exit(0); // threads may hang in system calls, and nothing is left to be done
} catch (const std::exception& e) {
  std::cerr << "log_watchers: " << e.what() << std::endl;
  std::_Exit(1);
}
