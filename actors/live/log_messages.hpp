// SPDX-License-Identifier: MIT
// What the log hub and its streams are told. The log lines themselves pass through no mailbox one
// by one: a message carries a batch of many, shared and immutable.
#pragma once

#include "actors/live/messages.hpp"
#include "actors/live/outlet.hpp"
#include "core/error.hpp"
#include "core/log_batch.hpp"
#include "core/log_options.hpp"
#include "docker/log_stream.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace dockhost::actors {

/// Streams a container's log to a client: log_update and log_gap events, and log_stream_stopped as
/// the last. It replaces what the same client watched of the same container, without a
/// log_stream_stopped for that.
struct watch_log {
  std::string client;       ///< the socket's id
  std::uint64_t watch = 0;  ///< the client's own number for it; unwatch_log names it again
  std::string container_id; ///< 64 hex
  std::string spelling;     ///< how the client called the container; echoed in each event
  log_watch_options options;
  live_outlet_ptr to;
};
/// Answers watch_log once the container was looked up. invalid_request: the pattern. not_found,
/// engine_unavailable, timeout: the engine. capacity: too many streams or watchers.
struct log_watch_answer {
  std::optional<error> failure; ///< none: it has started
};
/// Ends one watch; log_stream_stopped with reason "requested" follows, and nothing after that.
/// Where it has ended already, or there never was one (0), that alone is told.
struct unwatch_log {
  std::string client;
  std::uint64_t watch = 0;
  std::string spelling{}; ///< how the client calls the container now
  live_outlet_ptr to{};
};
/// News of a container that somebody may be watching; of others it is ignored.
struct log_container_news {
  std::string container_id;
  bool running = false; ///< its log grows (again)
  bool removed = false;
};
/// What runs, for metrics and tests.
struct get_log_counts {};
struct log_counts {
  std::size_t streams = 0; ///< containers whose log is read or waited for
  std::size_t watchers = 0;
  std::uint64_t lines = 0; ///< read from engines since the start
  std::uint64_t bytes = 0;
  std::uint64_t mended = 0;           ///< lines that a follow had left out, put in their place
  std::uint64_t gaps_slow_client = 0; ///< log_gap events by reason
  std::uint64_t gaps_rotation = 0;
  std::uint64_t gaps_engine_restart = 0;
  std::uint64_t gaps_line_too_long = 0;
  std::array<std::uint64_t, 4> gap_lines{}; ///< by log_gap_reason; of gaps that told how many
};

// ---- between the docker actor, a stream and the hub

/// To the docker actor: opens a log at the engine. The handlers are called on the engine's threads.
struct open_log {
  docker::log_request request;
  docker::log_handlers handlers;
};
struct log_opened {
  std::shared_ptr<docker::log_stream> stream;
};
/// The engine's news of one opening, told apart by its serial number.
struct log_arrived {
  std::uint64_t serial = 0;
  shared_log_batch batch;
};
struct log_ended {
  std::uint64_t serial = 0;
  std::optional<docker::engine_error> why; ///< none: the engine has told all
};
/// Tick of a stream: what is due, is done.
struct log_due {
  std::uint64_t generation = 0;
};
/// Of a download: the peer has taken so many of the engine's bytes, or has gone.
struct body_room {
  std::size_t bytes = 0;
};
struct body_gone {};
/// A stream has told its last watcher that it is over.
struct log_stream_over {
  std::string container_id;
};

} // namespace dockhost::actors
