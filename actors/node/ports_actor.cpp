// SPDX-License-Identifier: MIT
#include "actors/node/ports_actor.hpp"

#include "actors/actor_support.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

/// Well below what a container actor waits for its block: a block that rests may be tried early, at
/// the price of another attempt, but nobody waits for a disk in vain.
constexpr auto journal_timeout = 5s;
constexpr std::size_t max_held = 1'000; ///< as many commands as the fleet lets wait

} // namespace

ports_state::ports_state(self_ptr self) : self_(self) {}

ports_actor::behavior_type ports_state::behave(environment_ptr env, journal_actor journal) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::ports);
  journal_ = std::move(journal);
  const auto& config = env_->config.ports;
  registry_ = std::make_unique<port_registry>(static_cast<std::uint16_t>(config.first),
                                              static_cast<std::uint16_t>(config.last));
  // Nothing is reserved before the quarantine of an earlier run is known.
  self_->request(journal_, journal_timeout, journal_load{})
      .then(
          [this](const journal_contents& known) {
            recall(known.quarantined);
            open();
          },
          [this](const caf::error& e) {
            platform::log(log_level::warn, name, "journal.unreadable",
                          "the ports that rest are not known", {{"reason", caf::to_string(e)}});
            open();
          });
  return {
      [this](const reserve_block& wanted) { return accept(wanted); },
      [this](const release_block& r) { release(r.owner); },
      [this](const adopt_block& a) {
        if (registry_->adopt(a.owner, a.block)) return;
        // The engine's truth wins over what we believed of this owner, but never over another
        // owner.
        registry_->release(a.owner);
        if (!registry_->adopt(a.owner, a.block)) {
          platform::log(log_level::warn, name, "ports.overlap",
                        "two containers claim the same ports",
                        {{"user", a.owner},
                         {"port", std::to_string(a.block.base)},
                         {"holder", registry_->holder(a.block).value_or("")}});
        }
      },
      [this](const quarantine_block& taken) { quarantine(taken); },
      [this](const foreign_ports_listed& f) { registry_->set_foreign_ports(f.ports); },
      [this](get_port_counts) {
        registry_->expire(self_->clock().now());
        return port_counts{registry_->blocks_free(), registry_->blocks_taken()};
      },
  };
}

void ports_state::recall(const std::vector<store::quarantine_entry>& quarantined) {
  for (const auto& q : quarantined) {
    const auto left = std::chrono::milliseconds(q.until_ms - env_->unix_ms());
    if (left <= 0ms) continue;
    const auto rest = std::min(left, env_->config.ports.quarantine);
    registry_->quarantine(port_block{q.port_base}, self_->clock().now() + rest);
  }
}

caf::result<block_answer> ports_state::accept(const reserve_block& wanted) {
  if (open_) return reserve(wanted);
  if (held_.size() >= max_held)
    return block_answer{fail(error{errc::capacity, "too many requests wait for the journal"})};
  held_.push_back({wanted, self_->make_response_promise<block_answer>()});
  return caf::delegated<block_answer>{};
}

void ports_state::open() {
  open_ = true;
  for (auto& [wanted, promise] : std::exchange(held_, {}))
    promise.deliver(reserve(wanted));
}

void ports_state::release(const std::string& owner) {
  registry_->release(owner);
  // Who lets go before it was served wants nothing any more.
  std::erase_if(held_, [&owner](const held& h) { return h.wanted.owner == owner; });
}

block_answer ports_state::reserve(const reserve_block& wanted) {
  auto block = registry_->reserve(wanted.owner, wanted.hint, env_->can_bind, self_->clock().now());
  if (block.ok()) {
    platform::log(log_level::debug, name, "ports.reserved", "ports reserved",
                  {{"user", wanted.owner}, {"port", std::to_string(block.value().base)}});
  } else {
    platform::log(log_level::warn, name, "ports.exhausted", block.err().message,
                  {{"user", wanted.owner}});
  }
  return {std::move(block)};
}

void ports_state::quarantine(const quarantine_block& taken) {
  const auto rest = env_->config.ports.quarantine;
  registry_->release(taken.owner);
  registry_->quarantine(taken.block, self_->clock().now() + rest);
  self_->send(journal_, journal_quarantine{taken.block, env_->unix_ms() + rest.count()});
}

ports_actor::behavior_type ports_behavior(self_pointer<ports_actor, ports_state> self,
                                          environment_ptr env, journal_actor journal) {
  return self->state.behave(std::move(env), std::move(journal));
}

} // namespace dockhost::actors
