// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/http_answer.hpp"
#include "actors/live/http_body.hpp"
#include "actors/live/log_query.hpp"
#include "actors/live_interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/log_lines.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace dockhost::actors {

/// What is to be downloaded, and to whom.
struct log_download {
  std::string container_id;
  std::string name;
  log_query query;
  bool head = false;
  net::header_list headers;
  http_answer to;
};

/// One container's log as the answer to one HTTP request: read to its end without following it, no
/// faster than the peer takes it, and ended with either of the two.
struct log_download_state {
  using self_ptr = self_pointer<log_download_actor, log_download_state>;

  log_download_state(self_ptr self);
  static inline const char* name = "log_download";

  log_download_actor::behavior_type behave(environment_ptr env, docker_actor docker,
                                           log_download what);

private:
  void looked(const engine_answer& answer);
  void open(bool tty);
  void begin_answer(); // not begin(): CAF would take the state for a container
  void read_on();
  void look_after();
  void arrived(const log_arrived& a);
  void ended(const log_ended& e);
  void refuse(const docker::engine_error& why);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  log_download what_;
  std::unique_ptr<log_file_writer> file_;
  log_line_assembler lines_;
  std::unique_ptr<http_body> body_;
  bool begun_ = false; ///< the answer has
  std::shared_ptr<docker::log_stream> stream_;
  std::size_t owed_ = 0;  ///< bytes of the engine's that the peer has not taken
  std::size_t freed_ = 0; ///< bytes that it has taken, and the engine was not told of
  std::chrono::steady_clock::time_point moved_{}; ///< when something last moved
};

log_download_actor::behavior_type
log_download_behavior(self_pointer<log_download_actor, log_download_state> self,
                      environment_ptr env, docker_actor docker, log_download what);

} // namespace dockhost::actors
