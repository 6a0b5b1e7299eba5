// SPDX-License-Identifier: MIT
#include "core/log_pace.hpp"
#include "core/log_severity.hpp"
#include "core/log_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dockhost {
namespace {

using namespace std::chrono_literals;

std::string json_text(std::string_view bytes) {
  std::string out;
  append_json_text(out, bytes);
  return out;
}
std::string utf8(std::string_view bytes) {
  std::string out;
  append_utf8(out, bytes);
  return out;
}

TEST(log_text, json_escapes_what_it_must_at_every_offset) {
  const std::pair<std::string, std::string> cases[] = {
      {"\"", "\\\""},
      {"\\", "\\\\"},
      {"\n", "\\n"},
      {"\t", "\\t"},
      {"\r", "\\r"},
      {"\x1b", "\\u001b"},
      {std::string(1, '\0'), "\\u0000"},
      {"\x7f", "\x7f"},
      {"\xc3\xa4", "\xc3\xa4"},
      {"\xff", "\xef\xbf\xbd"},
      {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}};
  for (std::size_t offset = 0; offset < 20; ++offset)
    for (const auto& [in, out] : cases) {
      const std::string before(offset, ' '), after = "after it more";
      EXPECT_EQ(json_text(before + in + after), before + out + after) << offset << " " << out;
    }
  EXPECT_EQ(json_text(""), "");
}

TEST(log_text, utf8_keeps_control_characters_and_replaces_what_is_none) {
  EXPECT_EQ(utf8("a\x1b[31m\"\\\t"), "a\x1b[31m\"\\\t");
  EXPECT_EQ(utf8("0123456789\xc3"), "0123456789\xef\xbf\xbd");
  EXPECT_EQ(utf8("\xc3\xa4\xff\xc3\xa4"), "\xc3\xa4\xef\xbf\xbd\xc3\xa4");
}

TEST(log_severity, is_found_where_programs_say_it) {
  const auto of = [](std::string_view text) -> std::string {
    const auto found = severity_of(text);
    if (!found) return "none";
    switch (*found) {
    case log_severity::debug: return "debug";
    case log_severity::info: return "info";
    case log_severity::warn: return "warn";
    case log_severity::error: return "error";
    }
    return "?";
  };
  EXPECT_EQ(of("time=x level=warning msg=\"an error\""), "warn");
  EXPECT_EQ(of(R"({"level":"error","msg":"x"})"), "error");
  EXPECT_EQ(of(R"({"time":1,"severity": "INFO"})"), "info");
  EXPECT_EQ(of(R"({"level":30,"msg":"pino"})"), "info");
  EXPECT_EQ(of("2026-01-01 12:00:00 ERROR it broke"), "error");
  EXPECT_EQ(of("[WARN] x"), "warn");
  EXPECT_EQ(of("\x1b[31mERROR\x1b[0m x"), "error");
  EXPECT_EQ(of("E0102 15:04:05.000000 1 f.go:1] x"), "error");
  EXPECT_EQ(of("I0102 15:04:05.000000 1 f.go:1] x"), "info");
  EXPECT_EQ(of("error: no such file"), "error");
  EXPECT_EQ(of("[debug] x"), "debug");
  EXPECT_EQ(of("there was no error here"), "none");
  EXPECT_EQ(of("TERROR and ERRORS"), "none");
  EXPECT_EQ(of("levels=error"), "none");
  EXPECT_EQ(of(std::string(240, ' ') + "ERROR"), "none");
  EXPECT_EQ(of(""), "none");
  EXPECT_EQ(of("\x1b["), "none");
  EXPECT_EQ(severity_word("Warning"), log_severity::warn);
  EXPECT_EQ(severity_word("loud"), std::nullopt);
}

TEST(log_batcher, the_first_line_after_a_silence_does_not_wait) {
  const log_batcher::time_point start{1h};
  log_batcher batch;
  EXPECT_FALSE(batch.ready(start));
  EXPECT_FALSE(batch.due().has_value());
  batch.add(10, start);
  EXPECT_TRUE(batch.ready(start));
  batch.flushed(start);
  batch.add(10, start + 5ms);
  EXPECT_FALSE(batch.ready(start + 19ms));
  EXPECT_EQ(batch.due(), start + 20ms);
  EXPECT_TRUE(batch.ready(start + 20ms));
  batch.add(64 * 1024, start + 6ms);
  EXPECT_TRUE(batch.ready(start + 6ms));
  batch.flushed(start + 6ms);
  batch.add(1, start + 40ms);
  EXPECT_TRUE(batch.ready(start + 40ms));
}

TEST(log_allowance, tells_once_what_was_missed_when_half_is_free) {
  log_allowance a(1'000);
  EXPECT_FALSE(a.behind());
  EXPECT_TRUE(a.wants_more(249));
  EXPECT_FALSE(a.wants_more(250));
  a.missed(2, 20);
  a.missed(1, 5);
  EXPECT_TRUE(a.behind());
  EXPECT_FALSE(a.recovered(501));
  EXPECT_TRUE(a.recovered(500));
  const auto loss = a.take();
  EXPECT_EQ(loss.lines, 3U);
  EXPECT_EQ(loss.bytes, 25U);
  EXPECT_FALSE(a.behind());
  EXPECT_FALSE(static_cast<bool>(a.take()));
}

} // namespace
} // namespace dockhost
