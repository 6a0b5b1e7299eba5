// SPDX-License-Identifier: MIT
#include "core/metrics.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dockhost {
namespace {

using namespace std::chrono_literals;

TEST(metrics_text, writes_families_and_values) {
  metrics_text out;
  out.family("a_total", metric_kind::counter, "What a is.");
  out.value({}, std::uint64_t{7});
  out.value({{"kind", "x"}, {"outcome", "ok"}}, std::uint64_t{18'446'744'073'709'551'615U});
  out.single("b_bytes", metric_kind::gauge, "b", std::int64_t{-3});
  EXPECT_EQ(out.take(), "# HELP a_total What a is.\n"
                        "# TYPE a_total counter\n"
                        "a_total 7\n"
                        "a_total{kind=\"x\",outcome=\"ok\"} 18446744073709551615\n"
                        "# HELP b_bytes b\n"
                        "# TYPE b_bytes gauge\n"
                        "b_bytes -3\n");
}

TEST(metrics_text, escapes_what_would_break_a_line) {
  metrics_text out;
  out.family("a", metric_kind::gauge, "one\\two\nthree \"four\"");
  out.value({{"l", "a\\b\"c\nd\xC3\xA9"}}, std::int64_t{1});
  EXPECT_EQ(out.take(), "# HELP a one\\\\two\\nthree \"four\"\n"
                        "# TYPE a gauge\n"
                        "a{l=\"a\\\\b\\\"c\\nd\xC3\xA9\"} 1\n");
}

TEST(metrics_text, writes_fractions_and_what_is_no_number) {
  const struct {
    double value;
    const char* text;
  } rows[] = {
      {0, "0"},
      {0.25, "0.25"},
      {1'500, "1500"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& row : rows) {
    metrics_text out;
    out.family("a", metric_kind::gauge, "a");
    out.value({}, row.value);
    const auto text = out.take();
    EXPECT_TRUE(text.ends_with("\na " + std::string(row.text) + "\n")) << text;
  }
}

TEST(metrics_text, histogram_is_cumulative_and_whole) {
  duration_histogram h;
  h.observe(1ms);       // on the bound: in it
  h.observe(1ms + 1ns); // just over it
  h.observe(0s);
  h.observe(-5s); // a clock that went back
  h.observe(1h);
  metrics_text out;
  out.family("t_seconds", metric_kind::histogram, "t");
  out.value({{"k", "v"}}, h.read());
  const auto text = out.take();
  for (const auto* line : {
           "t_seconds_bucket{k=\"v\",le=\"0.001\"} 3\n",
           "t_seconds_bucket{k=\"v\",le=\"0.0025\"} 4\n",
           "t_seconds_bucket{k=\"v\",le=\"300\"} 4\n",
           "t_seconds_bucket{k=\"v\",le=\"+Inf\"} 5\n",
           "t_seconds_sum{k=\"v\"} 3600.002000001\n",
           "t_seconds_count{k=\"v\"} 5\n",
       })
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(metric_counter, only_grows) {
  metric_counter c;
  c.add();
  c.add(4);
  EXPECT_EQ(c.value(), 5U);
  metric_gauge g;
  g.add(2);
  g.add(-3);
  EXPECT_EQ(g.value(), -1);
}

} // namespace
} // namespace dockhost
