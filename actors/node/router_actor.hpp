// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/request_ledger.hpp"
#include "core/v2_batch.hpp"
#include "protocol/command.hpp"
#include "protocol/reply.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace dockhost::actors {

/// Every event of the main server becomes at most one command, and every command exactly one reply.
/// The table of what is pending lives here, because a worker that dies never answers: each command
/// also has a backstop a little after its deadline. Replies leave as values of a dialect; whether
/// as acknowledgement or event, and over which connection, is the connection's business.
struct router_state {
  using self_ptr = self_pointer<router_actor, router_state>;

  router_state(self_ptr self);
  static inline const char* name = "router";

  router_actor::behavior_type behave(environment_ptr env, journal_actor journal, fleet_actor fleet);

private:
  /// Where one copy of a reply goes.
  struct asker {
    std::uint64_t session = 0;
    std::optional<std::uint64_t> ack;
    protocol::reply_address from;
  };

  using time_point = std::chrono::steady_clock::time_point;

  struct pending {
    std::vector<asker> askers; ///< more than one where the same request id was sent again meanwhile
    time_point since;          ///< of its arrival: its budget counts from then
    bool journalled = false;
    bool begun = false;                ///< the fleet has it, or had it in an earlier life
    std::optional<std::string> answer; ///< on the way into the journal
    std::optional<time_point> due;     ///< of its backstop, in deadlines_
    std::optional<std::uint64_t> v2_request;
  };

  struct v2_waiting {
    asker who;
    std::variant<protocol::command, error>
        what; ///< an invalid request has its place in the order, too
    time_point since;
  };

  struct v2_user {
    v2_batch batch;
    std::map<std::uint64_t, v2_waiting> requests;
  };

  /// A command that came before the known request ids were back.
  struct held {
    std::string op_id; ///< empty: it has a request id, and its place in the order only
    protocol::request request;
    asker who;
    time_point since;
  };

  struct cut_off {
    store::journal_entry entry;
    time_point give_up;
  };

  // The documented dialect (router_actor.cpp).
  void route(event_received& e);
  void documented(protocol::request request, asker who);
  void begin_journalled(protocol::request request, asker who, time_point since);
  pending& begin(const std::string& op_id, time_point since);
  void execute_command(const std::string& op_id, const protocol::command& what);
  void answer_query(const protocol::command& what, asker who);
  void finished(const command_outcome& outcome);
  void settle(const std::string& op_id, const protocol::outcome& result);
  void send_journalled(const std::string& op_id);
  void send(reply_ready r);
  std::optional<pending> take(const std::string& op_id);
  void set_deadline(const std::string& op_id, pending& p, time_point due);
  void arm();
  void deadlines_passed();
  void reply(const asker& to, const protocol::outcome& result, const std::string& op_id);
  void reply_with(const asker& to, json::value payload, const std::string& op_id);
  void refuse(const asker& to, error why, std::chrono::nanoseconds took = {});
  [[nodiscard]] std::chrono::milliseconds budget_of(lifecycle::command_kind kind) const;

  // The V2 dialect (router_v2.cpp).
  void v2(std::variant<protocol::command, error> what, const std::string& fingerprint, asker who);
  void v2_refuse(const asker& to, const error& why);
  void v2_no_room(const asker& to, bool tell);
  void v2_execute(const std::string& username, std::uint64_t id);
  void v2_check(const std::string& username, std::uint64_t id, bool running);
  void v2_send(const asker& to, const protocol::outcome& result);
  void v2_finished(const std::string& username, std::uint64_t id, const protocol::outcome& result);

  // What an earlier life of the node or of this actor left (router_recovery.cpp).
  void load_journal();
  void recall(const journal_contents& contents);
  void claim();
  void recover_running();
  void recover_from(const inventory* now);
  void leave_to_the_next_life();

  // A journal that hangs (router_journal.cpp).
  void hold(std::string op_id, protocol::request request, asker who, time_point since);
  void release_held();
  void journal_failed(const caf::error& why);
  void probe_journal();
  [[nodiscard]] std::chrono::milliseconds journal_patience() const;

  caf::result<drained> drain();
  void drain_without_the_journal();
  void check_drained();
  [[nodiscard]] bool idle() const;

  self_ptr self_;
  environment_ptr env_;
  journal_actor journal_;
  fleet_actor fleet_;
  reply_sink_actor sink_;
  std::deque<reply_ready> early_; ///< replies of an earlier life, until the sink is there
  std::optional<request_ledger> ledger_;
  std::map<std::string, pending> pending_;           ///< by op_id
  std::map<std::string, std::string> op_of_request_; ///< request id -> op_id, while it runs
  std::map<std::string, v2_user> v2_users_;
  std::map<std::string, std::string> v2_user_of_op_;
  std::map<std::string, cut_off> recovering_;              ///< by op_id
  std::set<std::pair<time_point, std::string>> deadlines_; ///< one timer for all: the next one's
  std::optional<time_point> armed_;
  std::uint64_t deadline_generation_ = 0;
  std::deque<held> held_; ///< until the journal has been read
  std::uint64_t last_v2_request_ = 0;
  std::uint64_t session_ = 0;
  std::size_t v2_requests_ = 0; ///< of all users
  std::size_t queries_ = 0;     ///< asked of the fleet, checks included
  bool recalled_ = false;       ///< the journal has been read
  bool journal_silent_ = false; ///< it did not answer in time, and has not since
  bool claiming_ = false;       ///< the fleet has been asked what it owes
  bool claimed_ = false;        ///< and has answered
  bool shutting_down_ = false;
  std::vector<caf::typed_response_promise<drained>> draining_;
};

router_actor::behavior_type router_behavior(self_pointer<router_actor, router_state> self,
                                            environment_ptr env, journal_actor journal,
                                            fleet_actor fleet);

} // namespace dockhost::actors
