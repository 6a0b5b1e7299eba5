// SPDX-License-Identifier: MIT
#include "apps/doctor_gather.hpp"

#include "actors/link/server_url.hpp"
#include "apps/api_key.hpp"
#include "apps/engine_options.hpp"
#include "docker/engine_address.hpp"
#include "net/http_client.hpp"
#include "platform/bind_probe.hpp"
#include "platform/file.hpp"

#include <algorithm>
#include <cerrno>
#include <future>
#include <memory>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace dockhost::apps {

namespace {

constexpr auto answer_margin = std::chrono::seconds(5); // beyond the deadline of the call itself

/// Waits for the one answer of a call that takes a callback. Nothing if it never came, which the
/// callee's own deadline should have prevented.
template <class T, class Start>
std::optional<T> wait_for(std::chrono::milliseconds timeout, Start start) {
  // Shared, because a late callback may outlive this function.
  auto promise = std::make_shared<std::promise<T>>();
  auto answer = promise->get_future();
  start([promise](T value) { promise->set_value(std::move(value)); });
  if (answer.wait_for(timeout + answer_margin) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

/// Whether `folder`, or what is there of it, can be written to.
std::string why_not_writable(const std::string& folder) {
  std::string at = folder;
  while (::access(at.c_str(), F_OK) != 0 && at.size() > 1) {
    const auto slash = at.find_last_of('/');
    if (slash == std::string::npos) break;
    at = slash == 0 ? "/" : at.substr(0, slash);
  }
  // The dot: a file in the place of a folder is wrong too.
  if (::access((at + "/.").c_str(), W_OK | X_OK) == 0) return {};
  const int code = errno;
  return folder + " cannot be written: " + std::generic_category().message(code) +
         (at == folder ? "" : " (" + at + ")");
}

void gather_ports(doctor_facts& facts) {
  auto& p = facts.ports;
  p.ephemeral = platform::ephemeral_ports();
  p.first = facts.values.ports.first;
  p.last = facts.values.ports.last != 0 ? facts.values.ports.last : p.ephemeral.first - 1;
  p.blocks = std::max<std::int64_t>(0, (p.last - p.first + 1) / 3);
  p.probed = !facts.engine.info || !facts.engine.info->remote;
  if (!p.probed) return;
  for (std::int64_t i = 0; i < p.blocks; ++i) {
    bool free = true;
    for (std::int64_t port = p.first + i * 3; free && port < p.first + i * 3 + 3; ++port) {
      free = platform::can_bind(static_cast<std::uint16_t>(port),
                                facts.values.containers.bind_address);
    }
    p.free += free ? 1 : 0;
  }
}

void gather_disk(doctor_facts& facts) {
  const bool local = facts.engine.info && !facts.engine.info->remote;
  facts.disk_path = local && !facts.engine.info->root_dir.empty() ? facts.engine.info->root_dir
                                                                  : facts.values.node.state_dir;
  if (const auto disk = platform::disk(facts.disk_path)) facts.disk = *disk;
}

} // namespace

void gather_machine(doctor_facts& facts) {
  const auto& values = facts.values;
  facts.key.present = !values.server.api_key.empty();
  facts.key.file = values.server.api_key_file;
  // Files of systemd and of engines are root's and well kept, whatever their mode.
  facts.key.open_to_others = !facts.key.file.empty() && !facts.key.file.starts_with("/run/") &&
                             platform::open_to_others(facts.key.file);
  facts.key.expires_unix = jwt_expiry(values.server.api_key);
  if (const auto memory = platform::memory()) facts.memory = *memory;
  facts.cpus = platform::cpu_count();
  facts.state.folder = values.node.state_dir;
  facts.state.failure = why_not_writable(values.node.state_dir);
  facts.state.node_id = values.node.id;
  if (values.node.id.empty()) {
    const auto derived = platform::derive_node_id();
    (derived ? facts.state.node_id : facts.state.node_id_failure) =
        derived ? *derived : derived.err().message;
  }
  gather_ports(facts);
  gather_disk(facts);
}

void gather_engine_socket(doctor_facts& facts) {
  const auto& values = facts.values.engine;
  const auto address = engine_address_of(values);
  facts.engine.address = address ? address->text() : values.host;
  if (!address || address->remote()) return;
  facts.engine.socket_exists = ::access(address->unix_path.c_str(), F_OK) == 0;
  facts.engine.socket_permitted = ::access(address->unix_path.c_str(), R_OK | W_OK) == 0;
}

void gather_engine(doctor_facts& facts, docker::engine& engine, std::chrono::milliseconds timeout) {
  using info_result = docker::engine_result<docker::engine_info>;
  const auto info =
      wait_for<info_result>(timeout, [&](auto done) { engine.info(timeout, std::move(done)); });
  if (!info || !*info) {
    facts.engine.failure = info ? info->err().message : "no answer in time";
    return;
  }
  facts.engine.info = info->value();
  using bool_result = docker::engine_result<bool>;
  const auto here = wait_for<bool_result>(timeout, [&](auto done) {
    engine.has_image(facts.values.containers.image, timeout, std::move(done));
  });
  if (here && *here) facts.engine.image_here = here->value();
}

void gather_server(doctor_facts& facts, net::io_thread& io, std::chrono::milliseconds timeout) {
  const auto& values = facts.values.server;
  const auto url = actors::parse_server_url(values.url);
  if (!url) return;
  net::http_client client(io,
                          actors::to_endpoint(*url, {values.tls_verify, values.ca_file,
                                                     values.client_cert, values.client_key}),
                          {.connect_timeout = timeout});
  net::http_request request;
  request.target = url->path + "?EIO=4&transport=polling&role=backend";
  using answer = net::net_result<net::http_response>;
  const auto got = wait_for<answer>(
      timeout, [&](auto done) { client.send(std::move(request), timeout, std::move(done)); });
  if (!got || !*got) {
    facts.server = {server_answer::failed, got ? got->err().message : "no answer in time"};
    return;
  }
  const auto& response = got->value();
  const bool handshake = response.status == 200 && response.body.starts_with("0{");
  facts.server = {handshake ? server_answer::socket_io : server_answer::other_http,
                  "HTTP " + std::to_string(response.status)};
}

} // namespace dockhost::apps
