// SPDX-License-Identifier: MIT
// An engine in memory, for load tests and for tests in virtual time: the seam's whole meaning, with
// latencies and faults to order.
#pragma once

#include "docker/call_kind.hpp"
#include "docker/engine.hpp"

#include <memory>
#include <optional>
#include <set>

namespace dockhost {
class executor;
}

namespace dockhost::docker {

struct simulated_options {
  std::chrono::milliseconds latency{0};         ///< of every call
  std::chrono::milliseconds pull_duration{0};   ///< of a pull, with progress at each tenth
  std::chrono::milliseconds ssh_ready_after{0}; ///< from a start to `answers_ssh`
  std::uint64_t seed = 1;                       ///< of ids and of faults with a probability
  std::int64_t start_unix_nano = 0; ///< the wall clock at the beginning; 0: the real one
  bool remote = false;              ///< what info() says
  std::string published_host = "127.0.0.1";
  std::size_t containers = 0; ///< how many run already
  /// What those are like, by their number from 0; none: "simulated-0", ports from 20000 on.
  std::function<container_spec(std::size_t)> existing;
};

/// What shall happen to calls instead of, or besides, their work.
struct simulated_fault {
  call_kind kind = call_kind::inspect;
  std::string container;              ///< only calls that give this id or name; empty: all
  std::chrono::milliseconds delay{0}; ///< beyond the latency
  bool hang = false;                  ///< never answered: ends with the caller's deadline
  std::optional<engine_error> error;  ///< the answer
  bool after_effect = false;          ///< the work is done, and then `error` answers
  int times = -1;                     ///< how many calls; -1: all from now on
  double probability = 1;             ///< of each call that matches
};

/// Everything is safe from any thread; calls run and answer on the executor's.
class simulated_engine final : public engine {
public:
  /// `where` must outlive the engine.
  explicit simulated_engine(executor& where, simulated_options options = {});
  ~simulated_engine() override;

  void info(milliseconds timeout, done<engine_info> done) override;
  void list(list_filter filter, milliseconds timeout,
            done<std::vector<container_summary>> done) override;
  void inspect(std::string id, milliseconds timeout, done<container_details> done) override;
  void stats(std::string id, milliseconds timeout, done<container_usage> done) override;
  void create(container_spec spec, milliseconds timeout, done<std::string> done) override;
  void put_archive(std::string id, std::string tar, milliseconds timeout, done<unit> done) override;
  void get_archive(std::string id, std::string path, milliseconds timeout,
                   done<std::string> done) override;
  void start(std::string id, milliseconds timeout, done<effect> done) override;
  void stop(std::string id, std::chrono::seconds grace, milliseconds timeout,
            done<effect> done) override;
  void unpause(std::string id, milliseconds timeout, done<effect> done) override;
  void pause(std::string id, milliseconds timeout, done<effect> done) override;
  void remove(std::string id, milliseconds timeout, done<effect> done) override;
  void has_image(std::string image, milliseconds timeout, done<bool> done) override;
  void pull(std::string image, milliseconds stall, std::function<void(std::string)> progress,
            done<unit> done) override;
  void ensure_network(network_spec spec, milliseconds timeout, done<network_effect> done) override;
  [[nodiscard]] std::unique_ptr<subscription>
  events(std::int64_t since_unix_nano, std::function<void(container_event)> on_event,
         std::function<void(engine_error)> on_end) override;
  [[nodiscard]] std::unique_ptr<log_stream> logs(log_request request,
                                                 log_handlers handlers) override;

  // --- what a test orders
  // ---------------------------------------------------------------------------
  /// Faults are tried in the order in which they were ordered; the first that matches applies.
  void order(simulated_fault fault);
  void clear_faults();
  /// Unreachable: every call fails so, those under way too (their work is done or not, as chance
  /// has it at a real engine: here it is not), and event streams end. Containers run on.
  void set_reachable(bool reachable);
  /// Events that happen while this is set reach nobody.
  void lose_events(bool lose);
  /// The container's main process ends by itself, and nothing starts it again.
  void exit_container(std::string id, int code, bool oom_killed = false);
  /// What stats() tells of the container from now on, as long as it runs. Otherwise it keeps a
  /// tenth of a core busy and has 8 MiB.
  void set_usage(std::string id, container_usage usage);
  /// The container prints a line (no line end in it), at this moment of the engine's clock.
  void write_log(const std::string& id, std::string line, log_channel channel = log_channel::out);
  /// The same, and who follows the log misses the line: a rotation that a real engine's reader
  /// sleeps through. It is in the log for who reads it later.
  void write_log_unfollowed(const std::string& id, std::string line);
  /// Of its log only the last `keep` lines are left; a reader that is not so far misses the others.
  void rotate_log(const std::string& id, std::size_t keep);
  /// Every open log breaks off.
  void cut_logs();
  /// A process outside all containers holds this port.
  void occupy_port(std::uint16_t port);
  void release_port(std::uint16_t port);
  /// Until this is called, every image is there.
  void limit_images(std::set<std::string> present, std::set<std::string> pullable);

  // --- what a test asks
  // -------------------------------------------------------------------------------
  /// Whether an SSH banner would come from this host port.
  [[nodiscard]] bool answers_ssh(std::uint16_t host_port) const;
  [[nodiscard]] std::size_t container_count() const;
  /// Calls of this kind so far, and how many of them were under way at once at most.
  [[nodiscard]] std::size_t calls(call_kind kind) const;
  [[nodiscard]] std::size_t most_at_once(call_kind kind) const;
  /// Logs that are read or followed now.
  [[nodiscard]] std::size_t open_logs() const;

  struct state; ///< simulated_state.hpp

private:
  std::shared_ptr<state> state_;
};

} // namespace dockhost::docker
