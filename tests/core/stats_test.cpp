// SPDX-License-Identifier: MIT
#include "core/stats.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dockhost {
namespace {

constexpr std::int64_t ms = 1'000'000;

container_usage look(std::int64_t cpu_ms, std::int64_t at_ms) {
  container_usage out;
  out.cpu_ns = cpu_ms * ms;
  out.clock_ns = at_ms * ms;
  return out;
}

TEST(cpu_meter, percent_of_one_core_between_two_looks) {
  struct row {
    const char* what;
    std::int64_t cpu_ms, at_ms;
    std::optional<double> percent;
  };
  cpu_meter meter;
  for (const row& r : {
           row{"the first look", 5'000, 1'000, std::nullopt},
           row{"half a core", 5'500, 2'000, 50.0},
           row{"idle", 5'500, 3'000, 0.0},
           row{"two cores", 7'500, 4'000, 200.0},
           row{"too soon: as before", 7'540, 4'040, 200.0},
           row{"and the time until then counts with the next", 8'000, 5'000, 50.0},
           row{"the very same look", 8'000, 5'000, 50.0},
           row{"a counter that went back", 100, 6'000, std::nullopt},
           row{"and on from there", 350, 7'000, 25.0},
           row{"a clock that went back", 400, 3'000, std::nullopt},
           row{"and on from there", 500, 4'000, 10.0},
       }) {
    const auto percent = meter.update(look(r.cpu_ms, r.at_ms));
    ASSERT_EQ(percent.has_value(), r.percent.has_value()) << r.what;
    if (percent) {
      EXPECT_DOUBLE_EQ(*percent, *r.percent) << r.what;
    }
  }
}

TEST(cpu_meter, a_figure_that_is_told_ready_is_taken) {
  cpu_meter meter;
  container_usage told;
  told.cpu_percent = 12.5;
  EXPECT_EQ(meter.update(told), 12.5);
  EXPECT_EQ(meter.update(look(1, 1'000)), std::nullopt); // counters begin
  EXPECT_EQ(meter.update(look(2, 1'010)), std::nullopt);
  EXPECT_EQ(meter.update(container_usage{}), std::nullopt);
  EXPECT_EQ(meter.update(look(1'000, 2'000)), std::nullopt); // after a look that knew nothing
}

TEST(memory_in_use, leaves_the_inactive_page_cache_out) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(memory_in_use(100, 30), 70);
  EXPECT_EQ(memory_in_use(100, 0), 100);
  EXPECT_EQ(memory_in_use(100, 130), 0); // the two files are not read in the same moment
  EXPECT_EQ(memory_in_use(100, -5), 100);
  EXPECT_EQ(memory_in_use(0, most), 0);
  EXPECT_EQ(memory_in_use(most, 0), most);
  EXPECT_EQ(memory_in_use(-3, 2), 0);
}

} // namespace
} // namespace dockhost
