// SPDX-License-Identifier: MIT
#include "core/port_registry.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace dockhost {
namespace {

using namespace std::chrono_literals;
using time_point = port_registry::time_point;

const time_point t0{};

bool all_free(port_block) {
  return true;
}

std::uint16_t base_of(const result<port_block>& got) {
  return got.ok() ? got->base : std::uint16_t{0};
}

std::uint16_t take(port_registry& ports, const std::string& owner,
                   std::optional<std::uint16_t> hint = {}) {
  return base_of(ports.reserve(owner, hint, all_free, t0));
}

TEST(port_registry, consecutive_blocks_from_the_first) {
  port_registry ports(1024, 1032);
  EXPECT_EQ(ports.blocks_free(), 3U);
  EXPECT_EQ(take(ports, "a"), 1024);
  EXPECT_EQ(take(ports, "b"), 1027);
  EXPECT_EQ(take(ports, "c"), 1030);
  const auto none = ports.reserve("d", {}, all_free, t0);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.err().code, errc::ports_exhausted);
  EXPECT_EQ(ports.blocks_free(), 0U);
  EXPECT_EQ(ports.blocks_taken(), 3U);
  ports.release("b");
  EXPECT_EQ(take(ports, "d"), 1027);
  EXPECT_EQ(ports.reservations().size(), 3U);
}

TEST(port_registry, only_whole_blocks_within_the_range) {
  EXPECT_EQ(port_registry(1024, 1025).blocks_free(), 0U);
  EXPECT_EQ(port_registry(1024, 1026).blocks_free(), 1U);
  EXPECT_EQ(port_registry(1024, 1028).blocks_free(), 1U);
  EXPECT_EQ(port_registry(2000, 1000).blocks_free(), 0U);
  EXPECT_EQ(port_registry(0, 1000).blocks_free(), 0U);
  EXPECT_EQ(port_registry(65533, 65535).blocks_free(), 1U);
  EXPECT_EQ(port_registry(65534, 65535).blocks_free(), 0U);
  EXPECT_EQ(port_registry(1, 65535).blocks_free(), 21845U);
  port_registry top(65530, 65535);
  EXPECT_EQ(take(top, "a"), 65530);
  EXPECT_EQ(take(top, "b"), 65533);
  EXPECT_EQ(take(top, "c"), 0);
}

TEST(port_registry, an_owner_keeps_its_block) {
  port_registry ports(1024, 1100);
  EXPECT_EQ(take(ports, "a"), 1024);
  int probes = 0;
  const auto again = ports.reserve(
      "a", 1060, [&](port_block) { return ++probes, false; }, t0);
  EXPECT_EQ(base_of(again), 1024);
  EXPECT_EQ(probes, 0);
  EXPECT_EQ(ports.holder({1026}), "a");
  EXPECT_EQ(ports.block_of("a"), port_block{1024});
  ports.release("a");
  ports.release("a");
  EXPECT_EQ(ports.holder({1026}), std::nullopt);
  EXPECT_EQ(ports.block_of("a"), std::nullopt);
}

TEST(port_registry, hint_is_where_to_look_first) {
  const struct {
    std::optional<std::uint16_t> hint;
    std::uint16_t expected;
  } rows[] = {{1024, 1024}, {1025, 1027}, {1026, 1027}, {1027, 1027}, {1051, 1051},  {1052, 1024},
              {1053, 1024}, {1054, 1024}, {1023, 1024}, {0, 1024},    {65535, 1024}, {{}, 1024}};
  for (const auto& r : rows) {
    port_registry ports(1024, 1053); // ten blocks, the last at 1051
    EXPECT_EQ(take(ports, "a", r.hint), r.expected) << r.hint.value_or(1);
  }
}

