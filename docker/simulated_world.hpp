// SPDX-License-Identifier: MIT
// What a simulated engine holds and how its calls change it: no time of its own, no threads, no
// callbacks.
#pragma once

#include "docker/engine.hpp"
#include "docker/simulated_files.hpp"

#include <deque>
#include <map>
#include <random>
#include <set>

namespace dockhost::docker {

class simulated_world {
public:
  explicit simulated_world(std::uint64_t seed) : random_(seed) {}

  /// Wall-clock time of what happens next, nanoseconds since 1970.
  void set_time(std::int64_t unix_nano) { now_ = unix_nano; }

  // The calls, each as docker/engine.hpp says.
  [[nodiscard]] std::vector<container_summary> list(const list_filter& filter) const;
  [[nodiscard]] engine_result<container_details> inspect(std::string_view ref) const;
  [[nodiscard]] engine_result<container_usage> stats(std::string_view ref) const;
  [[nodiscard]] engine_result<std::string> create(const container_spec& spec);
  [[nodiscard]] engine_result<unit> put_archive(std::string_view ref, std::string_view tar);
  [[nodiscard]] engine_result<std::string> get_archive(std::string_view ref,
                                                       std::string_view path) const;
  [[nodiscard]] engine_result<effect> start(std::string_view ref);
  [[nodiscard]] engine_result<effect> stop(std::string_view ref);
  [[nodiscard]] engine_result<effect> pause(std::string_view ref);
  [[nodiscard]] engine_result<effect> unpause(std::string_view ref);
  [[nodiscard]] engine_result<effect> remove(std::string_view ref);
  [[nodiscard]] engine_result<bool> has_image(std::string_view image) const;
  [[nodiscard]] engine_result<unit> pull(std::string_view image);
  [[nodiscard]] engine_result<network_effect> ensure_network(const network_spec& spec);

  // What else happens in the world.
  /// The container's main process ends by itself.
  [[nodiscard]] engine_result<effect> exit(std::string_view ref, int code, bool oom_killed);
  void set_usage(std::string_view ref, const container_usage& usage);
  void occupy_port(std::uint16_t port) { foreign_ports_.insert(port); }
  void release_port(std::uint16_t port) { foreign_ports_.erase(port); }
  void limit_images(std::set<std::string> present, std::set<std::string> pullable);
  /// When the running container that publishes its port 22 at `host_port` was started, nanoseconds
  /// since 1970.
  [[nodiscard]] std::optional<std::int64_t> ssh_started(std::uint16_t host_port) const;
  [[nodiscard]] bool exists(std::string_view ref) const { return find(ref) != nullptr; }
  [[nodiscard]] std::size_t size() const { return containers_.size(); }

  /// What happened since the last call, in order.
  [[nodiscard]] std::vector<container_event> take_events() { return std::exchange(news_, {}); }
  /// The last 256 events from `unix_nano` on.
  [[nodiscard]] std::vector<container_event> events_since(std::int64_t unix_nano) const;

private:
  struct container {
    std::string id;
    container_spec spec;
    std::string status = "created";
    std::int64_t created = 0;
    std::int64_t started = 0;
    std::int64_t finished = 0;
    int exit_code = 0;
    bool oom_killed = false;
    std::int64_t pid = 0;
    std::optional<container_usage> usage; ///< as it was ordered
    simulated_files files{openssh_image_files()};

    [[nodiscard]] bool running() const { return status == "running" || status == "paused"; }
  };

  [[nodiscard]] const container* find(std::string_view ref) const;
  [[nodiscard]] container* find(std::string_view ref);
  [[nodiscard]] std::optional<engine_error> port_problem(const container& c) const;
  [[nodiscard]] container_details details_of(const container& c) const;
  void end_process(container& c, int code);
  void tell(const container& c, std::string action, std::map<std::string, std::string> more = {});
  [[nodiscard]] std::string new_id();

  std::mt19937_64 random_;
  std::int64_t now_ = 0;
  std::int64_t last_event_ = 0;
  std::int64_t next_pid_ = 1000;
  std::map<std::string, container, std::less<>> containers_; ///< by id
  std::map<std::string, std::string, std::less<>> names_;    ///< name to id
  using published = std::pair<std::string, std::uint16_t>;   ///< protocol and host port
  static published key_of(const port_binding& port) { return {port.protocol, port.host_port}; }
  /// Of running containers, to (address, id).
  std::multimap<published, std::pair<std::string, std::string>> bound_;
  std::set<std::uint16_t> foreign_ports_; ///< tcp
  /// By name; whether its containers reach each other.
  std::map<std::string, bool, std::less<>> networks_{
      {"bridge", true}, {"host", true}, {"none", false}};
  bool any_image_ = true;
  std::set<std::string> images_;
  std::set<std::string> pullable_;
  std::vector<container_event> news_;
  std::deque<container_event> history_;
};

} // namespace dockhost::docker
