// SPDX-License-Identifier: MIT
#include "link_rig.hpp"

#include <future>
#include <stdexcept>

namespace dockhost::actors::test {

using namespace protocol::socketio;

peer_server::peer_server(json::object config) : config_(std::move(config)) {
  start();
}

void peer_server::start() {
  json::object config = config_;
  if (port_ != 0) config.emplace_back("port", std::int64_t{port_});
  e2e::process_options options;
  options.argv = {"node", DOCKHOST_E2E_FOLDER "/servers/socketio_peer.mjs", json::dump(config)};
  options.log = "/dev/stderr";
  options.control = true;
  process_ = std::make_unique<e2e::child_process>(options);
  const auto said = wait("listening");
  std::int64_t port = 0;
  if (!said.find("port")->get_int(port)) throw std::runtime_error("no port");
  port_ = static_cast<std::uint16_t>(port);
}

void peer_server::restart() {
  process_.reset();
  start();
}

json::value peer_server::wait(const std::string& type) {
  const auto end = std::chrono::steady_clock::now() + 10'000ms;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    const auto line = process_->read_line(std::max(left, 0ms));
    if (!line) throw std::runtime_error("the peer never said " + type);
    auto message = json::parse(*line);
    if (!message) throw std::runtime_error("the peer said " + *line);
    if (*message->find("t") == json::value(type)) return std::move(message).value();
  }
}

void peer_server::send(json::object command) {
  process_->write_line(json::dump(std::move(command)));
}

void news::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

std::string news::next(std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, within, [&] { return !lines_.empty(); })) return "(nothing)";
  auto line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

std::size_t news::waiting() {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

socketio_driver_handlers write_to(const std::shared_ptr<news>& to) {
  socketio_driver_handlers out;
  out.on_connected = [to](const connected& e) {
    to->add(std::string("connected ") + (e.websocket ? "websocket" : "polling"));
  };
  out.on_refused = [to](const connect_refused& e) { to->add("refused " + e.message); };
  out.on_event = [to](const event& e) {
    auto line = "event " + e.name + ' ' + json::dump(e.args);
    if (e.ack_id) line += " ack=" + std::to_string(*e.ack_id);
    for (const auto& bytes : e.attachments)
      line += ' ' + hex(bytes);
    to->add(std::move(line));
  };
  out.on_upgraded = [to] { to->add("upgraded"); };
  out.on_disconnected = [to](const disconnected& e) {
    to->add("disconnected " + std::string(to_string(e.reason)));
  };
  return out;
}

socketio_driver_options driver_options(const std::string& path) {
  socketio_driver_options out;
  out.socketio.engine.path = path;
  out.socketio.engine.query = {{"role", "backend"}};
  out.socketio.auth = json::object{{"DOCKHOST_API_KEY", "key"}, {"LAN_IP", nullptr}};
  out.socketio.connect_timeout = 10'000ms;
  out.socketio.engine.connect_timeout = 10'000ms;
  return out;
}

connection::connection(std::uint16_t port, socketio_driver_options options,
                       std::optional<net::tls_options> tls) {
  const server_address where{"127.0.0.1", port, tls.has_value(), ""};
  driver = std::make_unique<socketio_driver>(
      io, to_endpoint(where, tls.value_or(net::tls_options{})), std::move(options), write_to(log));
}

namespace {

/// Waits for what a call reports; "refused" when it wasn't taken, "(nothing)" when it never comes.
template <class Call>
std::string wait_for(Call call) {
  const auto said = std::make_shared<std::promise<std::string>>();
  auto future = said->get_future();
  if (!call([said](std::string text) { said->set_value(std::move(text)); })) return "refused";
  if (future.wait_for(10'000ms) != std::future_status::ready) return "(nothing)";
  return future.get();
}

socketio_driver::sent_fn as_text(std::function<void(std::string)> say) {
  return [say = std::move(say)](const send_result<unit>& sent) {
    say(sent ? "sent" : std::string(to_string(sent.err())));
  };
}

} // namespace

std::string connection::emit(std::string name, json::array args,
                             std::vector<std::string> attachments) {
  return wait_for([&](std::function<void(std::string)> say) {
    return driver->emit(std::move(name), std::move(args), std::move(attachments),
                        as_text(std::move(say)));
  });
}

std::string connection::acknowledge(std::uint64_t id, json::array args,
                                    std::vector<std::string> attachments) {
  return wait_for([&](std::function<void(std::string)> say) {
    return driver->acknowledge(id, std::move(args), std::move(attachments),
                               as_text(std::move(say)));
  });
}

std::string connection::ask(std::string name, json::array args,
                            std::vector<std::string> attachments,
                            std::chrono::milliseconds timeout) {
  return wait_for([&](std::function<void(std::string)> say) {
    return driver->emit_with_ack(
        std::move(name), std::move(args), std::move(attachments), timeout,
        [say = std::move(say)](const basic_result<acked, std::string>& got) {
          if (!got) return say("failed: " + got.err());
          auto text = json::dump(got->args);
          for (const auto& bytes : got->attachments)
            text += ' ' + hex(bytes);
          say(std::move(text));
        });
  });
}

} // namespace dockhost::actors::test
