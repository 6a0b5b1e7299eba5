// SPDX-License-Identifier: MIT
// Which engine call runs next: pure, so that its rules are tested without an engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dockhost::actors {

/// Calls wait in the order of their arrival, in three lanes with slots of their own, so that slow
/// pulls and stops never hold up the quick calls, and a look at a container (inspect, list) finds a
/// slot even when all others hang. Two calls with the same non-empty key never run at the same
/// time, whatever their lanes.
class call_queue {
public:
  enum class lane { unary, lengthy, look };

  struct limits {
    std::size_t unary = 8;
    std::size_t lengthy = 32;
    std::size_t look = 4;
    std::size_t waiting = 10'000; ///< over all lanes
  };

  explicit call_queue(limits bounds) : bounds_(bounds) {}

  /// False when too many wait: the call was not taken.
  bool push(std::uint64_t call, lane where, std::string key);

  /// Calls that may begin now; they count as running until `finish`.
  [[nodiscard]] std::vector<std::uint64_t> take_ready();

  /// The call is over; true if it was running.
  bool finish(std::uint64_t call);

  /// Takes a call out that still waits; false if it doesn't.
  bool withdraw(std::uint64_t call);

  /// Takes out everything that waits.
  [[nodiscard]] std::vector<std::uint64_t> withdraw_all();

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }

private:
  struct entry {
    std::uint64_t call;
    lane where;
    std::string key;
  };

  [[nodiscard]] std::size_t slots(lane where) const;

  limits bounds_;
  std::deque<entry> waiting_;
  std::map<std::uint64_t, entry> running_;
  std::set<std::string> busy_keys_;
  std::size_t used_[3] = {0, 0, 0};
};

} // namespace dockhost::actors
