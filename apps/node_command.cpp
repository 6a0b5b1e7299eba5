// SPDX-License-Identifier: MIT
// The node's story: one thread waits for signals, one runs every socket, CAF's run the actors.
#include "apps/node_command.hpp"

#include "actors/interfaces.hpp"
#include "actors/node/node_supervisor.hpp"
#include "apps/api_key.hpp"
#include "apps/command_line.hpp"
#include "apps/node_environment.hpp"
#include "apps/node_hooks.hpp"
#include "core/capacity.hpp"
#include "platform/fault_point.hpp"
#include "platform/file.hpp"
#include "platform/log.hpp"
#include "platform/machine.hpp"
#include "platform/notify.hpp"
#include "platform/signals.hpp"
#include "store/journal.hpp"

#include <caf/all.hpp>

#include <csignal>
#include <ctime>
#include <iostream>
#include <malloc.h>
#include <utility>

namespace dockhost::apps {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

/// Engines write logs line by line; nobody sees whether a line comes a millisecond later.
constexpr std::chrono::milliseconds log_rest{1};
constexpr const char* component = "node";
constexpr auto tick = 1s;
constexpr auto key_check_interval = 10s;
constexpr auto answer_timeout = 5s;
constexpr auto stop_slack = 15s;           ///< after the drain's own timeout: closing, ending
constexpr std::size_t message_burst = 100; ///< CAF's default lets a busy actor starve the others

void warn_of_resources(const settings& values) {
  machine_resources machine;
  if (const auto memory = platform::memory(); memory.ok())
    machine.memory_bytes = memory.value().total_bytes;
  if (const auto disk = platform::disk(values.node.state_dir); disk.ok())
    machine.free_disk_bytes = disk.value().free_bytes;
  machine.cores = platform::cpu_count();
  for (const auto& line : resource_warnings(machine)) {
    platform::log(log_level::warn, component, "node.resources", line);
  }
}

void warn_of_key_expiry(key_expiry_watch& watch, const std::string& key) {
  const auto due = watch.look(key, static_cast<std::int64_t>(std::time(nullptr)));
  if (!due) return;
  if (due->what == key_expiry_watch::word::expired) {
    platform::log(log_level::error, component, "key.expired",
                  "the API key has expired; register this machine anew");
  } else {
    platform::log(log_level::warn, component, "key.expiring",
                  "the API key expires soon; register this machine anew",
                  {{"hours", std::to_string(due->left / 3600)}});
  }
}

/// The actors of one node and the thread-side view of them.
class running_node {
public:
  running_node(actors::environment_ptr env, std::shared_ptr<store::journal> journal)
      : system_(configure(config_)), self_(system_),
        supervisor_(
            system_.spawn(actors::node_supervisor_behavior, std::move(env), std::move(journal))) {
    self_->monitor(supervisor_);
  }

  /// The tree, or nothing when the actors do not answer in time.
  std::optional<std::string> tree() {
    std::optional<std::string> text;
    self_->request(supervisor_, answer_timeout, actors::describe_tree{})
        .receive([&text](const actors::tree_text& t) { text = t.text; }, [](const caf::error&) {});
    return text;
  }

  template <class Message>
  void tell(Message message) {
    self_->send(supervisor_, std::move(message));
  }

  /// Waits for the supervisor's end; true when it has ended, `failed` then says how.
  bool ended(std::chrono::milliseconds patience, bool& failed) {
    bool down = false;
    self_->receive(
        [&](const caf::down_msg& d) {
          down = true;
          failed = static_cast<bool>(d.reason) && d.reason != caf::exit_reason::normal;
        },
        caf::after(patience) >> [] {});
    return down;
  }

private:
  static caf::actor_system_config& configure(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("sharing"));
    // One is enough: nothing blocks in an actor, and a hop from actor to actor then needs no other
    // thread to wake up (measured: a fifth less time and processor per query, and a shorter tail).
    config.set("scheduler.max-threads", std::uint64_t{1});
    config.set("scheduler.max-throughput", std::uint64_t{message_burst});
    return config;
  }

  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  actors::node_supervisor_actor supervisor_;
};

/// The key as the sources say now; told to the actors when it is another one.
void reload_key(running_node& node, std::string& key, const node_flags& flags) {
  if (!flags.reload) return;
  const auto fresh = flags.reload();
  if (!fresh.ok() || fresh.values.server.api_key == key) return;
  key = fresh.values.server.api_key;
  platform::add_secret(key);
  platform::log(log_level::info, component, "key.changed", "the API key has changed");
  node.tell(actors::key_changed{key});
}

