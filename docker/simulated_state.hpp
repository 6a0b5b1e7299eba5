// SPDX-License-Identifier: MIT
// The inside of simulated_engine: when calls run, fail and answer. What they do is in
// simulated_world.
#pragma once

#include "core/executor.hpp"
#include "docker/call_gate.hpp"
#include "docker/event_sink.hpp"
#include "docker/log_sink.hpp"
#include "docker/simulated_engine.hpp"
#include "docker/simulated_world.hpp"

#include <array>
#include <deque>
#include <map>

namespace dockhost::docker {

struct simulated_engine::state : std::enable_shared_from_this<simulated_engine::state> {
  state(executor& where, simulated_options opts);

  /// One call of any kind: faults, latency, deadline, work, answer.
  template <class T>
  void run(call_kind kind, std::string container, milliseconds timeout, done<T> fn,
           std::function<engine_result<T>(simulated_world&)> work);
  void pull(std::string image, milliseconds stall, std::function<void(std::string)> progress,
            done<unit> fn);
  void listen(std::int64_t since, std::shared_ptr<event_sink> sink);
  void set_reachable(bool reachable);
  void close();
  // Logs: simulated_logs.cpp.
  void open_log(log_request request, const std::shared_ptr<log_sink>& sink);
  void begin_log(const log_request& request, const std::shared_ptr<log_sink>& sink);
  void write_log(const std::string& ref, const std::string& line, log_channel channel,
                 bool followed);
  void rotate_log(const std::string& ref, std::size_t keep);
  /// Ends the logs that are read of a container (empty: of all).
  void end_logs(const std::string& id, const std::optional<engine_error>& why);
  /// Ends what follows the logs of containers that do not run (any more).
  void end_finished_logs();

  /// On the executor's thread, if the engine is still there.
  void post(std::function<void(state&)> fn);
  /// Changes the world and delivers the events that follow from it.
  template <class Work>
  auto act(Work work);
  [[nodiscard]] std::int64_t wall_clock() const;

  /// A call that waits for its time.
  struct flight {
    call_kind kind;
    std::function<void()> abort; ///< answers it with `unreachable`
    std::vector<std::unique_ptr<timer_handle>> timers;
  };
  struct count {
    std::size_t all = 0;
    std::size_t now = 0;
    std::size_t most = 0;
  };
  struct pull_job;
  struct log_entry {
    std::int64_t time = 0;
    log_channel channel = log_channel::out;
    std::string line;
  };
  struct container_log {
    std::deque<log_entry> entries;
    std::uint64_t first = 0; ///< the number of the first that is left
    std::int64_t last_time = 0;
  };
  struct log_reader {
    log_request request;
    std::string id;
    std::uint64_t next = 0;
    std::weak_ptr<log_sink> sink;
    bool ending = false;
  };

  executor& where;
  const simulated_options options;
  const std::chrono::steady_clock::time_point started;
  std::int64_t started_unix_nano;
  call_gate gate;

  mutable std::mutex mutex; ///< of all below; never held over a callback
  simulated_world world;
  std::vector<simulated_fault> faults;
  std::mt19937_64 chance;
  bool reachable = true;
  bool losing_events = false;
  std::vector<std::weak_ptr<event_sink>> sinks;
  std::map<std::string, container_log> logs; ///< by id
  std::vector<std::shared_ptr<log_reader>> log_readers;
  std::map<std::uint64_t, flight> flights;
  std::uint64_t next_flight = 1;
  std::array<count, call_kind_count> counts;

private:
  struct start_of_call {
    std::optional<engine_error> refused;
    simulated_fault fault;
    std::uint64_t id = 0;
  };
  /// Counts the call and takes the fault that applies to it. `end_call` must follow, if it was not
  /// refused.
  start_of_call begin_call(call_kind kind, const std::string& container,
                           std::function<void()> abort);
  /// False when the call was aborted before.
  bool end_call(std::uint64_t id);
  void after(std::uint64_t id, std::chrono::nanoseconds delay, std::function<void(state&)> fn);
  void pull_step(std::shared_ptr<pull_job> job);
  void read_log(const std::shared_ptr<log_reader>& reader);
};

inline engine_error simulated_unreachable() {
  return {engine_errc::unreachable, "connect ECONNREFUSED (simulated)"};
}

inline engine_error simulated_timeout(call_kind kind) {
  return {engine_errc::timeout, "no answer to " + std::string(to_string(kind)) + " in time"};
}

template <class Work>
auto simulated_engine::state::act(Work work) {
  std::unique_lock lock(mutex);
  world.set_time(wall_clock());
  auto result = work(world);
  auto news = world.take_events();
  if (losing_events) news.clear();
  std::vector<std::shared_ptr<event_sink>> listening;
  if (!news.empty()) {
    std::erase_if(sinks, [](const auto& sink) { return sink.expired(); });
    for (const auto& sink : sinks)
      if (auto alive = sink.lock()) listening.push_back(std::move(alive));
  }
  lock.unlock();
  for (const auto& event : news)
    for (const auto& sink : listening)
      sink->deliver(event);
  end_finished_logs();
  return result;
}

template <class T>
void simulated_engine::state::run(call_kind kind, std::string container, milliseconds timeout,
                                  done<T> fn,
                                  std::function<engine_result<T>(simulated_world&)> work) {
  auto answer = gate.track(std::move(fn));
  post([kind, container = std::move(container), timeout, answer,
        work = std::move(work)](state& self) {
    const auto call =
        self.begin_call(kind, container, [answer] { answer(fail(simulated_unreachable())); });
    if (call.refused) return answer(fail(engine_error(*call.refused)));
    auto finish = [id = call.id, fault = call.fault, answer, work](state& s) {
      if (!s.end_call(id)) return;
      if (fault.error && !fault.after_effect) return answer(fail(engine_error(*fault.error)));
      auto result = s.act(work);
      if (fault.error) return answer(fail(engine_error(*fault.error)));
      answer(std::move(result));
    };
    const auto delay = self.options.latency + call.fault.delay;
    if (timeout.count() <= 0) answer(fail(simulated_timeout(kind)));
    // The work goes on after the caller has given up, as at a real engine; a hanging call never
    // ends.
    if (call.fault.hang || delay >= timeout)
      self.after(call.id, timeout, [kind, answer, hang = call.fault.hang, id = call.id](state& s) {
        if (hang) s.end_call(id);
        answer(fail(simulated_timeout(kind)));
      });
    if (call.fault.hang) return;
    if (delay.count() == 0)
      finish(self);
    else
      self.after(call.id, delay, std::move(finish));
  });
}

} // namespace dockhost::docker
