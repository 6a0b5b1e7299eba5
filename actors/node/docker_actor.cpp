// SPDX-License-Identifier: MIT
#include "actors/node/docker_actor.hpp"

#include "actors/actor_support.hpp"
#include "platform/fault_point.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::engine_errc;
using docker::engine_error;
using platform::fault_call;
using platform::fault_point;
using platform::fault_side;
using platform::log_level;

constexpr auto probe_timeout = 5s;
constexpr auto probe_pause_min = 200ms;
constexpr auto probe_pause_max = 2'000ms;
constexpr std::size_t max_sharing =
    10'000; ///< of one pull; a pull that creeps on outlives many a create that gave up on it
constexpr const char* network_label = "dockhost.managed";

call_queue::lane lane_of(const engine_operation& operation) {
  return std::visit(
      [](const auto& op) {
        using op_type = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<op_type, op_pull> || std::is_same_v<op_type, op_remove> ||
                      std::is_same_v<op_type, op_stop>) {
          return call_queue::lane::lengthy;
        } else if constexpr (std::is_same_v<op_type, op_inspect> ||
                             std::is_same_v<op_type, op_list>) {
          return call_queue::lane::look;
        } else {
          return call_queue::lane::unary;
        }
      },
      operation);
}

/// The fault point of each operation; one that has none does not compile.
constexpr auto operation_points = [] {
  static_assert(engine_operation_labels.size() == std::variant_size_v<engine_operation>);
  std::array<fault_call, engine_operation_labels.size()> points{};
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = platform::fault_call_named("engine", engine_operation_labels[i]).value();
  return points;
}();

template <class T>
engine_answer to_answer(docker::engine_result<T> r) {
  if (r.ok()) return {std::move(r).value()};
  return {std::move(r).err()};
}

call_queue::limits limits_of(const engine_settings& config) {
  call_queue::limits bounds;
  bounds.unary = static_cast<std::size_t>(std::max<std::int64_t>(1, config.unary_slots));
  bounds.lengthy = static_cast<std::size_t>(std::max<std::int64_t>(1, config.long_slots));
  return bounds;
}

} // namespace

docker_state::docker_state(self_ptr self) : self_(self), queue_({}) {}

docker_actor::behavior_type docker_state::behave(environment_ptr env) {
  quiet_defaults(self_, name);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) {
    std::erase_if(listeners_, [&down](const auto& who) { return who.address() == down.source; });
  });
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::docker);
  queue_ = call_queue(limits_of(env_->config.engine));
  engine_ = env_->make_engine();
  probe();
  return {
      [this](engine_call& call) { return accept(call); },
      [this](const subscribe_health& s) {
        self_->monitor(s.who);
        listeners_.push_back(s.who);
        if (known_) self_->send(s.who, health_);
      },
      [this](const open_events& request) { open(request); },
      [this](const open_log& o) {
        fault_point(fault_call::engine_logs, fault_side::before);
        log_opened opened{engine_->logs(o.request, o.handlers)};
        fault_point(fault_call::engine_logs, fault_side::after);
        return opened;
      },
      [this](engine_call_done& d) { answered(d); },
      [this](const engine_call_overdue& o) { overdue(o.call); },
      [this](engine_probe_due) { probe(); },
      [this](engine_probe_done& d) { probe_done(std::move(d.info)); },
      [this](const engine_network_ready& r) { network_made(r.made); },
  };
}

caf::result<engine_answer> docker_state::accept(engine_call& call) {
  if (known_ && !health_.reachable) {
    engine_answer gone{engine_error{engine_errc::unreachable, health_.why}};
    count(call.operation, gone, {});
    return gone;
  }
  auto promise = self_->make_response_promise<engine_answer>();
  if (const auto* pull = std::get_if<op_pull>(&call.operation)) {
    if (const auto it = pulls_.find(pull->image); it != pulls_.end()) {
      auto& sharing = pending_.at(it->second).promises;
      if (sharing.size() < max_sharing) {
        sharing.push_back(promise);
      } else {
        promise.deliver(
            engine_answer{engine_error{engine_errc::failed, "too many wait for this pull"}});
      }
      return caf::delegated<engine_answer>{};
    }
  }
  const auto id = ++last_call_;
  if (!queue_.push(id, lane_of(call.operation), call.key)) {
    engine_answer full{engine_error{engine_errc::failed, "too many engine calls wait"}};
    count(call.operation, full, {});
    promise.deliver(std::move(full));
    return caf::delegated<engine_answer>{};
  }
  if (const auto* pull = std::get_if<op_pull>(&call.operation)) pulls_[pull->image] = id;
  const auto due = self_->clock().now() + call.timeout;
  pending_.emplace(id, pending{std::move(call), {std::move(promise)}, due, false});
  pump();
  if (const auto it = pending_.find(id); it != pending_.end() && !it->second.running) {
    self_->delayed_send(self_, it->second.call.timeout, engine_call_overdue{id});
  }
  return caf::delegated<engine_answer>{};
}

