// SPDX-License-Identifier: MIT
// Who watches a container's log while it is measured: native, because a script would be slower than
// what it measures. Each run says {"ready":true} once it watches, and its figures at the end.
//
//   log_watchers raw ENGINE_SOCKET CONTAINER LINES
//                    -> {"lines","bytes","ns"}: the engine's answer itself, without a node
//   log_watchers live PORT CONTAINER LINES CLIENTS SECONDS
//                    ->
//                    {"ns","clients":[{"lines","marked","unknown","gaps","disorder","bytes","ns"}]}
//                       until each has received or been told to miss LINES lines
//   log_watchers states PORT ENGINE_SOCKET CONTAINER COUNT
//                    -> {"ns":[...]}: from the engine's answer to a pause or unpause until the
//                       browser hears of it
//   log_watchers stops PROXY_SOCKET ENGINE_SOCKET
//                    for each line {"port","container"} of its input: watches, stops after 10,000
//                    lines -> {"closed_ns","stopped_ns","after_stop","open"}
#include "bench/peers/http_calls.hpp"
#include "bench/peers/log_client.hpp"
#include "bench/peers/raw_log.hpp"
#include "bench/peers/stop_proxy.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
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

/// Looks every few milliseconds; what is waited for lasts much longer.
template <class Condition>
bool eventually(Condition condition, std::chrono::nanoseconds limit) {
  const auto end = now_ns() + limit.count();
  while (!condition()) {
    if (now_ns() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
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

void live(const std::vector<std::string>& words) {
  const auto port = static_cast<std::uint16_t>(number(words.at(0)));
  const auto lines = static_cast<std::uint64_t>(number(words.at(2)));
  std::vector<std::unique_ptr<log_client>> clients;
  for (std::int64_t n = 0; n < number(words.at(3)); ++n) {
    clients.push_back(std::make_unique<log_client>(port));
    clients.back()->begin();
    clients.back()->start_log(words.at(1));
    need(eventually([&] { return clients.back()->answered() > 0; }, patience), "a stream starts");
  }
  say(json::object{{"ready", true}});
  const auto complete = [&](const auto& client) {
    const auto count = client->count();
    return count.lines + count.marked >= lines || client->ended();
  };
  (void)eventually([&] { return std::all_of(clients.begin(), clients.end(), complete); },
                   std::chrono::seconds(number(words.at(4))));
  json::array each;
  std::int64_t first = 0, last = 0;
  for (const auto& client : clients) {
    const auto count = client->count();
    if (first == 0 || (count.first_at != 0 && count.first_at < first)) first = count.first_at;
    last = std::max(last, count.last_at);
    const auto n = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    each.push_back(json::object{{"lines", n(count.lines)},
                                {"marked", n(count.marked)},
                                {"unknown", n(count.unknown)},
                                {"gaps", n(count.gaps)},
                                {"disorder", n(count.disorder)},
                                {"packets", n(count.packets)},
                                {"bytes", n(count.bytes)},
                                {"ns", count.last_at - count.first_at}});
  }
  say(json::object{{"ns", last - first}, {"clients", std::move(each)}});
}

void states(const std::vector<std::string>& words) {
  const auto& container = words.at(2);
  std::mutex mutex;
  std::condition_variable came;
  std::vector<std::int64_t> heard;
  log_client browser(static_cast<std::uint16_t>(number(words.at(0))));
  browser.begin([&](std::string_view id, std::int64_t at) {
    if (id != container) return;
    const std::lock_guard lock(mutex);
    heard.push_back(at);
    came.notify_one();
  });
  http_caller engine(words.at(1));
  say(json::object{{"ready", true}});
  json::array out;
  for (std::int64_t n = 0; n < number(words.at(3)); ++n) {
    const auto* what = n % 2 == 0 ? "/pause" : "/unpause";
    (void)engine.make({{"204", "POST", "/v1.41/containers/" + container + what, "", ""}});
    const auto done = now_ns();
    std::unique_lock lock(mutex);
    const auto wanted = static_cast<std::size_t>(n) + 1;
    need(came.wait_for(lock, patience, [&] { return heard.size() >= wanted; }),
         "a change of state is told");
    need(heard.size() == wanted, "each change is told once");
    out.push_back(std::max<std::int64_t>(0, heard.back() - done));
    lock.unlock();
    std::this_thread::sleep_for(10ms);
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
    log_client browser(static_cast<std::uint16_t>(port));
    browser.begin();
    browser.start_log(container);
    need(eventually([&] { return browser.count().lines >= enough; }, patience), "a flood");
    const auto asked = browser.stop_log(container);
    need(eventually([&] { return browser.count().stopped_at != 0; }, patience), "the stream stops");
    need(eventually([&] { return proxy.closed().size() > before; }, patience), "it is closed");
    std::this_thread::sleep_for(100ms); // lines that should not come would come now
    const auto count = browser.count();
    say(json::object{{"closed_ns", proxy.closed().back() - asked},
                     {"stopped_ns", count.stopped_at - asked},
                     {"after_stop", static_cast<std::int64_t>(count.after_stop)},
                     {"open", static_cast<std::int64_t>(proxy.open())}});
  }
}

void serve(const std::string& what, const std::vector<std::string>& words) {
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
  dockhost::bench::serve(argc > 1 ? argv[1] : "", words);
  std::_Exit(0); // threads may hang in system calls, and nothing is left to be done
} catch (const std::exception& e) {
  std::cerr << "log_watchers: " << e.what() << std::endl;
  std::_Exit(1);
}
