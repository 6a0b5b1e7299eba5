// SPDX-License-Identifier: MIT
#include "core/port_registry.hpp"

#include <algorithm>
#include <bit>

namespace dockhost {
namespace {

// Why a block isn't free; several may hold at once.
constexpr std::uint8_t reserved = 1;
constexpr std::uint8_t foreign = 2;
constexpr std::uint8_t quarantined = 4;
constexpr std::uint8_t busy = 8;

constexpr std::size_t word_bits = 64;
constexpr int last_base = 65535 - (ports_per_block - 1);

constexpr bool overlap(port_block a, port_block b) {
  const int distance = int{a.base} - int{b.base};
  return distance > -ports_per_block && distance < ports_per_block;
}

constexpr port_block lowest_overlap(port_block block) {
  return {static_cast<std::uint16_t>(std::max(0, block.base - (ports_per_block - 1)))};
}

bool any_overlaps(const std::map<port_block, expiring_blocks::time_point>& blocks,
                  port_block block) {
  const auto it = blocks.lower_bound(lowest_overlap(block));
  return it != blocks.end() && overlap(it->first, block);
}

} // namespace

void expiring_blocks::put(port_block block, time_point until) {
  const auto [it, fresh] = until_.emplace(block, until);
  if (!fresh) {
    if (it->second >= until) return;
    order_.erase({it->second, block});
    it->second = until;
  }
  order_.emplace(until, block);
}

std::optional<port_block> expiring_blocks::take_due(time_point now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  const auto block = order_.begin()->second;
  order_.erase(order_.begin());
  until_.erase(block);
  return block;
}

port_registry::port_registry(std::uint16_t first, std::uint16_t last,
                             std::chrono::milliseconds busy_for)
    : first_(first), busy_for_(busy_for) {
  const int ports = first == 0 || last < first ? 0 : last - first + 1;
  free_count_ = static_cast<std::size_t>(ports / ports_per_block);
  reasons_.assign(free_count_, 0);
  free_.assign((free_count_ + word_bits - 1) / word_bits, ~std::uint64_t{0});
  if (const auto rest = free_count_ % word_bits; rest != 0)
    free_.back() = (std::uint64_t{1} << rest) - 1;
}

result<port_block> port_registry::reserve(const std::string& owner,
                                          std::optional<std::uint16_t> hint, const probe_fn& probe,
                                          time_point now, int max_probes) {
  if (const auto held = by_owner_.find(owner); held != by_owner_.end()) return held->second;
  expire(now);
  auto from = cursor_;
  if (hint && *hint >= first_) {
    const auto index =
        static_cast<std::size_t>((*hint - first_ + ports_per_block - 1) / ports_per_block);
    const auto range_end = std::size_t{first_} + reasons_.size() * ports_per_block;
    if (*hint < range_end) from = index;
  }
  for (int probes = 0; probes < max_probes; ++probes) {
    const auto index = find_free(from);
    if (!index) break;
    const auto block = block_at(*index);
    if (probe(block)) {
      cursor_ = *index + 1;
      by_owner_.emplace(owner, block);
      by_block_.emplace(block, owner);
      mark(block, reserved);
      return block;
    }
    busy_.put(block, now + busy_for_);
    mark(block, busy);
    from = *index + 1;
  }
  return fail(error{errc::ports_exhausted, "no free block of three ports was found"});
}

bool port_registry::adopt(const std::string& owner, port_block block) {
  if (block.base == 0 || block.base > last_base) return false;
  if (const auto held = by_owner_.find(owner); held != by_owner_.end())
    return held->second == block;
  if (in_use(block)) return false;
  by_owner_.emplace(owner, block);
  by_block_.emplace(block, owner);
  mark(block, reserved);
  return true;
}

void port_registry::release(const std::string& owner) {
  const auto held = by_owner_.find(owner);
  if (held == by_owner_.end()) return;
  const auto block = held->second;
  by_owner_.erase(held);
  by_block_.erase(block);
  // A block that was out of step may share one of ours with a neighbour.
  for_each_overlap(block, [&](std::size_t index) {
    if (!in_use(block_at(index))) clear(index, reserved);
  });
}

void port_registry::quarantine(port_block block, time_point until) {
  quarantined_.put(block, until);
  mark(block, quarantined);
}

void port_registry::expire(time_point now) {
  while (const auto block = quarantined_.take_due(now))
    for_each_overlap(*block, [&](std::size_t index) {
      if (!any_overlaps(quarantined_.blocks(), block_at(index))) clear(index, quarantined);
    });
  while (const auto block = busy_.take_due(now))
    for_each_overlap(*block, [&](std::size_t index) { clear(index, busy); });
}

void port_registry::set_foreign_ports(const std::set<std::uint16_t>& ports) {
  for (std::size_t index = 0; index < reasons_.size(); ++index)
    if ((reasons_[index] & foreign) != 0) clear(index, foreign);
  for (const auto port : ports) {
    if (port < first_) continue;
    const auto index = static_cast<std::size_t>((port - first_) / ports_per_block);
    if (index >= reasons_.size()) break;
    set_reasons(index, reasons_[index] | foreign);
  }
}

std::optional<std::string> port_registry::holder(port_block block) const {
  const auto it = by_block_.lower_bound(lowest_overlap(block));
  if (it == by_block_.end() || !overlap(it->first, block)) return std::nullopt;
  return it->second;
}

std::optional<port_block> port_registry::block_of(const std::string& owner) const {
  const auto it = by_owner_.find(owner);
  return it == by_owner_.end() ? std::nullopt : std::optional(it->second);
}

port_block port_registry::block_at(std::size_t index) const {
  return {static_cast<std::uint16_t>(first_ + index * ports_per_block)};
}

template <class Fn>
void port_registry::for_each_overlap(port_block block, Fn fn) const {
  const int from = std::max(0, block.base - first_) / ports_per_block;
  const int last_port = block.base + ports_per_block - 1;
  for (auto index = static_cast<std::size_t>(from); index < reasons_.size(); ++index) {
    if (int{block_at(index).base} > last_port) break;
    fn(index);
  }
}

void port_registry::mark(port_block block, std::uint8_t reason) {
  for_each_overlap(block, [&](std::size_t index) { set_reasons(index, reasons_[index] | reason); });
}

void port_registry::clear(std::size_t index, std::uint8_t reason) {
  set_reasons(index, static_cast<std::uint8_t>(reasons_[index] & ~reason));
}

void port_registry::set_reasons(std::size_t index, std::uint8_t reasons) {
  const bool was_free = reasons_[index] == 0;
  const bool is_free = reasons == 0;
  reasons_[index] = reasons;
  if (was_free == is_free) return;
  free_[index / word_bits] ^= std::uint64_t{1} << (index % word_bits);
  free_count_ += is_free ? std::size_t{1} : ~std::size_t{0};
}

std::optional<std::size_t> port_registry::find_free(std::size_t from) const {
  if (free_count_ == 0) return std::nullopt;
  if (from >= reasons_.size()) from = 0;
  // Whole words, the first one twice: its upper part at first, its lower part after the wrap. The
  // largest range has 342 words, so that the worst search takes well below a microsecond.
  auto word = from / word_bits;
  auto bits = free_[word] & (~std::uint64_t{0} << (from % word_bits));
  while (bits == 0) {
    word = word + 1 == free_.size() ? 0 : word + 1;
    bits = free_[word];
  }
  return word * word_bits + static_cast<std::size_t>(std::countr_zero(bits));
}

bool port_registry::in_use(port_block block) const {
  const auto it = by_block_.lower_bound(lowest_overlap(block));
  return it != by_block_.end() && overlap(it->first, block);
}

} // namespace dockhost
