// SPDX-License-Identifier: MIT
#include "docker/simulated_engine.hpp"

#include "core/executor.hpp"
#include "docker/simulated_state.hpp"

#include <algorithm>
#include <thread>

namespace dockhost::docker {

simulated_engine::simulated_engine(executor& where, simulated_options options)
    : state_(std::make_shared<state>(where, std::move(options))) {}

simulated_engine::~simulated_engine() {
  state_->close();
}

void simulated_engine::info(milliseconds timeout, done<engine_info> done) {
  state_->run<engine_info>(call_kind::info, {}, timeout, std::move(done),
                           [options = state_->options](simulated_world&) {
                             engine_info out;
                             out.remote = options.remote;
                             out.version = "simulated";
                             out.api_version = "1.51";
                             out.storage_driver = "memory";
                             out.memory_bytes = std::int64_t{64} << 30;
                             out.cpus = static_cast<int>(std::thread::hardware_concurrency());
                             out.published_host = options.published_host;
                             return engine_result<engine_info>(std::move(out));
                           });
}

void simulated_engine::list(list_filter filter, milliseconds timeout,
                            done<std::vector<container_summary>> done) {
  using all = std::vector<container_summary>;
  state_->run<all>(call_kind::list, {}, timeout, std::move(done),
                   [filter = std::move(filter)](simulated_world& world) {
                     return engine_result<all>(world.list(filter));
                   });
}

void simulated_engine::inspect(std::string id, milliseconds timeout, done<container_details> done) {
  state_->run<container_details>(call_kind::inspect, id, timeout, std::move(done),
                                 [id](simulated_world& world) { return world.inspect(id); });
}

void simulated_engine::stats(std::string id, milliseconds timeout, done<container_usage> done) {
  state_->run<container_usage>(call_kind::stats, id, timeout, std::move(done),
                               [id](simulated_world& world) { return world.stats(id); });
}

void simulated_engine::create(container_spec spec, milliseconds timeout, done<std::string> done) {
  auto name = spec.name;
  state_->run<std::string>(
      call_kind::create, std::move(name), timeout, std::move(done),
      [spec = std::move(spec)](simulated_world& world) { return world.create(spec); });
}

void simulated_engine::put_archive(std::string id, std::string tar, milliseconds timeout,
                                   done<unit> done) {
  state_->run<unit>(
      call_kind::put_archive, id, timeout, std::move(done),
      [id, tar = std::move(tar)](simulated_world& world) { return world.put_archive(id, tar); });
}

void simulated_engine::get_archive(std::string id, std::string path, milliseconds timeout,
                                   done<std::string> done) {
  state_->run<std::string>(
      call_kind::get_archive, id, timeout, std::move(done),
      [id, path = std::move(path)](simulated_world& world) { return world.get_archive(id, path); });
}

void simulated_engine::start(std::string id, milliseconds timeout, done<effect> done) {
  state_->run<effect>(call_kind::start, id, timeout, std::move(done),
                      [id](simulated_world& world) { return world.start(id); });
}

void simulated_engine::stop(std::string id, std::chrono::seconds, milliseconds timeout,
                            done<effect> done) {
  state_->run<effect>(call_kind::stop, id, timeout, std::move(done),
                      [id](simulated_world& world) { return world.stop(id); });
}

void simulated_engine::unpause(std::string id, milliseconds timeout, done<effect> done) {
  state_->run<effect>(call_kind::unpause, id, timeout, std::move(done),
                      [id](simulated_world& world) { return world.unpause(id); });
}

void simulated_engine::pause(std::string id, milliseconds timeout, done<effect> done) {
  state_->run<effect>(call_kind::pause, id, timeout, std::move(done),
                      [id](simulated_world& world) { return world.pause(id); });
}

void simulated_engine::remove(std::string id, milliseconds timeout, done<effect> done) {
  state_->run<effect>(call_kind::remove, id, timeout, std::move(done),
                      [id](simulated_world& world) { return world.remove(id); });
}

void simulated_engine::has_image(std::string image, milliseconds timeout, done<bool> done) {
  state_->run<bool>(call_kind::has_image, {}, timeout, std::move(done),
                    [image](simulated_world& world) { return world.has_image(image); });
}

void simulated_engine::pull(std::string image, milliseconds stall,
                            std::function<void(std::string)> progress, done<unit> done) {
  state_->pull(std::move(image), stall, std::move(progress), std::move(done));
}

void simulated_engine::ensure_network(network_spec spec, milliseconds timeout,
                                      done<network_effect> done) {
  state_->run<network_effect>(
      call_kind::ensure_network, {}, timeout, std::move(done),
      [spec = std::move(spec)](simulated_world& world) { return world.ensure_network(spec); });
}

std::unique_ptr<subscription>
simulated_engine::events(std::int64_t since_unix_nano,
                         std::function<void(container_event)> on_event,
                         std::function<void(engine_error)> on_end) {
  auto sink = std::make_shared<event_sink>(std::move(on_event), std::move(on_end));
  state_->listen(since_unix_nano, sink);
  return subscribe(std::move(sink));
}

std::unique_ptr<log_stream> simulated_engine::logs(log_request request, log_handlers handlers) {
  auto sink = std::make_shared<log_sink>(request, std::move(handlers), nullptr);
  state_->open_log(std::move(request), sink);
  return make_log_stream(std::move(sink));
}

void simulated_engine::write_log(const std::string& id, std::string line, log_channel channel) {
  state_->post([id, line = std::move(line), channel](state& self) {
    self.write_log(id, line, channel, true);
  });
}

void simulated_engine::write_log_unfollowed(const std::string& id, std::string line) {
  state_->post([id, line = std::move(line)](state& self) {
    self.write_log(id, line, log_channel::out, false);
  });
}

void simulated_engine::rotate_log(const std::string& id, std::size_t keep) {
  state_->post([id, keep](state& self) { self.rotate_log(id, keep); });
}

void simulated_engine::cut_logs() {
  state_->post([](state& self) {
    self.end_logs({}, engine_error{engine_errc::unreachable, "connection reset (simulated)"});
  });
}

std::size_t simulated_engine::open_logs() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(
      std::count_if(state_->log_readers.begin(), state_->log_readers.end(),
                    [](const auto& reader) { return !reader->sink.expired(); }));
}

