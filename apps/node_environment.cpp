// SPDX-License-Identifier: MIT
#include "apps/node_environment.hpp"

#include "apps/engine_options.hpp"
#include "apps/node_link.hpp"
#include "apps/node_live.hpp"
#include "core/labels.hpp"
#include "docker/engine_factory.hpp"
#include "net/ssh_probe.hpp"
#include "platform/bind_probe.hpp"
#include "platform/machine.hpp"
#include "platform/random.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dockhost::apps {

namespace {

constexpr std::uint16_t lowest_ephemeral_ever =
    4096; ///< below it a range is nonsense: keep our own default

/// The containers that a simulated engine has at start look like this node's own, so that a load
/// test begins with a full house.
docker::container_spec simulated_container(const settings& values, const std::string& node_id,
                                           std::size_t number) {
  const auto username = "simulated-" + std::to_string(number);
  const port_block block{
      static_cast<std::uint16_t>(values.ports.first + static_cast<std::int64_t>(3 * number))};
  docker::container_spec spec;
  spec.name = values.containers.name_prefix + username;
  spec.image = values.containers.image;
  spec.labels = make_labels(
      {node_id, username, "simulated-op-" + std::to_string(number), "SHA256:simulated", block});
  spec.ports = {{22, "", block.ssh()}, {80, "", block.http()}, {443, "", block.https()}};
  return spec;
}

void resolve_port_range(settings& values) {
  if (values.ports.last != 0) return;
  const auto first = platform::ephemeral_ports().first;
  values.ports.last = first >= lowest_ephemeral_ever ? first - 1 : 32'767;
}

std::function<std::shared_ptr<docker::engine>()>
engine_maker(const settings& values, const std::string& node_id, net::io_thread& io,
             net::io_thread& log_io, error& failure) {
  auto options = engine_options_of(values.engine);
  options.log_io = &log_io;
  options.simulated_existing = [values, node_id](std::size_t n) {
    return simulated_container(values, node_id, n);
  };
  auto first = docker::make_engine(options, io);
  if (!first.ok()) {
    failure = {errc::invalid_request, first.err()};
    return {};
  }
  std::shared_ptr<docker::engine> engine = std::move(first).value();
  // What a simulated engine holds is nowhere else: it outlives the actor in front of it.
  if (options.kind == engine_kind::simulated) return [engine] { return engine; };
  return [options, &io, engine]() mutable -> std::shared_ptr<docker::engine> {
    if (engine) return std::exchange(engine, nullptr);
    return std::move(docker::make_engine(options, io)).value();
  };
}

} // namespace

result<actors::environment_ptr> make_environment(settings values, net::io_thread& io,
                                                 net::io_thread& log_io) {
  auto env = std::make_shared<actors::environment>();
  if (values.node.id.empty()) {
    auto derived = platform::derive_node_id();
    if (!derived.ok()) return fail(derived.err());
    env->node_id = std::move(derived).value();
  } else {
    env->node_id = values.node.id;
  }
  resolve_port_range(values);
  env->boot_id = platform::boot_id();
  env->version = DOCKHOST_VERSION;

  error failure;
  env->make_engine = engine_maker(values, env->node_id, io, log_io, failure);
  if (!env->make_engine) return fail(failure);

  if (!values.server.url.empty()) {
    auto server = actors::parse_server_url(values.server.url);
    if (!server.ok()) return fail(server.err());
    node_introduction who{values.server.lan_ip, env->node_id, env->boot_id, env->version};
    if (who.lan_ip.empty()) who.lan_ip = platform::lan_ip().value_or("");
    env->open_link = [&io, values, address = server.value(),
                      who](const std::string& key, actors::server_link_handlers handlers) {
      return open_server_link(io, values, address, who, key, std::move(handlers));
    };
  }

  if (values.engine.kind == engine_kind::simulated) {
    env->probe_ssh = [](const std::string&, std::uint16_t, std::chrono::milliseconds,
                        const std::function<void(actors::probe_result)>& done) {
      done({true, {}});
    };
  } else {
    env->probe_ssh = [&io](std::string host, std::uint16_t port, std::chrono::milliseconds timeout,
                           std::function<void(actors::probe_result)> done) {
      net::probe_ssh_banner(io, {{}, std::move(host), port, false, {}}, timeout,
                            [done = std::move(done)](net::net_result<std::string> banner) {
                              done(banner.ok() ? actors::probe_result{true, {}}
                                               : actors::probe_result{false, banner.err().message});
                            });
    };
  }
  if (ports_are_here(values.engine)) {
    env->can_bind = [address = values.containers.bind_address](port_block block) {
      return platform::can_bind(block.ssh(), address) &&
             platform::can_bind(block.http(), address) &&
             platform::can_bind(block.https(), address);
    };
  } else {
    env->can_bind = [](port_block) { return true; }; // the engine tells
  }
  env->new_host_key = platform::generate_ed25519;
  env->new_id = platform::uuid_v4;
  env->uniform = platform::uniform;
  env->unix_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  env->disk_free_bytes = [](const std::string& path) -> std::optional<std::int64_t> {
    const auto disk = platform::disk(path.empty() ? "/" : path);
    return disk.ok() ? std::optional(disk.value().free_bytes) : std::nullopt;
  };
  env->memory_available_bytes = []() -> std::optional<std::int64_t> {
    const auto memory = platform::memory();
    return memory.ok() ? std::optional(memory.value().available_bytes) : std::nullopt;
  };
  env->sha256 = platform::sha256;
  if (values.live.enabled) serve_live_view(*env, values.live, io);
  env->config = std::move(values);
  return actors::environment_ptr(std::move(env));
}

} // namespace dockhost::apps
