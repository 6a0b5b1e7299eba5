// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/live/container_choice.hpp"
#include "actors/live/container_directory.hpp"
#include "actors/live/live_interface.hpp"
#include "actors/live/live_server.hpp"
#include "actors/live/outlet.hpp"
#include "actors/live/stats_interfaces.hpp"
#include "actors/node/environment.hpp"
#include "protocol/live_events.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace dockhost::actors {

/// What browsers see and ask for. The view of all containers is kept here: ours as the fleet says,
/// others' as the engine does. A state is encoded once for everybody who is told of it, and the
/// whole of them once until something changes; nobody's arrival asks the engine anything.
struct live_state {
  using self_ptr = self_pointer<live_actor, live_state>;
  using time_point = std::chrono::steady_clock::time_point;

  live_state(self_ptr self);
  ~live_state();
  live_state(const live_state&) = delete;
  live_state& operator=(const live_state&) = delete;
  static inline const char* name = "live";

  live_actor::behavior_type behave(environment_ptr env, docker_actor docker, ports_actor ports,
                                   fleet_actor fleet, watch_actor watch);

private:
  /// A log that a client watches.
  struct watched {
    std::uint64_t number = 0;
    std::string spelling;
  };
  struct client {
    live_client who;
    live_outlet_ptr outlet;
    std::map<std::string, watched> logs; ///< by container id
    std::uint64_t last_watch = 0;
    protocol::live_topics topics{true, false, false, false};
    container_choice states;
    std::chrono::milliseconds batch{0};     ///< 0: none
    std::chrono::milliseconds heartbeat{0}; ///< 0: none
    time_point next_heartbeat{};
    std::uint64_t heartbeats = 0;
    bool server = false; ///< the main server: see server_joined
    container_choice stats;
    std::chrono::milliseconds stats_interval{0};
    std::vector<stats_container> stats_of; ///< as the stats actor was told last, save for all
    bool told = false;                     ///< has had the whole state
    bool behind = false;                   ///< has missed a change since
    bool warned = false;                   ///< that its token ends
    std::optional<time_point> token_ends;
    std::optional<time_point> due; ///< in due_
  };
  /// What a client asked for and the fleet or the engine is doing.
  struct action {
    std::string client;
    socketio_ack ack;
    std::string username;    ///< of one of ours
    bool then_start = false; ///< the second half of a restart
  };

  // live_actor.cpp: what is known of the node
  void open_server();
  void ask_for_inventory();
  void own_listed(const inventory& all);
  void own_changed(const container_changed& c);
  void health_changed(const engine_health& h);
  void heard(const docker::container_event& e);
  void look_at(const std::string& id);
  [[nodiscard]] bool known() const;
  [[nodiscard]] bool ready() const;
  void became_ready();

  // live_publish.cpp: telling of it
  void publish(const container_changes& changes);
  void tell_parts(const protocol::container_report& report);
  void tell_change(const protocol::container_report& report, const shared_outgoing& packet);
  void flush(std::chrono::milliseconds batch);
  void tell_whole(client& c);
  [[nodiscard]] const std::string& whole_text();
  void node_changed(bool at_once);
  void tell_node();
  [[nodiscard]] protocol::node_report node_now() const;
  void send(std::vector<socketio_remote> to, shared_outgoing packet);
  void emit(const client& c, std::string_view event, json::value payload) const;

