// SPDX-License-Identifier: MIT
// What the way that a node is measured on costs by itself: a Socket.IO client that answers at once
// (echo), or makes the engine calls of a command and nothing else (prepare, then go).
//
//   floor_client PORT ENGINE_SOCKET        ends with its connection
#include "bench/peers/http_calls.hpp"
#include "bench/peers/websocket.hpp"

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::bench {

namespace {

constexpr std::string_view event_packet = "42";

/// 42ID["NAME",ARGUMENT]
struct event {
  std::string_view id;
  std::string_view name;
  std::string_view argument; ///< with the closing bracket
};

event take_apart(std::string_view packet) {
  const auto bracket = packet.find("[\"");
  const auto end = packet.find("\",", bracket);
  if (end == std::string_view::npos) throw std::runtime_error("an unknown packet");
  return {packet.substr(event_packet.size(), bracket - event_packet.size()),
          packet.substr(bracket + 2, end - bracket - 2), packet.substr(end + 2)};
}

class floor_client {
public:
  floor_client(std::uint16_t port, const std::string& engine)
      : connection_(connect_tcp(port), "/socket.io/?EIO=4&transport=websocket&role=floor"),
        caller_(engine) {}

  void run() {
    websocket::message next;
    while (connection_.receive(next) == websocket::heard::message) {
      const auto& packet = next.text;
      if (packet.starts_with(event_packet)) {
        answer(take_apart(packet));
      } else if (packet.starts_with("0")) {
        connection_.send("40");
      } else if (packet == "2") {
        connection_.send("3");
      }
    }
  }

private:
  void answer(const event& what) {
    std::string out = "43";
    out.append(what.id).append("[");
    if (what.name == "echo") {
      out.append(what.argument);
    } else if (what.name == "prepare") {
      const auto argument = json::parse(what.argument.substr(0, what.argument.size() - 1));
      if (!argument.ok()) throw std::runtime_error("prepare: no JSON");
      calls_ = calls_from(*argument);
      out += R"({"success":true}])";
    } else {
      out += R"({"success":true,"id":")" + caller_.make(calls_) + "\"}]";
    }
    connection_.send(out);
  }

  websocket connection_;
  http_caller caller_;
  std::vector<http_call> calls_;
};

} // namespace

} // namespace dockhost::bench

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: floor_client PORT ENGINE_SOCKET");
  dockhost::bench::floor_client(static_cast<std::uint16_t>(std::stoul(argv[1])), argv[2]).run();
  return 0;
} catch (const std::exception& e) {
  std::cerr << "floor_client: " << e.what() << "\n";
  return 1;
}
