// SPDX-License-Identifier: MIT
// Request ids of the documented dialect (PROTOCOL.md 1a): a known one gets its first answer again
// and has no second effect. The store keeps the same entries over a restart.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace dockhost {

enum class ledger_verdict {
  fresh,    ///< new: execute it, then call answer()
  join,     ///< the first still runs: wait for its answer
  replay,   ///< send the first answer again
  mismatch, ///< the id was used with another payload: invalid_request
  full,     ///< as many requests run as are remembered at most: capacity
};

struct ledger_decision {
  ledger_verdict verdict = ledger_verdict::fresh;
  std::string answer; ///< of a replay
};

class request_ledger {
public:
  /// Wall-clock time: entries outlive the process.
  using time_point = std::chrono::system_clock::time_point;

  struct entry {
    std::string request_id;
    std::string payload_digest;
    std::optional<std::string> answer; ///< none: it was running
    time_point at{};                   ///< of the answer, else of the beginning
  };

  /// Answers are kept for `keep`. Beyond `max_entries` the oldest answers go earlier; what runs
  /// never goes.
  request_ledger(std::chrono::seconds keep, std::size_t max_entries)
      : keep_(keep), max_entries_(max_entries) {}

  [[nodiscard]] ledger_decision begin(const std::string& request_id,
                                      const std::string& payload_digest, time_point now);

  /// Records the answer of a running request. Unknown ids and second answers are ignored: the first
  /// answer stays.
  void answer(const std::string& request_id, std::string text, time_point now);

  /// Takes over an entry of an earlier process. One without an answer is running until answer() is
  /// called for it. False where the id is known or there is no room.
  bool restore(entry saved);

  /// Forgets answers older than `keep`; begin() does it by itself.
  void purge(time_point now);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t running() const { return entries_.size() - answered_.size(); }

private:
  struct record {
    std::string payload_digest;
    std::optional<std::string> answer;
    time_point at{};
  };

  bool make_room();
  void forget_oldest_answer();

  std::chrono::seconds keep_;
  std::size_t max_entries_;
  std::unordered_map<std::string, record> entries_;
  std::set<std::pair<time_point, std::string>> answered_; ///< oldest first
};

} // namespace dockhost
