// SPDX-License-Identifier: MIT
// Who holds which block of three host ports (DESIGN.md, "Ports"). The engine's labels fill it at
// start; after that no port is given out twice, whether its container runs or not.
#pragma once

#include "core/error.hpp"
#include "core/port_block.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dockhost {

/// A set of blocks, each with a time at which it leaves.
class expiring_blocks {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A block that is already there keeps the later of the two times.
  void put(port_block block, time_point until);
  /// Takes out and returns one block whose time has come.
  [[nodiscard]] std::optional<port_block> take_due(time_point now);
  [[nodiscard]] const std::map<port_block, time_point>& blocks() const { return until_; }

private:
  std::map<port_block, time_point> until_;
  std::set<std::pair<time_point, port_block>> order_;
};

class port_registry {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Whether all three ports can be bound right now. Must not call the registry.
  using probe_fn = std::function<bool(port_block)>;

  static constexpr int default_max_probes = 256;

  /// Gives out the blocks first, first + 3, ... of which all three ports are within first..last. A
  /// block whose probe failed isn't probed again for `busy_for`.
  port_registry(std::uint16_t first, std::uint16_t last,
                std::chrono::milliseconds busy_for = std::chrono::seconds(5));

  /// Gives `owner` a free block that `probe` confirms. An owner who holds one gets the same again,
  /// without a probe. `hint` is where to look first: within the range it means the block at it or
  /// the next one after it, then all others, wrapping around; outside, nothing. Without a hint the
  /// search goes on after the last block given out. errc::ports_exhausted when no free block is
  /// left, or `max_probes` of them were found busy.
  [[nodiscard]] result<port_block> reserve(const std::string& owner,
                                           std::optional<std::uint16_t> hint, const probe_fn& probe,
                                           time_point now, int max_probes = default_max_probes);

  /// Records what the engine's labels say. Any block will do, also one outside the range or not in
  /// step with it (the range may have been configured anew), foreign or quarantined. False, and
  /// nothing changed, where it overlaps another owner's block, `owner` holds a different one, or it
  /// is no block at all (base 0 or beyond 65533).
  [[nodiscard]] bool adopt(const std::string& owner, port_block block);

  /// Frees the owner's block, if it holds one; to be called when the container is gone, not before.
  void release(const std::string& owner);

  /// Keeps any block from being given out until then. Its holder, if any, keeps it.
  void quarantine(port_block block, time_point until);

  /// Forgets quarantines and failed probes whose time has passed. reserve() does it by itself.
  void expire(time_point now);

  /// Published ports of containers that aren't ours; replaces all that were set before.
  void set_foreign_ports(const std::set<std::uint16_t>& ports);

  /// The owner whose block shares a port with `block` (the lowest, where several do).
  [[nodiscard]] std::optional<std::string> holder(port_block block) const;
  [[nodiscard]] std::optional<port_block> block_of(const std::string& owner) const;
  /// All reservations, by base port.
  [[nodiscard]] const std::map<port_block, std::string>& reservations() const { return by_block_; }

  /// Of the blocks in the range: those that could be tried, and all others.
  [[nodiscard]] std::size_t blocks_free() const { return free_count_; }
  [[nodiscard]] std::size_t blocks_taken() const { return reasons_.size() - free_count_; }

private:
  [[nodiscard]] port_block block_at(std::size_t index) const;
  /// Calls `fn(index)` for each block of the range that shares a port with `block`.
  template <class Fn>
  void for_each_overlap(port_block block, Fn fn) const;
  void mark(port_block block, std::uint8_t reason);
  void clear(std::size_t index, std::uint8_t reason);
  void set_reasons(std::size_t index, std::uint8_t reasons);
  /// The first free block at or after `from`, wrapping around.
  [[nodiscard]] std::optional<std::size_t> find_free(std::size_t from) const;
  [[nodiscard]] bool in_use(port_block block) const;

  std::uint16_t first_;
  std::chrono::milliseconds busy_for_;
  std::size_t cursor_ = 0;
  std::vector<std::uint8_t> reasons_; ///< per block: why it is not free
  std::vector<std::uint64_t> free_;   ///< bit set: no reason at all
  std::size_t free_count_ = 0;
  std::map<port_block, std::string> by_block_;
  std::unordered_map<std::string, port_block> by_owner_;
  expiring_blocks quarantined_;
  expiring_blocks busy_; ///< the probe failed
};

} // namespace dockhost
