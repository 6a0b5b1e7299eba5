// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/live_interface.hpp"
#include "actors/node/environment.hpp"
#include "actors/node/reply_outbox.hpp"
#include "core/backoff.hpp"
#include "core/rate_limit.hpp"

#include <caf/all.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors {

/// The link to the main server. One session object per connection, which dies whole; what belongs
/// to an older session than the present one is dropped by its number. Replies that may be replayed
/// are kept here, bounded, until the server has them.
struct connection_state {
  using self_ptr = self_pointer<connection_actor, connection_state>;

  connection_state(self_ptr self);
  static inline const char* name = "connection";

  connection_actor::behavior_type behave(environment_ptr env, fleet_actor fleet,
                                         router_actor router, live_actor live);

private:
  enum class phase { idle, connecting, connected, waiting, waiting_refused, closing, closed };
  static const char* word(phase p);

  static const char* live_word(phase p);

  void enter(phase next, const std::string& why);
  void connect();
  void connected();
  void refused(const std::string& message);
  void closed(const std::string& reason, bool clean);
  void reconnect_after(std::chrono::milliseconds pause);
  void heard(link_event& e);
  // connection_live.cpp: what the server watches
  void join_live();
  void leave_live();
  void ask_live(link_event& e);
  void answer(const link_answer& a);
  void report_all();
  void tell(const inventory& all);
  void report_change(const container_changed& c);
  void tell_change(const container_view& now);
  void send_reply(reply_ready& r);
  /// Replaces what the server would drop the link over by an error.
  void fit(reply_ready& r) const;
  void reply_done(const link_reply_done& e);
  void report_dropped(const reply_ready& r, const char* why) const;
  void send_waiting();
  void plan_rehandshake();
  void rehandshake();
  caf::result<connection_closed> close();

  self_ptr self_;
  environment_ptr env_;
  fleet_actor fleet_;
  router_actor router_;
  live_actor live_;
  std::optional<rate_limit> live_rate_; ///< of the present session; none: it has not joined
  std::string api_key_;
  std::string key_tried_; ///< the one that the present session was opened with
  phase phase_ = phase::idle;
  std::unique_ptr<server_link> link_;
  std::uint64_t session_ = 0;
  std::uint64_t generation_ = 0; ///< of the reconnect timer
  std::optional<backoff> backoff_;
  std::optional<backoff> refused_backoff_;
  bool hub_ = false;                ///< the server said hub-hello: it does not forget nodes
  bool rehandshake_needed_ = false; ///< a session was lost, and none was planned and done since
  bool rehandshaking_ = false;      ///< the present close is our own planned one
  std::optional<reply_outbox> replies_;
  std::map<std::string, container_view> reported_; ///< by username, what the server was told last
  /// The version of the inventory that the present session was told; nothing before that.
  std::optional<std::uint64_t> told_;
  std::map<std::string, container_changed> untold_; ///< by username, news that came before that
  std::optional<caf::typed_response_promise<connection_closed>> closing_;
  std::vector<server_link_listener_actor> listeners_;
};

connection_actor::behavior_type
connection_behavior(self_pointer<connection_actor, connection_state> self, environment_ptr env,
                    fleet_actor fleet, router_actor router, live_actor live);

} // namespace dockhost::actors