TEST(port_registry, many_with_one_hint_get_distinct_blocks) {
  port_registry ports(1024, 1173);
  std::set<std::uint16_t> bases;
  for (int i = 0; i < 50; ++i)
    bases.insert(take(ports, std::to_string(i), 1090));
  EXPECT_EQ(bases.size(), 50U);
  EXPECT_FALSE(bases.contains(0));
}

TEST(port_registry, search_goes_on_after_the_last_block_given_out) {
  port_registry ports(1024, 1100);
  EXPECT_EQ(take(ports, "a", 1060), 1060);
  EXPECT_EQ(take(ports, "b"), 1063);
  ports.release("a");
  EXPECT_EQ(take(ports, "c"), 1066);
}

TEST(port_registry, trouble_row_block_that_another_process_holds) {
  port_registry ports(1024, 1100, 5s);
  int probes = 0;
  const auto taken_below_1030 = [&](port_block b) { return ++probes, b.base >= 1030; };
  EXPECT_EQ(base_of(ports.reserve("a", 1024, taken_below_1030, t0)), 1030);
  EXPECT_EQ(probes, 3);
  EXPECT_EQ(base_of(ports.reserve("b", 1024, taken_below_1030, t0 + 4s)), 1033);
  EXPECT_EQ(probes, 4) << "the busy blocks were probed again at once";
  EXPECT_EQ(base_of(ports.reserve("c", 1024, all_free, t0 + 5s)), 1024);
}

TEST(port_registry, probes_are_bounded) {
  port_registry ports(1024, 60000);
  int probes = 0;
  const auto never = [&](port_block) { return ++probes, false; };
  EXPECT_EQ(ports.reserve("a", {}, never, t0, 7).err().code, errc::ports_exhausted);
  EXPECT_EQ(probes, 7);
  EXPECT_EQ(take(ports, "a"), 1045);
  port_registry few(1024, 1032);
  EXPECT_FALSE(few.reserve("a", {}, never, t0).ok());
  EXPECT_EQ(probes, 10);
}

TEST(port_registry, adopts_blocks_of_another_range) {
  port_registry ports(1024, 1041);
  EXPECT_TRUE(ports.adopt("below", {1022}));   // takes 1024
  EXPECT_TRUE(ports.adopt("between", {1028})); // over two of our blocks
  EXPECT_TRUE(ports.adopt("far", {40000}));
  EXPECT_TRUE(ports.adopt("edge", {1041}));
  EXPECT_TRUE(ports.adopt("top", {65533}));
  EXPECT_EQ(ports.blocks_free(), 2U);
  EXPECT_EQ(take(ports, "a"), 1033);
  EXPECT_EQ(take(ports, "b"), 1036);
  EXPECT_EQ(take(ports, "c"), 0);
  ports.release("between");
  EXPECT_EQ(take(ports, "c"), 1027);
  EXPECT_EQ(take(ports, "d"), 1030);
}

TEST(port_registry, releasing_one_neighbour_leaves_the_shared_block_taken) {
  port_registry ports(1024, 1026);
  EXPECT_TRUE(ports.adopt("low", {1022}));
  EXPECT_TRUE(ports.adopt("high", {1025}));
  ports.release("low");
  EXPECT_EQ(ports.blocks_free(), 0U);
  ports.release("high");
  EXPECT_EQ(ports.blocks_free(), 1U);
}

TEST(port_registry, adoption_never_shares_a_port) {
  port_registry ports(1024, 1100);
  EXPECT_TRUE(ports.adopt("a", {1030}));
  EXPECT_TRUE(ports.adopt("a", {1030}));
  EXPECT_FALSE(ports.adopt("a", {1033}));
  for (std::uint16_t base = 1028; base <= 1032; ++base)
    EXPECT_FALSE(ports.adopt("b", {base})) << base;
  EXPECT_EQ(ports.holder({1028}), "a");
  EXPECT_FALSE(ports.holder({1027}));
  EXPECT_TRUE(ports.adopt("b", {1027}));
  EXPECT_TRUE(ports.adopt("c", {1033}));
  EXPECT_FALSE(ports.adopt("d", {0}));
  EXPECT_FALSE(ports.adopt("d", {65534}));
  EXPECT_EQ(ports.reservations().size(), 3U);
}

