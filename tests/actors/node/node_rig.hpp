// SPDX-License-Identifier: MIT
// Everything between the wire and the simulated engine: journal, docker, ports, fleet, watch,
// router, in virtual time.
#pragma once

#include "actors/node/fleet_actor.hpp"
#include "actors/node/router_actor.hpp"
#include "actors/node/watch_actor.hpp"
#include "fixture.hpp"

namespace dockhost::actors::test {

class node_rig : public actor_world {
protected:
  void start_engine_side() {
    journal_ = spawn_journal();
    docker_ = spawn_docker();
    ports_ = spawn_ports(journal_);
    fleet_ = track(system().spawn(fleet_behavior, env(), docker_, ports_));
    watch_ = track(system().spawn(watch_behavior, env(), docker_, ports_, fleet_));
  }

  router_actor spawn_router() {
    return track(system().spawn(router_behavior, env(), journal_, fleet_));
  }

  journal_actor journal_;
  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  watch_actor watch_;
  router_actor router_;
};

inline json::value make_object(std::initializer_list<std::pair<std::string, json::value>> members) {
  return json::object(members);
}

/// The member at a path of keys; null where there is none.
inline json::value at(const json::value& v, std::initializer_list<const char*> path) {
  const json::value* here = &v;
  for (const char* key : path) {
    here = here->find(key);
    if (here == nullptr) return {};
  }
  return *here;
}

inline std::string text_at(const json::value& v, std::initializer_list<const char*> path) {
  const auto found = at(v, path);
  const auto* text = found.as_string();
  return text == nullptr ? std::string() : *text;
}

} // namespace dockhost::actors::test