/// Until a signal says stop (false) or the actors give up (true).
bool serve(running_node& node, const settings& values, const node_flags& flags) {
  auto key = values.server.api_key;
  key_expiry_watch key_end;
  warn_of_key_expiry(key_end, key);
  const auto watchdog = platform::watchdog_interval();
  const auto pause =
      watchdog ? std::min<std::chrono::milliseconds>(
                     tick, std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog / 3))
               : std::chrono::milliseconds(tick);
  auto next_key_check = std::chrono::steady_clock::now() + key_check_interval;
  for (;;) {
    const auto signal = platform::wait_for_signal(pause);
    if (signal && *signal != SIGHUP) {
      platform::log(log_level::info, component, "node.signal", "asked to stop",
                    {{"signal", strsignal(*signal)}});
      return false;
    }
    bool failed = false;
    if (node.ended(0ms, failed)) return true;
    const auto now = std::chrono::steady_clock::now();
    if (signal || now >= next_key_check) {
      reload_key(node, key, flags);
      warn_of_key_expiry(key_end, key);
      next_key_check = now + key_check_interval;
    }
    if (const auto victim = actor_to_kill()) node.tell(*victim);
    // The sign of life is the actors', not this thread's.
    if (watchdog && node.tree()) platform::notify_watchdog();
    platform::flush_log();
  }
}

/// The last line, whatever was still being counted.
void say_stopped(bool failed) {
  platform::flush_log(platform::log_counts::all);
  platform::log(log_level::info, component, "node.stopped", failed ? "ended by itself" : "stopped");
}

/// For actors that can't be ended: waiting for them would be for ever.
[[noreturn]] void leave_at_once() {
  say_stopped(true);
  std::_Exit(exit_failure);
}

/// Nothing where the node could not begin, else whether it ended by itself.
std::optional<bool> run_to_the_end(const settings& values, const node_flags& flags) {
  // 1. This state directory is ours alone.
  if (auto made = platform::make_private_directory(values.node.state_dir); !made.ok()) {
    platform::log(log_level::error, component, "node.state_dir", made.err().message);
    return std::nullopt;
  }
  const auto lock = platform::lock_file(values.node.state_dir + "/lock");
  if (!lock.ok()) {
    platform::log(log_level::error, component, "node.locked", lock.err().message,
                  {{"state_dir", values.node.state_dir}});
    return std::nullopt;
  }
  fault_point(platform::fault_call::journal_open, platform::fault_side::before);
  auto journal = store::journal::open(values.node.state_dir + "/journal.sqlite");
  fault_point(platform::fault_call::journal_open, platform::fault_side::after);
  if (!journal.ok()) {
    platform::log(log_level::error, component, "journal.unusable", journal.err().message);
    return std::nullopt;
  }
  if (!journal.value()->note().empty()) {
    platform::log(log_level::warn, component, "journal.renewed", journal.value()->note());
  }
  // 2. The io threads, which outlive the actors.
  net::io_thread io;
  net::io_thread log_io({"log_io", log_rest});
  auto env = make_environment(values, io, log_io);
  if (!env.ok()) {
    platform::log(log_level::error, component, "node.unusable", env.err().message);
    return std::nullopt;
  }
  warn_of_resources(values);
  if (values.server.api_key.empty()) {
    platform::log(log_level::warn, component, "key.missing",
                  "no API key: set DOCKHOST_API_KEY or server.api_key_file");
  }
  platform::log(log_level::info, component, "node.starting", "DockHost node " DOCKHOST_VERSION,
                {{"node_id", env.value()->node_id}, {"state_dir", values.node.state_dir}});
  // 3. The actors.
  bool failed = false;
  {
    running_node node(env.value(), std::shared_ptr<store::journal>(std::move(journal).value()));
    const auto tree = node.tree();
    platform::notify_ready();
    platform::log(log_level::info, component, "node.ready", "ready");
    if (flags.print_tree) std::cout << tree.value_or("node (starting)\n") << std::flush;
    // 4. Work.
    const bool gave_up = serve(node, values, flags);
    // 5. The end: drain, close, end the actors, then (by scope) their system, then the io thread.
    platform::notify_stopping();
    failed = gave_up;
    if (!gave_up) {
      const auto patience = values.deadlines.shutdown + stop_slack;
      platform::notify_extend_timeout(
          std::chrono::duration_cast<std::chrono::microseconds>(patience));
      node.tell(actors::stop_node{});
      bool ended_badly = false;
      if (!node.ended(patience, ended_badly)) {
        platform::log(log_level::error, component, "node.stuck", "the actors did not end in time");
        leave_at_once();
      }
      if (ended_badly) leave_at_once();
    }
  }
  return failed;
}

} // namespace

int run_node(const settings& values, const node_flags& flags) {
  // Few threads allocate: more arenas would only hold memory.
  mallopt(M_ARENA_MAX, 2);
  const auto failed = run_to_the_end(values, flags);
  if (!failed) return exit_failure;
  // Nothing runs any more that could still log.
  say_stopped(*failed);
  return *failed ? exit_failure : exit_ok;
}

} // namespace dockhost::apps
