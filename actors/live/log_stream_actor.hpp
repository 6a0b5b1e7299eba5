// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/log_group.hpp"
#include "actors/live/log_history.hpp"
#include "actors/live/log_mending.hpp"
#include "actors/live_interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/log_cursor.hpp"
#include "core/log_repeats.hpp"

#include <caf/all.hpp>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors {

/// One container's log: one follow at the engine, whatever the number of watchers. The first
/// watcher's history comes with the follow itself; later ones have a read for it, which all share
/// who want the same at the same time, and then join the follow where that read ended. Reads that
/// are too many at once wait for their turn. When the container ends the follow ends, too, and
/// is opened again where it was as soon as the container runs.
///
/// Where the log is rotated and the follow may have left lines out, what it gives is held until a
/// second read has shown that nothing is missing, or put it in its place.
///
/// The engine's bytes are only consumed while some watcher wants more: the fastest one sets the
/// pace, and the others miss what is over their budget.
struct log_stream_state {
  using self_ptr = self_pointer<log_stream_actor, log_stream_state>;

  log_stream_state(self_ptr self);
  static inline const char* name = "log_stream";

  log_stream_actor::behavior_type behave(environment_ptr env, docker_actor docker,
                                         log_hub_actor hub, std::string container_id,
                                         std::shared_ptr<log_tally> tally);

private:
  using time_point = std::chrono::steady_clock::time_point;
  using promise = caf::typed_response_promise<log_watch_answer>;
  using group_ptr = std::shared_ptr<log_group>;

  struct waiting_watch {
    watch_log what;
    std::optional<platform::pattern> pattern;
    promise answer;
  };
  enum class phase { looking, following, waiting, over };

  class follow_sink; ///< lines of the follow
  class mended_sink; ///< lines that a mending lets pass
  class count_sink;

  caf::result<log_watch_answer> watch(watch_log& what);
  void admit(waiting_watch& w);
  void unwatch(const std::string& client, std::uint64_t watch);
  void drop_client(const std::string& client);
  /// Another watch of this client is to take the place of what it has.
  void replace(const std::string& client);
  /// Takes out whom `match` finds, once `told` has been called with it.
  template <class Match, class Told>
  void take_out(Match match, Told told);
  void news(const log_container_news& n);

  void look();
  void looked(const engine_answer& answer);
  void open_follow();
  void open_histories();
  void open_history(log_history& history);
  docker::log_handlers handlers_for(std::uint64_t serial);
  void arrived(log_arrived& a);
  void ended(const log_ended& e);
  void follow_ended(const std::optional<docker::engine_error>& why);

  void line(const log_line& l);
  void cut(log_channel channel, std::size_t bytes);
  void cut_passed(log_channel channel, std::size_t bytes);
  bool pass_new(const log_line& l); ///< false: it has come before
  void pass(const log_line& l);
  void begin_mending();
  void open_read(log_mending& of);
  void end_mending();
  void release(std::deque<kept_log_line> held);
  void look_if_silent();
  void end_silent_look();
  void reopen(docker::engine_error why);
  void set_aside(std::deque<kept_log_line> held);
  void gap(const std::optional<log_loss>& loss, log_gap_reason reason);
  [[nodiscard]] group_ptr group_for(const log_group_key& key,
                                    const std::optional<platform::pattern>& pattern);
  void merge_joined();
  [[nodiscard]] log_history* history_of(std::uint64_t serial);

  void wait(std::chrono::milliseconds pause);
  void finish(const std::string& message, const std::string& reason);
  [[nodiscard]] bool nobody() const;
  void settle();
  void arm(time_point at);
  void due(std::uint64_t generation);
  [[nodiscard]] time_point now() const;

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  log_hub_actor hub_;
  std::string id_;
  std::shared_ptr<log_tally> tally_;

  phase phase_ = phase::looking;
  bool tty_ = false;
  log_rotation rotation_;
  bool looking_ = false;
  bool removed_ = false;                  ///< by the news; its log may still be coming
  std::optional<time_point> give_up_log_; ///< when it is not waited for any more
  std::vector<waiting_watch> waiting_;

  std::uint64_t last_serial_ = 0;
  std::uint64_t follow_serial_ = 0;
  std::shared_ptr<docker::log_stream> follow_;
  log_line_assembler lines_;
  log_repeats repeats_;
  log_cursor cursor_;
  log_jumps jumps_;
  std::unique_ptr<log_mending> mending_; ///< while what the follow gives is held
  std::optional<time_point> mended_at_;  ///< when the last one ended
  /// What was held when a second read failed, until it has come again. It does when the follow is
  /// opened anew, unless the log is gone by then.
  std::deque<kept_log_line> unsure_;
  std::unique_ptr<log_mending> silent_look_;
  time_point silent_look_at_{};
  std::size_t unseen_ = 0;             ///< lines that it has found
  bool seems_stuck_ = false;           ///< a first one has found some
  bool silence_told_ = false;          ///< none is due until a line comes
  bool by_silent_look_ = false;        ///< why the follow was opened
  std::optional<log_overlap> overlap_; ///< after a reopening
  std::optional<time_point> overlap_deadline_;
  log_gap_reason overlap_reason_ = log_gap_reason::rotation;
  std::size_t tail_ = 0; ///< of the first opening
  std::int64_t since_ = 0;
  std::int64_t opened_unix_nano_ = 0;
  std::array<bool, 2> shown_{}; ///< by channel: its last line passed, and no cut of it was told
  std::size_t owed_ = 0;        ///< bytes given and not consumed, because nobody wants more
  bool got_line_ = false;       ///< since the last opening
  bool broke_off_ = false;      ///< the last follow did, before the log's end
  bool seeks_ = false;          ///< a reopened one has given nothing of the log yet
  bool history_over_ = false;   ///< of the first opening: there was none
  time_point arrived_at_{};
  time_point passed_at_{}; ///< when the last line passed
  int quick_ends_ = 0;

  std::vector<group_ptr> groups_;
  std::vector<std::unique_ptr<log_history>> histories_; ///< in the order in which they were wanted
  std::optional<time_point> probe_at_;
  std::chrono::milliseconds probe_pause_{};
  std::uint64_t generation_ = 0; ///< of the tick: only the newest counts
  std::optional<time_point> armed_at_;
};

log_stream_actor::behavior_type
log_stream_behavior(self_pointer<log_stream_actor, log_stream_state> self, environment_ptr env,
                    docker_actor docker, log_hub_actor hub, std::string container_id,
                    std::shared_ptr<log_tally> tally);

} // namespace dockhost::actors