void simulated_engine::order(simulated_fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->faults.push_back(std::move(fault));
}

void simulated_engine::clear_faults() {
  const std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

void simulated_engine::set_reachable(bool reachable) {
  state_->set_reachable(reachable);
}

void simulated_engine::lose_events(bool lose) {
  const std::lock_guard lock(state_->mutex);
  state_->losing_events = lose;
}

void simulated_engine::exit_container(std::string id, int code, bool oom_killed) {
  state_->post([id = std::move(id), code, oom_killed](state& self) {
    self.act([&](simulated_world& world) { return world.exit(id, code, oom_killed).ok(); });
  });
}

void simulated_engine::set_usage(std::string id, container_usage usage) {
  const std::lock_guard lock(state_->mutex);
  state_->world.set_usage(id, usage);
}

void simulated_engine::occupy_port(std::uint16_t port) {
  const std::lock_guard lock(state_->mutex);
  state_->world.occupy_port(port);
}

void simulated_engine::release_port(std::uint16_t port) {
  const std::lock_guard lock(state_->mutex);
  state_->world.release_port(port);
}

void simulated_engine::limit_images(std::set<std::string> present, std::set<std::string> pullable) {
  const std::lock_guard lock(state_->mutex);
  state_->world.limit_images(std::move(present), std::move(pullable));
}

bool simulated_engine::answers_ssh(std::uint16_t host_port) const {
  const std::lock_guard lock(state_->mutex);
  const auto started = state_->world.ssh_started(host_port);
  const std::chrono::nanoseconds wait = state_->options.ssh_ready_after;
  return started && state_->wall_clock() >= *started + wait.count();
}

std::size_t simulated_engine::container_count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->world.size();
}

std::size_t simulated_engine::calls(call_kind kind) const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts[static_cast<std::size_t>(kind)].all;
}

std::size_t simulated_engine::most_at_once(call_kind kind) const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts[static_cast<std::size_t>(kind)].most;
}

} // namespace dockhost::docker
