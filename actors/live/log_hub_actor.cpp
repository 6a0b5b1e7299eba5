// SPDX-License-Identifier: MIT
#include "actors/live/log_hub_actor.hpp"

#include "actors/live/log_packets.hpp"
#include "actors/live/log_stream_actor.hpp"

#include <algorithm>
#include <limits>

namespace dockhost::actors {

namespace {

/// Each is a connection to the engine.
constexpr std::size_t max_streams = 1'000;
constexpr std::size_t max_watchers = 20'000;
constexpr std::chrono::seconds answer_timeout{15}; ///< a stream's, its look included
/// What tells the end of a stream always goes out.
constexpr auto no_budget = std::numeric_limits<std::size_t>::max() / 2;

} // namespace

log_hub_state::log_hub_state(self_ptr self) : self_(self) {}

log_hub_state::~log_hub_state() {
  for (const auto& [id, stream] : streams_)
    end_now(stream, caf::exit_reason::user_shutdown);
}

log_hub_actor::behavior_type log_hub_state::behave(environment_ptr env, docker_actor docker) {
  quiet_defaults(self_, name);
  self_->set_down_handler(
      [this](caf::scheduled_actor*, caf::down_msg& down) { stream_down(down.source); });
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::log_hub);
  docker_ = std::move(docker);
  return {
      [this](watch_log& w) { return watch(w); },
      [this](const unwatch_log& u) { unwatch(u); },
      [this](const client_gone& c) { gone(c.client); },
      [this](const log_container_news& n) {
        if (const auto it = streams_.find(n.container_id); it != streams_.end())
          self_->send(it->second, n);
      },
      [this](const log_stream_over& over) {
        // Unless another has taken its place: one that was over when a new watch came.
        if (const auto it = streams_.find(over.container_id);
            it != streams_.end() &&
            it->second.address() == caf::actor_cast<caf::actor_addr>(self_->current_sender()))
          forget(over.container_id);
      },
      [this](const get_log_counts&) {
        log_counts out;
        out.streams = streams_.size();
        out.watchers = watchers_.size();
        out.lines = tally_->lines;
        out.bytes = tally_->bytes;
        out.mended = tally_->mended;
        const auto gaps = [this](log_gap_reason r) -> std::uint64_t {
          return tally_->gaps[static_cast<std::size_t>(r)];
        };
        out.gaps_slow_client = gaps(log_gap_reason::slow_client);
        out.gaps_rotation = gaps(log_gap_reason::rotation);
        out.gaps_engine_restart = gaps(log_gap_reason::engine_restart);
        out.gaps_line_too_long = gaps(log_gap_reason::line_too_long);
        for (std::size_t i = 0; i < out.gap_lines.size(); ++i)
          out.gap_lines[i] = tally_->gap_lines[i];
        return out;
      },
  };
}

caf::result<log_watch_answer> log_hub_state::watch(watch_log& w) {
  std::erase_if(watchers_, [&](const auto& entry) {
    return entry.first.first == w.client && entry.second.container_id == w.container_id;
  });
  if (watchers_.size() >= max_watchers)
    return log_watch_answer{error{errc::capacity, "too many log streams"}};
  auto promise = self_->make_response_promise<log_watch_answer>();
  ask_stream(std::move(w), promise, true);
  return caf::delegated<log_watch_answer>{};
}

void log_hub_state::ask_stream(watch_log w, watch_promise promise, bool may_repeat) {
  auto it = streams_.find(w.container_id);
  if (it == streams_.end()) {
    if (streams_.size() >= max_streams) {
      promise.deliver(
          log_watch_answer{error{errc::capacity, "too many containers' logs are being read"}});
      return;
    }
    auto stream = self_->spawn(log_stream_behavior, env_, docker_, log_hub_actor(self_),
                               w.container_id, tally_);
    self_->monitor(stream);
    it = streams_.emplace(w.container_id, std::move(stream)).first;
  }
  const watch_key key{w.client, w.watch};
  watchers_[key] = {w.container_id, w.spelling, w.to};
  self_->request(it->second, answer_timeout, w)
      .then(
          [this, key, promise](log_watch_answer& answer) mutable {
            if (answer.failure) watchers_.erase(key);
            promise.deliver(std::move(answer));
          },
          [this, w, key, promise, may_repeat,
           asked = it->second.address()](const caf::error& why) mutable {
            watchers_.erase(key);
            // It ended, its last watcher or its container gone, before it read this: the next one
            // knows how things stand.
            if (may_repeat && why == caf::sec::request_receiver_down) {
              const auto stream = streams_.find(w.container_id);
              if (stream != streams_.end() && stream->second.address() == asked)
                forget(w.container_id);
              return ask_stream(std::move(w), promise, false);
            }
            promise.deliver(log_watch_answer{error{errc::internal, "the log stream broke off"}});
          });
}

void log_hub_state::unwatch(const unwatch_log& u) {
  const auto it = watchers_.find({u.client, u.watch});
  if (it == watchers_.end()) {
    if (u.to)
      u.to->emit(encode_log_stopped(u.spelling, "Log stream stopped", "requested"), no_budget);
    return;
  }
  const auto id = it->second.container_id;
  watchers_.erase(it);
  tell_stream(id, u);
}

void log_hub_state::gone(const std::string& client) {
  for (auto it = watchers_.lower_bound({client, 0});
       it != watchers_.end() && it->first.first == client;) {
    const auto id = it->second.container_id;
    it = watchers_.erase(it);
    tell_stream(id, client_gone{client});
  }
}

/// Of a stream that loses its last watcher by that, nothing more is known here: it ends by itself,
/// and the next watch of its container gets a new one.
template <class Message>
void log_hub_state::tell_stream(const std::string& container_id, Message message) {
  const auto stream = streams_.find(container_id);
  if (stream == streams_.end()) return;
  self_->send(stream->second, std::move(message));
  const bool watched = std::any_of(watchers_.begin(), watchers_.end(), [&](const auto& entry) {
    return entry.second.container_id == container_id;
  });
  if (!watched) streams_.erase(stream);
}

void log_hub_state::stream_down(const caf::actor_addr& who) {
  const auto it = std::find_if(streams_.begin(), streams_.end(),
                               [&](const auto& entry) { return entry.second.address() == who; });
  if (it == streams_.end()) return;
  // It did not say that it is over: its watchers were not told either.
  const auto id = it->first;
  for (const auto& [key, who_watches] : watchers_)
    if (who_watches.container_id == id)
      who_watches.to->emit(
          encode_log_stopped(who_watches.spelling, "The stream broke off", "error"), no_budget);
  forget(id);
}

void log_hub_state::forget(const std::string& container_id) {
  streams_.erase(container_id);
  std::erase_if(watchers_,
                [&](const auto& entry) { return entry.second.container_id == container_id; });
}

log_hub_actor::behavior_type log_hub_behavior(self_pointer<log_hub_actor, log_hub_state> self,
                                              environment_ptr env, docker_actor docker) {
  return self->state.behave(std::move(env), std::move(docker));
}

} // namespace dockhost::actors