  // live_clients.cpp: sessions
  void joined(live_client who);
  void server_came(const server_joined& j);
  [[nodiscard]] bool shows(const client& c, const container_directory::entry& e) const;
  [[nodiscard]] bool knows(const client& c) const;
  void gone(const std::string& id);
  void drained(const std::string& id);
  void requested(client_request& r);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::list_containers_request& what);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::container_action_request& what);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::start_log_request& what);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::stop_log_request& what);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::heartbeat_ack& what);
  void log_started(const std::string& id, const std::string& container, std::uint64_t number,
                   const client_request& r, const std::optional<error>& failure);
  void refuse(const client& c, const client_request& r, std::string_view message,
              std::string_view code) const;
  void refuse_unknown(const client& c, const client_request& r) const;
  /// The container, or nothing: then the client was told why.
  const container_directory::entry* look_up(const client& c, const client_request& r,
                                            const std::string& wanted) const;
  /// All of them, or nothing: then the client was told why.
  std::optional<std::vector<stats_container>>
  look_up_all(const client& c, const client_request& r,
              const std::optional<std::vector<std::string>>& wanted) const;
  void plan(const std::string& id, client& c);
  void arm();
  void run_due();
  void run_due(const std::string& id, client& c, time_point now);

  // live_subscriptions.cpp: topics
  void run(const std::string& id, client& c, client_request& r,
           const protocol::subscribe_request& what);
  void run(const std::string& id, client& c, client_request& r,
           const protocol::unsubscribe_request& what);
  [[nodiscard]] bool subscribe_states(client& c, const protocol::subscribe_request& what,
                                      const std::vector<stats_container>& named);
  void unsubscribe_states(client& c, const std::optional<std::set<std::string>>& left);
  void subscribe_stats_of(const std::string& id, client& c, const protocol::subscribe_request& what,
                          std::vector<stats_container> named);
  void unsubscribe_stats_of(const std::string& id, client& c,
                            const std::optional<std::set<std::string>>& left);
  void leave(container_choice& from, const std::set<std::string>& left) const;
  [[nodiscard]] std::vector<stats_container> shown_stats(const client& c) const;
  void tell_stats(const std::string& id, client& c);
  void follow_shown(const std::string& id, client& c);

  // live_actions.cpp: what operators do
  void act_on_own(const std::string& id, const client_request& r, const std::string& username,
                  protocol::container_action what);
  void act_on_foreign(const std::string& id, const client_request& r, const std::string& container,
                      protocol::container_action what);
  void finished(const command_outcome& outcome);
  void execute_for(action a, lifecycle::command_kind kind);
  void call_engine(action a, const std::string& container, std::vector<engine_operation> steps);
  void answer(const action& a, const std::optional<error>& failure);

  // live_pages.cpp: HTTP
  void page(page_request& r);

  // live_downloads.cpp
  void download(log_page_request& r);
  bool download_over(const caf::actor_addr& who);

  // live_metrics.cpp
  struct scrape;
  void begin_scrape(page_request& r);
  void end_scrape(scrape& s);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  log_hub_actor logs_;
  stats_actor stats_;
  std::unique_ptr<live_server> server_;

  container_directory directory_;
  bool own_known_ = false;
  bool foreign_known_ = false;
  std::uint64_t own_version_ = 0;
  std::deque<container_changed> early_; ///< news of ours before the inventory
  std::optional<engine_health> health_;
  std::string main_server_ = "none";
  std::set<std::string> looking_; ///< ids that the engine was asked about
  std::set<std::string> look_again_;

  std::unordered_map<std::string, client> clients_; ///< by socket id
  std::set<std::pair<time_point, std::string>> due_;
  std::uint64_t due_generation_ = 0;
  std::optional<time_point> armed_;
  std::optional<time_point> node_due_; ///< when a change of the node is told
  std::optional<protocol::node_report> node_told_;

  std::string whole_; ///< `{"containers":[...]}`; empty: to be made
  shared_outgoing whole_packet_;
  std::map<std::chrono::milliseconds, container_changes> batches_; ///< until their time

  std::map<std::string, action> actions_; ///< by op id
  std::uint64_t calls_ = 0;
  std::size_t scrapes_ = 0;
  std::vector<log_download_actor> downloads_;
  bool closed_ = false;
  std::vector<caf::typed_response_promise<live_closed>> closing_;
};

live_actor::behavior_type live_behavior(self_pointer<live_actor, live_state> self,
                                        environment_ptr env, docker_actor docker, ports_actor ports,
                                        fleet_actor fleet, watch_actor watch);

} // namespace dockhost::actors