void docker_state::pump() {
  for (const auto id : queue_.take_ready()) {
    if (const auto it = pending_.find(id); it != pending_.end()) launch(id, it->second);
  }
}

void docker_state::launch(std::uint64_t id, pending& p) {
  p.running = true;
  // What a call waited for its turn comes off its time at the engine, so that the answer stays
  // within the caller's timeout.
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(p.due - self_->clock().now());
  left = std::clamp(left, std::chrono::milliseconds(1), p.call.timeout);
  if (const auto* create = std::get_if<op_create>(&p.call.operation);
      create != nullptr && network_ != network_state::ready && !create->spec.network.empty())
    return await_network(id, create->spec.network, left);
  fault_point(operation_points[p.call.operation.index()], fault_side::before);
  docker_actor me = self_;
  const auto reply = [me, id](auto r) {
    caf::anon_send(me, engine_call_done{id, to_answer(std::move(r))});
  };
  std::visit(
      [&](const auto& op) {
        using op_type = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<op_type, op_list>) {
          engine_->list({}, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_inspect>) {
          engine_->inspect(op.id, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_stats>) {
          engine_->stats(op.id, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_create>) {
          engine_->create(op.spec, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_put_archive>) {
          engine_->put_archive(op.id, op.tar, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_get_archive>) {
          engine_->get_archive(op.id, op.path, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_start>) {
          engine_->start(op.id, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_stop>) {
          engine_->stop(op.id, op.grace, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_unpause>) {
          engine_->unpause(op.id, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_remove>) {
          engine_->remove(op.id, left, reply);
        } else if constexpr (std::is_same_v<op_type, op_pull>) {
          platform::log(log_level::info, name, "image.pull_started", "pulling an image",
                        {{"image", op.image}});
          const auto image = op.image;
          engine_->pull(
              op.image, p.call.timeout,
              [image](std::string line) {
                platform::log(log_level::info, name, "image.pull_progress", line,
                              {{"image", image}});
              },
              reply);
        }
      },
      p.call.operation);
}

void docker_state::await_network(std::uint64_t id, const std::string& network,
                                 std::chrono::milliseconds timeout) {
  waiting_for_network_.push_back(id);
  if (network_ == network_state::making) return;
  network_ = network_state::making;
  docker_actor me = self_;
  fault_point(fault_call::engine_ensure_network, fault_side::before);
  engine_->ensure_network({network, false, {{network_label, "true"}}}, timeout,
                          [me](auto r) { caf::anon_send(me, engine_network_ready{std::move(r)}); });
}

void docker_state::network_made(const docker::engine_result<docker::network_effect>& made) {
  fault_point(fault_call::engine_ensure_network, fault_side::after);
  network_ = made.ok() ? network_state::ready : network_state::missing;
  if (made.ok() && made.value() == docker::network_effect::open) {
    platform::log(log_level::warn, name, "network.open",
                  "containers of different users can reach each other: the network was there "
                  "before, and allows it; remove it, or name another in containers.network",
                  {{"network", env_->config.containers.network}});
  }
  for (const auto id : std::exchange(waiting_for_network_, {})) {
    const auto it = pending_.find(id);
    if (it == pending_.end()) continue;
    if (made.ok()) {
      launch(id, it->second);
    } else {
      finish(id, {engine_error{made.err().code, "the containers' network could not be made: " +
                                                    made.err().message}});
    }
  }
}

void docker_state::answered(engine_call_done& d) {
  const auto it = pending_.find(d.call);
  if (it == pending_.end()) return;
  fault_point(operation_points[it->second.call.operation.index()], fault_side::after);
  finish(d.call, std::move(d.answer));
}

void docker_state::finish(std::uint64_t id, engine_answer answer) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  if (const auto* pull = std::get_if<op_pull>(&it->second.call.operation)) {
    pulls_.erase(pull->image);
    const auto* failed = std::get_if<engine_error>(&answer.value);
    platform::log(failed ? log_level::warn : log_level::info, name,
                  failed ? "image.pull_failed" : "image.pulled",
                  failed ? failed->message : "image pulled", {{"image", pull->image}});
  }
  // A create that failed may mean that somebody removed our network: make sure of it again.
  if (std::holds_alternative<op_create>(it->second.call.operation) ||
      std::holds_alternative<op_start>(it->second.call.operation)) {
    if (std::holds_alternative<engine_error>(answer.value) && network_ == network_state::ready) {
      network_ = network_state::missing;
    }
  }
  const auto& call = it->second.call;
  count(call.operation, answer, self_->clock().now() - (it->second.due - call.timeout));
  auto promises = std::move(it->second.promises);
  pending_.erase(it);
  queue_.finish(id);
  note(answer);
  for (auto& promise : promises)
    promise.deliver(answer);
  pump();
}

void docker_state::count(const engine_operation& operation, const engine_answer& answer,
                         std::chrono::nanoseconds took) {
  auto& of = env_->metrics->engine[operation.index()];
  of.seconds.observe(took);
  if (const auto* failed = std::get_if<engine_error>(&answer.value))
    of.errors[static_cast<std::size_t>(failed->code)].add();
}

void docker_state::overdue(std::uint64_t id) {
  const auto it = pending_.find(id);
  if (it == pending_.end() || it->second.running || !queue_.withdraw(id)) return;
  finish(id, {engine_error{engine_errc::timeout, "the call waited too long for its turn"}});
}

void docker_state::note(const engine_answer& answer) {
  const auto* failed = std::get_if<engine_error>(&answer.value);
  if (failed == nullptr) return;
  // Known to be gone: the probe has its own rhythm.
  if (known_ && !health_.reachable) return;
  // One hung container must not count as a hung engine, and a lost connection may be a single one:
  // the probe decides.
  if (failed->code == engine_errc::unreachable || failed->code == engine_errc::timeout) probe();
}

void docker_state::probe() {
  if (std::exchange(probing_, true)) return;
  docker_actor me = self_;
  fault_point(fault_call::engine_info, fault_side::before);
  engine_->info(probe_timeout,
                [me](auto r) { caf::anon_send(me, engine_probe_done{std::move(r)}); });
}

void docker_state::probe_done(docker::engine_result<docker::engine_info> info) {
  fault_point(fault_call::engine_info, fault_side::after);
  probing_ = false;
  if (info.ok()) {
    failed_probes_ = 0;
    health_.info = std::move(info).value();
    set_health(true, {});
    return;
  }
  set_health(false, info.err().message);
  ++failed_probes_;
  const auto cap = std::min<std::chrono::milliseconds>(
      probe_pause_max, probe_pause_min * (1 << std::min(failed_probes_, 8)));
  const auto pause = probe_pause_min + std::chrono::milliseconds(static_cast<std::int64_t>(
                                           env_->uniform() * static_cast<double>(cap.count())));
  self_->delayed_send(self_, pause, engine_probe_due{});
}

void docker_state::set_health(bool reachable, std::string why) {
  const bool changed = !known_ || health_.reachable != reachable;
  known_ = true;
  health_.reachable = reachable;
  health_.why = std::move(why);
  if (!changed) return;
  if (reachable) {
    network_ = network_state::missing;
    platform::log(log_level::info, name, "engine.reachable", "the container engine answers",
                  {{"version", health_.info.version}, {"api", health_.info.api_version}});
  } else {
    env_->metrics->engine_outages.add();
    platform::log(log_level::warn, name, "engine.unreachable",
                  "the container engine can't be reached: " + health_.why);
    for (const auto id : queue_.withdraw_all()) {
      finish(id, {engine_error{engine_errc::unreachable, health_.why}});
    }
  }
  for (const auto& who : listeners_)
    self_->send(who, health_);
}

void docker_state::open(const open_events& request) {
  auto sink = request.sink;
  fault_point(fault_call::engine_events, fault_side::before);
  events_ = engine_->events(
      request.since_unix_nano,
      [sink](docker::container_event e) { caf::anon_send(sink, std::move(e)); },
      [sink](const engine_error& e) { caf::anon_send(sink, event_stream_ended{e.message}); });
  fault_point(fault_call::engine_events, fault_side::after);
}

docker_actor::behavior_type docker_behavior(self_pointer<docker_actor, docker_state> self,
                                            environment_ptr env) {
  return self->state.behave(std::move(env));
}

} // namespace dockhost::actors