TEST(port_registry, foreign_ports_are_replaced_as_a_whole) {
  port_registry ports(1024, 1032);
  ports.set_foreign_ports({80, 1026, 1028, 60000});
  EXPECT_EQ(ports.blocks_free(), 1U);
  EXPECT_EQ(take(ports, "a"), 1030);
  ports.set_foreign_ports({1026});
  EXPECT_EQ(take(ports, "b"), 1027);
  EXPECT_EQ(take(ports, "c"), 0);
  ports.set_foreign_ports({1030}); // where "a" is: stays its own
  EXPECT_EQ(take(ports, "c"), 1024);
  ports.release("a");
  EXPECT_EQ(ports.blocks_free(), 0U);
}

TEST(port_registry, quarantine_ends_with_time) {
  port_registry ports(1024, 1029);
  ports.quarantine({1026}, t0 + 10s); // out of step: over both blocks
  EXPECT_EQ(ports.blocks_free(), 0U);
  ports.quarantine({1024}, t0 + 20s);
  ports.quarantine({1024}, t0 + 15s);
  ports.expire(t0 + 9s);
  EXPECT_EQ(ports.blocks_free(), 0U);
  ports.expire(t0 + 10s);
  EXPECT_EQ(ports.blocks_free(), 1U);
  EXPECT_EQ(base_of(ports.reserve("a", 1024, all_free, t0 + 19s)), 1027);
  EXPECT_EQ(base_of(ports.reserve("b", 1024, all_free, t0 + 20s)), 1024);
  ports.quarantine({1024}, t0 + 30s);
  EXPECT_EQ(ports.holder({1024}), "b");
  ports.release("b");
  EXPECT_FALSE(ports.reserve("c", {}, all_free, t0 + 29s).ok());
}

/// The same rules said in the most obvious way, port by port.
class model {
public:
  model(int first, int last) : first_(first), last_(last) {}

  bool is_free(int base) const {
    for (int port = base; port < base + 3; ++port)
      if (reserved.contains(port) || foreign.contains(static_cast<std::uint16_t>(port)) ||
          held_back(quarantined, port) || held_back(busy, port))
        return false;
    return true;
  }

  std::vector<int> blocks() const {
    std::vector<int> out;
    for (int base = first_; base + 2 <= last_; base += 3)
      out.push_back(base);
    return out;
  }

  int reserve(const std::string& owner, std::optional<std::uint16_t> hint,
              const std::set<int>& listening, time_point now) {
    if (owners.contains(owner)) return owners[owner];
    expire(now);
    const auto all = blocks();
    std::size_t from = 0;
    int look = cursor_;
    if (hint && *hint >= first_ && *hint < first_ + 3 * static_cast<int>(all.size())) look = *hint;
    while (from < all.size() && all[from] < look)
      ++from;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const int base = all[(from + i) % all.size()];
      if (!is_free(base)) continue;
      if (listening.contains(base) || listening.contains(base + 1) ||
          listening.contains(base + 2)) {
        busy[base] = now + 5s;
        continue;
      }
      cursor_ = base + 3;
      hold(owner, base);
      return base;
    }
    return 0;
  }

  bool adopt(const std::string& owner, int base) {
    if (base < 1 || base > 65533) return false;
    if (owners.contains(owner)) return owners[owner] == base;
    for (int port = base; port < base + 3; ++port)
      if (reserved.contains(port)) return false;
    hold(owner, base);
    return true;
  }

  void release(const std::string& owner) {
    if (!owners.contains(owner)) return;
    for (int i = 0; i < 3; ++i)
      reserved.erase(owners[owner] + i);
    owners.erase(owner);
  }

  void expire(time_point now) {
    std::erase_if(quarantined, [&](const auto& q) { return q.second <= now; });
    std::erase_if(busy, [&](const auto& b) { return b.second <= now; });
  }

  std::map<int, std::string> reserved; ///< by port
  std::map<std::string, int> owners;
  std::set<std::uint16_t> foreign;
  std::map<int, time_point> quarantined; ///< by base
  std::map<int, time_point> busy;

