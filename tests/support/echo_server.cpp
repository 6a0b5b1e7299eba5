// SPDX-License-Identifier: MIT
// The echo application that the protocol's authors describe for their test suites, on our servers:
//   echo_server [PORT [ENGINE_PORT [PING_INTERVAL [PING_TIMEOUT [CONNECT_TIMEOUT]]]]]
// Ports: 0 or nothing for any free one; times in ms, 300, 200 and 1000 by default. It prints
// {"t":"listening","port":P,"engine_port":E} and ends with its standard input; the line "close"
// closes the Socket.IO server first. Socket.IO is at P, /socket.io/, namespaces / and /custom; a
// bare Engine.IO echo is at E, /engine.io/.
#include "actors/link/engineio_host.hpp"
#include "actors/link/socketio_server.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>

using namespace dockhost;
using namespace std::chrono_literals;
using protocol::engineio::server::outgoing;

namespace {

class arguments {
public:
  arguments(int argc, char** argv) : argc_(argc), argv_(argv) {}
  [[nodiscard]] long at(int index, long otherwise) const {
    return index < argc_ ? std::strtol(argv_[index], nullptr, 10) : otherwise;
  }
  [[nodiscard]] std::uint16_t port(int index) const {
    return static_cast<std::uint16_t>(at(index, 0));
  }
  [[nodiscard]] std::chrono::milliseconds time(int index, long otherwise) const {
    return std::chrono::milliseconds(at(index, otherwise));
  }

private:
  int argc_;
  char** argv_;
};

actors::engineio_host_options engine_options(const arguments& args, std::string path) {
  actors::engineio_host_options o;
  o.engine.ping_interval = args.time(3, 300);
  o.engine.ping_timeout = args.time(4, 200);
  o.path = std::move(path);
  return o;
}

class echo final : public actors::engineio_listener {
public:
  explicit echo(actors::engineio_connection& connection) : connection_(connection) {}
  void on_message(bool binary, std::string data) override {
    outgoing back;
    if (binary) {
      back.attachments.push_back(std::move(data));
    } else {
      back.text = '4' + data;
    }
    connection_.send(std::make_shared<const outgoing>(std::move(back)));
  }
  void on_closed(protocol::engineio::server::end_reason) override {}

private:
  actors::engineio_connection& connection_;
};

void add_echo(actors::socketio_namespace& nsp) {
  using namespace actors;
  nsp.on_connect([](const socketio_request& request, socketio_admission admission) {
    if (const auto* no = request.auth.find("refuse")) {
      const auto* data = request.auth.find("data");
      admission.refuse(no->as_string() != nullptr ? *no->as_string() : "refused",
                       data != nullptr ? *data : json::value());
      return;
    }
    admission.accept(std::make_shared<json::value>(request.auth));
  });
}

/// `auth` after the CONNECT, then echoes.
struct application {
  explicit application(actors::socketio_server& server) {
    for (const auto* name : {"/", "/custom"})
      serve(server.of(name));
  }

  static void serve(actors::socketio_namespace& nsp) {
    using namespace actors;
    add_echo(nsp);
    nsp.on_connected([](const socketio_socket_ptr& socket) {
      socket->emit("auth", {*std::static_pointer_cast<json::value>(socket->data)});
    });
    nsp.on_raw("message", [](const socketio_socket_ptr& socket, std::string_view,
                             socketio_arguments args, socketio_ack) {
      socket->emit("message-back", std::move(args.values), std::move(args.attachments));
    });
    nsp.on_raw("message-with-ack",
               [](const socketio_socket_ptr&, std::string_view, socketio_arguments args,
                  socketio_ack ack) { ack(std::move(args.values), std::move(args.attachments)); });
    // Asks the client the same, and sends its answer back as an event.
    nsp.on_raw("ask-me", [](const socketio_socket_ptr& socket, std::string_view,
                            socketio_arguments args, socketio_ack) {
      socket->emit_with_ack("question", std::move(args.values), std::move(args.attachments), 1s,
                            [socket](auto answer) {
                              if (!answer) {
                                socket->emit("no-answer", {answer.err()});
                                return;
                              }
                              auto got = std::move(answer).value();
                              socket->emit("answered", std::move(got.args),
                                           std::move(got.attachments));
                            });
    });
    nsp.on_raw("leave-me", [](const socketio_socket_ptr& socket, std::string_view,
                              socketio_arguments, socketio_ack) { socket->disconnect(); });
    nsp.on_raw("close-me", [](const socketio_socket_ptr& socket, std::string_view,
                              socketio_arguments, socketio_ack) { socket->close(); });
  }
};

template <class Server>
std::unique_ptr<net::http_server> serve(net::io_thread& io, Server& server) {
  net::http_server_handlers handlers;
  handlers.on_request = [&server](std::shared_ptr<net::http_exchange> exchange) {
    if (!server.handle(exchange)) exchange->respond(net::make_response(404, "not found"));
  };
  return std::make_unique<net::http_server>(io, net::http_server_limits{}, std::move(handlers));
}

std::uint16_t listen(net::http_server& http, std::uint16_t port) {
  net::listen_options where;
  where.port = port;
  auto got = http.listen(where);
  if (!got) {
    std::cerr << "echo_server: " << got.err() << '\n';
    std::exit(1);
  }
  return *got;
}

} // namespace

int main(int argc, char** argv) {
  const arguments args(argc, argv);
  net::io_thread io;
  actors::socketio_server_options options;
  options.engine = engine_options(args, "/socket.io/");
  options.connect_timeout = args.time(5, 1'000);
  actors::socketio_server socketio(io, std::move(options));
  const application app(socketio);
  auto bare = std::make_unique<actors::engineio_host>(
      io, engine_options(args, "/engine.io/"),
      [](actors::engineio_connection& c) { return std::make_unique<echo>(c); });
  auto http = serve(io, socketio);
  auto engine_http = serve(io, *bare);
  const auto port = listen(*http, args.port(1));
  const auto engine_port = listen(*engine_http, args.port(2));
  std::cout << "{\"t\":\"listening\",\"port\":" << port << ",\"engine_port\":" << engine_port << "}"
            << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line != "close") continue;
    std::promise<void> closed;
    socketio.close([&] { closed.set_value(); });
    closed.get_future().wait();
    std::cout << "{\"t\":\"closed\"}" << std::endl;
  }
  engine_http.reset();
  http.reset();
  std::promise<void> gone;
  io.post([&] {
    bare.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}
