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

#include <map>
#include <memory>
#include <optional>
#include <string>
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

  struct pending {
    std::vector<asker> askers; ///< more than one where the same request id was sent again meanwhile
    bool journalled = false;
    bool answered = false; ///< its answer is on the way into the journal
    std::optional<std::uint64_t> v2_request;
  };

  struct v2_waiting {
    asker who;
    std::variant<protocol::command, error>
        what; ///< an invalid request has its place in the order, too
  };

  struct v2_user {
    v2_batch batch;
    std::map<std::uint64_t, v2_waiting> requests;
  };

  // The documented dialect (router_actor.cpp).
  void route(event_received& e);
  void documented(protocol::request request, asker who);
  void begin_journalled(protocol::request request, asker who);
  void execute_command(const std::string& op_id, const protocol::command& what);
  void answer_query(const protocol::command& what, asker who);
  void finished(const command_outcome& outcome);
  void settle(const std::string& op_id, const protocol::outcome& result);
  void send_journalled(const std::string& op_id, const std::string& payload);
  void send(reply_ready r);
  void reply(const asker& to, const protocol::outcome& result, const std::string& op_id);
  void reply_with(const asker& to, json::value payload, const std::string& op_id);
  void refuse(const asker& to, error why);
  [[nodiscard]] std::chrono::milliseconds budget_of(lifecycle::command_kind kind) const;

  // The V2 dialect (router_v2.cpp).
  void v2(std::variant<protocol::command, error> what, const std::string& fingerprint, asker who);
  void v2_refuse(const asker& to, const error& why);
  void v2_execute(const std::string& username, std::uint64_t id);
  void v2_check(const std::string& username, std::uint64_t id, bool running);
  void v2_send(const asker& to, const protocol::outcome& result);
  void v2_finished(const std::string& username, std::uint64_t id, const protocol::outcome& result);

  // What an earlier life of the node or of this actor left (router_recovery.cpp).
  void recall(const journal_contents& contents);
  void recover_running();
  void recover_from(const inventory& now);

  void check_drained();
  [[nodiscard]] bool idle() const;

  self_ptr self_;
  environment_ptr env_;
  journal_actor journal_;
  fleet_actor fleet_;
  reply_sink_actor sink_;
  std::vector<reply_ready> early_; ///< replies of an earlier life, until the sink is there
  std::optional<request_ledger> ledger_;
  std::map<std::string, pending> pending_;           ///< by op_id
  std::map<std::string, std::string> op_of_request_; ///< request id -> op_id, while it runs
  std::map<std::string, v2_user> v2_users_;
  std::map<std::string, std::string> v2_user_of_op_;
  std::map<std::string, store::journal_entry> recovering_; ///< by op_id
  std::uint64_t last_v2_request_ = 0;
  std::uint64_t session_ = 0;
  std::size_t queries_ = 0;
  int recovery_rounds_ = 0;
  bool shutting_down_ = false;
  std::vector<caf::typed_response_promise<drained>> draining_;
};

router_actor::behavior_type router_behavior(self_pointer<router_actor, router_state> self,
                                            environment_ptr env, journal_actor journal,
                                            fleet_actor fleet);

} // namespace dockhost::actors
