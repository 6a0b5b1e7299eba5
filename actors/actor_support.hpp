// SPDX-License-Identifier: MIT
// What every actor does the same: quiet default handlers, and guards against the traps of CAF 0.17
// (docs/architecture.md, "CAF").
#pragma once

#include "actors/node/node_metrics.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

#include <exception>
#include <memory>
#include <string>
#include <type_traits>

namespace dockhost::actors {

/// The stateful pointer of a typed actor, for a state type that CAF can't silently initialise from
/// `self`: C++20 would let an aggregate's first member take the pointer, so every state has a
/// constructor.
template <class Actor, class State>
using self_pointer = typename Actor::template stateful_pointer<State>;

template <class State>
constexpr void check_state() {
  static_assert(!std::is_aggregate_v<State>, "an actor's state needs a constructor of its own");
}

/// The description of an exception, for the log.
inline std::string describe(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

/// Handlers that log instead of printing, for any event-based actor. An exception ends only the
/// actor that threw it, whose supervisor then acts.
template <class Self>
void quiet_defaults(Self* self, const char* name) {
  self->set_exception_handler([name](std::exception_ptr& e) -> caf::error {
    platform::log(platform::log_level::error, name, "actor.exception",
                  "an actor ended with an exception", {{"error", describe(e)}});
    return caf::sec::runtime_error;
  });
  self->set_default_handler(
      [name](caf::scheduled_actor*, const caf::message_view&) -> caf::result<caf::message> {
        platform::log(platform::log_level::warn, name, "actor.unexpected_message",
                      "a message nobody handles was dropped", {});
        return caf::sec::unexpected_message;
      });
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  self->set_error_handler([name](caf::scheduled_actor*, caf::error& e) {
    platform::log(platform::log_level::error, name, "actor.error", "an error message arrived",
                  {{"error", caf::to_string(e)}});
  });
}

/// Counts the actor among those of its kind until it ends, however that happens.
template <class Self>
void count_while_alive(Self* self, const std::shared_ptr<node_metrics>& metrics, actor_kind kind) {
  const auto at = static_cast<std::size_t>(kind);
  metrics->actors[at].add(1);
  self->attach_functor([metrics, at] { metrics->actors[at].add(-1); });
}

/// Ends an actor ahead of its backlog: CAF's own send_exit waits behind every queued message. (An
/// actor that awaits a response would pass over this, too: so none does.)
template <class Handle>
void end_now(const Handle& who, caf::exit_reason why) {
  auto* target = caf::actor_cast<caf::abstract_actor*>(who);
  if (target == nullptr) return;
  target->eq_impl(caf::make_message_id(caf::message_priority::high), nullptr, nullptr,
                  caf::exit_msg{target->address(), caf::make_error(why)});
}

} // namespace dockhost::actors
