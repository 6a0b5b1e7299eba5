// SPDX-License-Identifier: MIT
// Main server and engine proxy of a node that is measured, in one process: one clock, and no event
// loop between. Ends with its standard input.
//
//   measuring_peers PROXY_SOCKET ENGINE_SOCKET
//
// Lines of JSON; first {"port", "realtime"}, then one for each line that comes, times in ns:
//   {"do":"run","seconds","commands":[{"peer","packet","until"}]}
//                    -> {"answers":[{"sent","answered","packet"}]}, one after the other; stops at
//                       the first that is not answered
//   {"do":"peers"}   -> {"peers":{ID:[initial_state packet]}}
//   {"do":"calls"}   -> {"calls":[{"begin","end","request" (base64)}]}, each once
#include "bench/peers/engine_proxy.hpp"
#include "bench/peers/main_server.hpp"
#include "core/base64.hpp"
#include "json/json.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <sched.h>
#include <unistd.h>

namespace dockhost::bench {

namespace {

std::string text_of(const json::value& object, std::string_view name) {
  const auto* member = object.find(name);
  const auto* text = member ? member->as_string() : nullptr;
  if (!text) throw std::runtime_error("no text: " + std::string(name));
  return *text;
}

json::value run(main_server& server, const json::value& request) {
  std::int64_t seconds = 0;
  const auto* limit = request.find("seconds");
  const auto* commands = request.find("commands");
  if (!limit || !limit->get_int(seconds) || !commands || !commands->as_array())
    throw std::runtime_error("run without seconds or commands");
  std::vector<main_server::command> all;
  for (const auto& each : *commands->as_array())
    all.push_back({text_of(each, "peer"), text_of(each, "packet"), text_of(each, "until")});

  std::vector<main_server::answer> answers;
  answers.reserve(all.size());
  for (const auto& each : all) {
    auto answer = server.exchange(each, static_cast<int>(seconds));
    if (!answer) break;
    answers.push_back(std::move(*answer));
  }
  json::array out;
  for (auto& each : answers)
    out.push_back(json::object{
        {"sent", each.sent}, {"answered", each.answered}, {"packet", std::move(each.packet)}});
  return json::object{{"answers", std::move(out)}};
}

json::value peers(main_server& server) {
  json::object out;
  for (auto& [id, states] : server.peers())
    out.emplace_back(id, json::array(states.begin(), states.end()));
  return json::object{{"peers", std::move(out)}};
}

json::value calls(engine_proxy& proxy) {
  json::array out;
  for (const auto& each : proxy.take())
    out.push_back(json::object{
        {"begin", each.begin}, {"end", each.end}, {"request", base64_encode(each.request)}});
  return json::object{{"calls", std::move(out)}};
}

/// Before everything else that wants a processor: what the measuring waits for one is not the
/// node's. Whether that is allowed; threads inherit it.
bool go_first() {
  sched_param priority{};
  priority.sched_priority = 1;
  return ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
}

void say(const json::value& line) {
  std::cout << json::dump(line) << std::endl;
}

void serve(const std::string& proxy_path, std::string engine_path) {
  const bool first = go_first();
  engine_proxy proxy(proxy_path, std::move(engine_path));
  main_server server;
  std::thread(&engine_proxy::run, &proxy).detach();
  std::thread(&main_server::run, &server).detach();
  say(json::object{{"port", static_cast<std::int64_t>(server.port())}, {"realtime", first}});
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = json::parse(line);
    if (!request.ok()) throw std::runtime_error("no JSON: " + request.err().message);
    const auto what = text_of(*request, "do");
    if (what == "run") {
      say(run(server, *request));
    } else if (what == "peers") {
      say(peers(server));
    } else if (what == "calls") {
      say(calls(proxy));
    } else {
      throw std::runtime_error("unknown: " + what);
    }
  }
  ::unlink(proxy_path.c_str());
  std::_Exit(0); // the other threads hang in system calls, and nothing is left to be done
}

} // namespace

} // namespace dockhost::bench

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: measuring_peers PROXY_SOCKET ENGINE_SOCKET");
  dockhost::bench::serve(argv[1], argv[2]);
} catch (const std::exception& e) {
  std::cerr << "measuring_peers: " << e.what() << std::endl;
  std::_Exit(1);
}