private:
  static bool held_back(const std::map<int, time_point>& blocks, int port) {
    for (int base = port - 2; base <= port; ++base)
      if (blocks.contains(base)) return true;
    return false;
  }

  void hold(const std::string& owner, int base) {
    owners[owner] = base;
    for (int i = 0; i < 3; ++i)
      reserved[base + i] = owner;
  }

  int first_;
  int last_;
  int cursor_ = 0;
};

TEST(port_registry, a_million_random_operations_agree_with_the_model) {
  const char* given = std::getenv("DOCKHOST_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                     : std::random_device{}();
  std::printf("seed %u (set DOCKHOST_TEST_SEED to repeat)\n", seed);
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };

  for (int world = 0; world < 20; ++world) {
    const int first = 1024 + below(100);
    const int last = first + below(500);
    port_registry ports(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last));
    model expected(first, last);
    std::set<int> listening;
    auto now = t0;
    const auto near_range = [&] { return first - 6 + below(last - first + 12); };
    const auto some_owner = [&] { return "user" + std::to_string(below(200)); };
    std::size_t reserves = 0;
    for (int op = 0; op < 50'000; ++op) {
      const auto owner = some_owner();
      switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const auto hint =
            below(2) == 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(near_range()));
        const auto probe = [&](port_block b) {
          return !listening.contains(b.base) && !listening.contains(b.base + 1) &&
                 !listening.contains(b.base + 2);
        };
        const auto got = ports.reserve(owner, hint, probe, now);
        ASSERT_EQ(int{base_of(got)}, expected.reserve(owner, hint, listening, now));
        reserves += got.ok() ? 1 : 0;
        break;
      }
      case 4: {
        const auto base = near_range();
        ASSERT_EQ(ports.adopt(owner, {static_cast<std::uint16_t>(base)}),
                  expected.adopt(owner, base));
        break;
      }
      case 5: {
        const auto base = near_range();
        const auto until = now + std::chrono::seconds(below(20));
        ports.quarantine({static_cast<std::uint16_t>(base)}, until);
        expected.quarantined[base] = std::max(expected.quarantined[base], until);
        break;
      }
      case 6:
        if (below(20) == 0) {
          expected.foreign.clear();
          for (int i = below(10); i > 0; --i)
            expected.foreign.insert(static_cast<std::uint16_t>(near_range()));
          ports.set_foreign_ports(expected.foreign);
        }
        break;
      case 7:
        now += std::chrono::milliseconds(below(3000));
        ports.expire(now);
        expected.expire(now);
        break;
      case 8:
        if (!listening.insert(near_range()).second || listening.size() > 15) listening.clear();
        break;
      default:
        ports.release(owner);
        expected.release(owner);
        break;
      }
      if (op % 64 != 0) continue;
      ASSERT_EQ(ports.reservations().size(), expected.owners.size());
      for (const auto& [block, holder] : ports.reservations()) {
        ASSERT_EQ(expected.owners.at(holder), int{block.base});
        ASSERT_EQ(ports.holder(block), holder);
        ASSERT_EQ(ports.block_of(holder), block);
      }
      std::size_t free = 0;
      for (const int base : expected.blocks())
        free += expected.is_free(base) ? 1 : 0;
      ASSERT_EQ(ports.blocks_free(), free);
      ASSERT_EQ(ports.blocks_taken(), expected.blocks().size() - free);
    }
    if (last - first > 50) {
      EXPECT_GT(reserves, 100U) << "the run tried nothing";
    }
  }
}

} // namespace
} // namespace dockhost
