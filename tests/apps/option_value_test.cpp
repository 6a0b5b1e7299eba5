// SPDX-License-Identifier: MIT
#include "apps/nearest.hpp"
#include "apps/option_value.hpp"
#include "apps/options.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

using namespace std::chrono_literals;

TEST(duration, is_read_with_its_unit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("7"), 7s);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(duration, refuses_everything_else) {
  for (const char* wrong : {"", "s", "-1s", "+1s", "1 s", "1x", "1S", "0.5ms", "1e3s", "inf", "nan",
                            "0x10s", "99999999999d", "1s "}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(size, is_read_with_its_unit) {
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("4k"), 4096);
  EXPECT_EQ(parse_size("16MiB"), 16 * 1024 * 1024);
  EXPECT_EQ(parse_size("16MB"), 16 * 1024 * 1024);
  EXPECT_EQ(parse_size("1g"), 1 << 30);
  EXPECT_EQ(parse_size("0.5M"), 512 * 1024);
  for (const char* wrong : {"", "k", "-1", "1t", "1 M", "1Mi", "1MiBs", "9999999999g", "0.3"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
}

TEST(duration_and_size, texts_are_read_back) {
  for (const auto each : {0ms, 1ms, 999ms, 1000ms, 1500ms, 20'000ms, 240'000ms, 600'000ms,
                          3'600'000ms, 86'400'000ms}) {
    EXPECT_EQ(parse_duration(format_duration(each)), each) << format_duration(each);
  }
  EXPECT_EQ(format_duration(20s), "20s");
  EXPECT_EQ(format_duration(10min), "10m");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  for (const std::int64_t each : {0L, 1L, 1023L, 1024L, 16L << 20, 5L << 30}) {
    EXPECT_EQ(parse_size(format_size(each)), each) << format_size(each);
  }
  EXPECT_EQ(format_size(16 << 20), "16MiB");
}

std::string assigned(std::string_view name, const raw_value& raw, settings& s) {
  const auto* which = find_option(name);
  return assign(which->where, which->bytes, raw, s).value_or("ok");
}

TEST(option_value, says_what_was_expected) {
  settings s;
  EXPECT_EQ(assigned("server.url", std::int64_t{1}, s), "expected a text in quotes");
  EXPECT_EQ(assigned("server.tls_verify", std::string("yes"), s), "expected true or false");
  EXPECT_EQ(assigned("ports.first", std::string("3000"), s), "expected a whole number");
  EXPECT_EQ(assigned("ports.first", 3000.0, s), "expected a whole number");
  EXPECT_EQ(assigned("containers.cpus", true, s), "expected a number");
  EXPECT_EQ(assigned("containers.pull", std::string("sometimes"), s),
            "expected one of: missing, always, never");
  EXPECT_EQ(assigned("server.max_payload", std::string("big"), s),
            "expected a size such as \"16MiB\", or a number of bytes");
  EXPECT_NE(assigned("deadlines.query", std::string("fast"), s).find("\"500ms\""),
            std::string::npos);
  EXPECT_NE(assigned("containers.stop_grace", std::string("500ms"), s).find("whole seconds"),
            std::string::npos);
  EXPECT_NE(assigned("journal.keep", std::string("90s"), s).find("whole minutes"),
            std::string::npos);
  EXPECT_EQ(assigned("deadlines.query", -1.0, s).substr(0, 8), "expected");
  EXPECT_EQ(assigned("deadlines.query", 0.0005, s).substr(0, 8), "expected");
  EXPECT_EQ(toml_text(find_option("ports.first")->where, false, s), "1024") << "unchanged";
}

TEST(option_value, takes_each_kind) {
  settings s;
  EXPECT_EQ(assigned("containers.cpus", std::int64_t{2}, s), "ok");
  EXPECT_EQ(s.containers.cpus, 2.0);
  EXPECT_EQ(assigned("deadlines.query", 0.25, s), "ok");
  EXPECT_EQ(s.deadlines.query, 250ms);
  EXPECT_EQ(assigned("deadlines.create", std::int64_t{30}, s), "ok");
  EXPECT_EQ(s.deadlines.create, 30s);
  EXPECT_EQ(assigned("journal.keep", std::string("2h"), s), "ok");
  EXPECT_EQ(s.journal.keep, 120min);
  EXPECT_EQ(assigned("server.max_payload", std::string("1MiB"), s), "ok");
  EXPECT_EQ(s.server.max_payload, 1 << 20);
  EXPECT_EQ(assigned("engine.kind", std::string("cli"), s), "ok");
  EXPECT_EQ(s.engine.kind, engine_kind::cli);
}

TEST(option_value, texts_are_converted_by_the_options_type) {
  settings s;
  const auto set = [&](std::string_view name, std::string_view text) {
    const auto* which = find_option(name);
    return !assign_text(which->where, which->bytes, text, s);
  };
  EXPECT_TRUE(set("server.tls_verify", "false"));
  EXPECT_FALSE(s.server.tls_verify);
  EXPECT_TRUE(set("server.tls_verify", "1"));
  EXPECT_TRUE(s.server.tls_verify);
  EXPECT_FALSE(set("server.tls_verify", "maybe"));
  EXPECT_TRUE(set("ports.first", "3000"));
  EXPECT_EQ(s.ports.first, 3000);
  EXPECT_FALSE(set("ports.first", "3000x"));
  EXPECT_FALSE(set("ports.first", ""));
  EXPECT_TRUE(set("containers.cpus", "1.5"));
  EXPECT_FALSE(set("containers.cpus", "nan"));
  EXPECT_TRUE(set("server.url", "123")) << "a text that looks like a number stays a text";
  EXPECT_EQ(s.server.url, "123");
  EXPECT_TRUE(set("containers.name_prefix", ""));
  EXPECT_TRUE(set("deadlines.query", "2"));
  EXPECT_EQ(s.deadlines.query, 2s);
}

TEST(options, names_are_distinct_and_sections_stand_together) {
  std::set<std::string_view> names;
  std::set<std::string_view> closed;
  std::string_view section;
  for (const auto& each : options()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    if (each.section() != section) {
      EXPECT_TRUE(closed.insert(each.section()).second) << each.section();
      section = each.section();
    }
    EXPECT_FALSE(each.help.empty()) << each.name;
    EXPECT_LE(each.help.size(), 98U) << each.name;
  }
}

TEST(options, every_option_reaches_a_member_of_its_own) {
  // Changing one option must change what that option gives back, and nothing else.
  for (const auto& each : options()) {
    settings changed;
    const raw_value other[] = {std::string("other"),
                               std::string("cli"),
                               std::string("always"),
                               std::string("json"),
                               std::string("operator"),
                               std::vector<std::string>{"one", "two"},
                               !toml_text(each.where, each.bytes, {}).starts_with("t"),
                               std::int64_t{7'200'000},
                               0.125};
    const auto before = toml_text(each.where, each.bytes, changed);
    for (const auto& raw : other) {
      if (!assign(each.where, each.bytes, raw, changed)) break;
    }
    EXPECT_NE(toml_text(each.where, each.bytes, changed), before) << each.name;
    for (const auto& another : options()) {
      if (another.name == each.name) continue;
      EXPECT_EQ(toml_text(another.where, another.bytes, changed),
                toml_text(another.where, another.bytes, {}))
          << each.name << " reaches " << another.name;
    }
  }
}

TEST(options, variable_names) {
  EXPECT_EQ(variable_name(*find_option("server.url")), "DOCKHOST_SERVER__URL");
  EXPECT_EQ(variable_name(*find_option("containers.memory_mb")), "DOCKHOST_CONTAINERS__MEMORY_MB");
}

TEST(nearest_name, finds_slips) {
  EXPECT_EQ(nearest_name("server.ur"), "server.url");
  EXPECT_EQ(nearest_name("containers.memory"), "containers.memory_mb");
  EXPECT_EQ(nearest_name("sever"), "server");
  EXPECT_EQ(nearest_name("port"), "ports");
  EXPECT_EQ(nearest_name("engine.image"), "engine.kind") << "near is near";
  EXPECT_EQ(nearest_name("log.state_dir"), "node.state_dir") << "right key, wrong section";
  EXPECT_EQ(nearest_name("server.quantum_flux"), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'x')), "");
}

TEST(edit_distance, counts) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

} // namespace
} // namespace dockhost::apps
