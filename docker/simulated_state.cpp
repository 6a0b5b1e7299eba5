// SPDX-License-Identifier: MIT
#include "docker/simulated_state.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

std::int64_t real_unix_nano() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

container_spec default_existing(std::size_t n) {
  container_spec spec;
  spec.name = "simulated-" + std::to_string(n);
  spec.image = "simulated:latest";
  const auto base = 20'000 + 3 * n;
  if (base + 2 < 65'536) {
    const auto port = [&](std::size_t i) { return static_cast<std::uint16_t>(base + i); };
    spec.ports = {{22, "", port(0)}, {80, "", port(1)}, {443, "", port(2)}};
  }
  return spec;
}

} // namespace

simulated_engine::state::state(executor& executor, simulated_options opts)
    : where(executor), options(std::move(opts)), started(where.now()),
      started_unix_nano(options.start_unix_nano != 0 ? options.start_unix_nano : real_unix_nano()),
      world(options.seed), chance(options.seed + 1) {
  world.set_time(started_unix_nano - std::int64_t{3'600} * 1'000'000'000);
  for (std::size_t n = 0; n < options.containers; ++n) {
    auto spec = options.existing ? options.existing(n) : default_existing(n);
    if (!spec.network.empty()) {
      network_spec network;
      network.name = spec.network;
      (void)world.ensure_network(network);
    }
    if (const auto id = world.create(spec); id) (void)world.start(*id);
  }
  (void)world.take_events();
}

std::int64_t simulated_engine::state::wall_clock() const {
  return started_unix_nano +
         std::chrono::duration_cast<std::chrono::nanoseconds>(where.now() - started).count();
}

void simulated_engine::state::post(std::function<void(state&)> fn) {
  const call_gate::pass pass(gate);
  if (!pass) return;
  where.post([weak = weak_from_this(), fn = std::move(fn)] {
    const auto self = weak.lock();
    if (!self) return;
    const call_gate::pass still(self->gate);
    if (still) fn(*self);
  });
}

void simulated_engine::state::after(std::uint64_t id, std::chrono::nanoseconds delay,
                                    std::function<void(state&)> fn) {
  auto timer = where.after(delay, [weak = weak_from_this(), fn = std::move(fn)] {
    const auto self = weak.lock();
    if (!self) return;
    const call_gate::pass still(self->gate);
    if (still) fn(*self);
  });
  const std::lock_guard lock(mutex);
  if (const auto it = flights.find(id); it != flights.end())
    it->second.timers.push_back(std::move(timer));
}

simulated_engine::state::start_of_call
simulated_engine::state::begin_call(call_kind kind, const std::string& container,
                                    std::function<void()> abort) {
  const std::lock_guard lock(mutex);
  start_of_call out;
  auto& tally = counts[static_cast<std::size_t>(kind)];
  ++tally.all;
  if (!reachable) {
    out.refused = simulated_unreachable();
    return out;
  }
  for (auto& fault : faults) {
    if (fault.kind != kind || fault.times == 0) continue;
    if (!fault.container.empty() && fault.container != container) continue;
    if (fault.probability < 1 && std::uniform_real_distribution<>()(chance) >= fault.probability)
      continue;
    if (fault.times > 0) --fault.times;
    out.fault = fault;
    break;
  }
  out.id = next_flight++;
  flights[out.id] = {kind, std::move(abort), {}};
  tally.most = std::max(tally.most, ++tally.now);
  return out;
}

bool simulated_engine::state::end_call(std::uint64_t id) {
  flight over; // its timers go after the lock
  const std::lock_guard lock(mutex);
  const auto it = flights.find(id);
  if (it == flights.end()) return false;
  over = std::move(it->second);
  flights.erase(it);
  --counts[static_cast<std::size_t>(over.kind)].now;
  return true;
}

struct simulated_engine::state::pull_job {
  std::uint64_t id = 0;
  std::string image;
  simulated_fault fault;
  milliseconds stall{0};
  std::function<void(std::string)> progress;
  done<unit> answer;
  int step = 0;
};

void simulated_engine::state::pull(std::string image, milliseconds stall,
                                   std::function<void(std::string)> progress, done<unit> fn) {
  auto job = std::make_shared<pull_job>();
  job->image = std::move(image);
  job->stall = stall;
  job->progress = std::move(progress);
  job->answer = gate.track(std::move(fn));
  post([job](state& self) {
    const auto call =
        self.begin_call(call_kind::pull, {}, [job] { job->answer(fail(simulated_unreachable())); });
    if (call.refused) return job->answer(fail(engine_error(*call.refused)));
    job->id = call.id;
    job->fault = call.fault;
    const auto silence = self.options.latency + job->fault.delay;
    if (job->fault.hang || silence >= job->stall) {
      self.after(job->id, job->stall, [job](state& s) {
        if (s.end_call(job->id)) job->answer(fail(simulated_timeout(call_kind::pull)));
      });
      return;
    }
    if (silence.count() == 0)
      self.pull_step(job);
    else
      self.after(job->id, silence, [job](state& s) { s.pull_step(job); });
  });
}

void simulated_engine::state::pull_step(std::shared_ptr<pull_job> job) {
  constexpr int steps = 10;
  if (options.pull_duration.count() > 0 && job->step < steps) {
    ++job->step;
    if (job->progress)
      job->progress("Downloading " + job->image + " " + std::to_string(job->step * 10) + "%");
    after(job->id, options.pull_duration / steps, [job](state& s) { s.pull_step(job); });
    return;
  }
  if (!end_call(job->id)) return;
  if (job->fault.error) return job->answer(fail(engine_error(*job->fault.error)));
  job->answer(act([&](simulated_world& w) { return w.pull(job->image); }));
}

void simulated_engine::state::listen(std::int64_t since, std::shared_ptr<event_sink> sink) {
  // The caller's subscription is the only owner, so that destroying it ends the stream.
  post([since, weak = std::weak_ptr(sink)](state& self) {
    const auto alive = weak.lock();
    if (!alive) return;
    const auto call = self.begin_call(call_kind::events, {}, [] {});
    if (!call.refused) self.end_call(call.id);
    if (call.refused) return alive->end(*call.refused);
    if (call.fault.error) return alive->end(*call.fault.error);
    std::unique_lock lock(self.mutex);
    std::vector<container_event> past;
    if (since != 0) past = self.world.events_since(since);
    self.sinks.push_back(weak);
    lock.unlock();
    for (auto& event : past)
      alive->deliver(std::move(event));
  });
}

void simulated_engine::state::set_reachable(bool value) {
  post([value](state& self) {
    std::map<std::uint64_t, flight> aborted;
    std::vector<std::weak_ptr<event_sink>> ended;
    {
      const std::lock_guard lock(self.mutex);
      self.reachable = value;
      if (value) return;
      aborted.swap(self.flights);
      ended.swap(self.sinks);
      for (auto& tally : self.counts)
        tally.now = 0;
    }
    for (auto& [id, call] : aborted)
      call.abort();
    for (const auto& sink : ended)
      if (const auto alive = sink.lock()) alive->end(simulated_unreachable());
    self.end_logs({}, simulated_unreachable());
  });
}

void simulated_engine::state::close() {
  const engine_error reason{engine_errc::unreachable, "the engine's client was closed"};
  gate.close(reason);
  std::map<std::uint64_t, flight> waiting; // their timers hold nothing but weak references
  std::vector<std::weak_ptr<event_sink>> open;
  {
    const std::lock_guard lock(mutex);
    waiting.swap(flights);
    open.swap(sinks);
  }
  for (const auto& sink : open)
    if (const auto alive = sink.lock()) alive->end(reason);
  end_logs({}, reason);
}

} // namespace dockhost::docker
