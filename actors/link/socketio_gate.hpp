// SPDX-License-Identifier: MIT
// Lets the io thread call handlers until their owner, on any thread, says stop.
#pragma once

#include <atomic>
#include <thread>

namespace dockhost::actors {

/// After shut() has returned, pass() calls nothing any more, and nothing that it called is still
/// running (unless shut() was called from there). pass() is for one thread.
class socketio_gate {
public:
  template <class Fn>
  void pass(Fn&& fn) {
    passer_.store(std::this_thread::get_id());
    unsigned open = 0;
    if (!state_.compare_exchange_strong(open, inside)) {
      // Inside already: a handler led here. Then only the owner's word counts.
      if ((open & closed) == 0) fn();
      return;
    }
    const leaving out{state_};
    fn();
  }

  void shut() {
    auto now = state_.fetch_or(closed) | closed;
    if (passer_.load() == std::this_thread::get_id()) return;
    while ((now & inside) != 0) {
      state_.wait(now);
      now = state_.load();
    }
  }

  [[nodiscard]] bool is_shut() const { return (state_.load() & closed) != 0; }

private:
  struct leaving {
    std::atomic<unsigned>& state;
    ~leaving() {
      if ((state.fetch_and(~inside) & closed) != 0) state.notify_all();
    }
  };

  static constexpr unsigned inside = 1;
  static constexpr unsigned closed = 2;
  std::atomic<unsigned> state_{0};
  std::atomic<std::thread::id> passer_{};
};

} // namespace dockhost::actors
