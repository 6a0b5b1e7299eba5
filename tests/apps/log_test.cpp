// SPDX-License-Identifier: MIT
// How lines look, and what really goes to stderr.
#include "apps/log.hpp"
#include "apps/log_format.hpp"
#include "json/json.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

using namespace platform;
using ::testing::HasSubstr;
using ::testing::Not;

log_record record() {
  log_record r;
  r.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  r.level = log_level::warn;
  r.component = "connection";
  r.event_id = "connection.refused";
  r.message = "the server refused the key";
  r.fields = {{"url", "ws://h"}, {"reason", "two words"}, {"empty", ""}, {"eq", "a=b"}};
  return r;
}

TEST(log_format, plain) {
  EXPECT_EQ(plain_line(record()), "warn connection connection.refused: the server refused the key "
                                  "url=ws://h reason=\"two words\" empty=\"\" eq=\"a=b\"");
  auto repeated = record();
  repeated.fields.clear();
  repeated.repeated = 1;
  EXPECT_THAT(plain_line(repeated), HasSubstr("the key (1 time more)"));
}

TEST(log_format, terminal_is_aligned_and_coloured_only_when_asked) {
  auto r = record();
  r.component = "net";
  r.fields.resize(1);
  EXPECT_EQ(terminal_line(r, false),
            "net        the server refused the key url=ws://h  [connection.refused]");
  EXPECT_EQ(terminal_line(r, true), "net        the server refused the key\x1b[2m url=ws://h  "
                                    "[connection.refused]\x1b[0m");
}

TEST(log_format, json) {
  EXPECT_EQ(json_line(record()),
            R"({"time":"2023-11-14T22:13:20.042Z","level":"warn","component":"connection",)"
            R"("event":"connection.refused","message":"the server refused the key",)"
            R"("fields":{"url":"ws://h","reason":"two words","empty":"","eq":"a=b"}})");
  auto repeated = record();
  repeated.fields.clear();
  repeated.repeated = 3;
  EXPECT_THAT(json_line(repeated), HasSubstr(R"("repeated":3})"));
}

/// What comes out at stderr (no terminal here) while `body` logs.
template <class Body>
std::string logged(const settings& values, std::string_view debug, Body body) {
  ::testing::internal::CaptureStderr();
  start_log(values, debug);
  body();
  stop_log();
  return ::testing::internal::GetCapturedStderr();
}

TEST(log_output, text_has_iso_time_and_level) {
  const auto out = logged({}, "", [] {
    platform::log(log_level::info, "node", "node.ready", "ready", {{"containers", "3"}});
    platform::log(log_level::debug, "node", "node.detail", "unseen");
  });
  // Digits of the time become 0, the offset's sign a plus.
  std::string form = out.substr(0, out.find(' '));
  for (char& c : form) {
    c = c >= '0' && c <= '9' ? '0' : c;
  }
  form.at(form.size() - 6) = '+';
  EXPECT_EQ(form, "0000-00-00T00:00:00.000+00:00");
  EXPECT_EQ(out.substr(out.find(' ')), " info node node.ready: ready containers=3\n");
}

TEST(log_output, json_lines_parse) {
  settings values;
  values.log.format = log_format::json;
  const auto out = logged(values, "", [] {
    platform::log(log_level::error, "router", "e", "a \"quoted\" {} %v\nline", {{"user", "{}"}});
  });
  const auto line = json::parse(out.substr(0, out.find('\n')));
  ASSERT_TRUE(line) << out;
  EXPECT_EQ(*line->find("message")->as_string(), "a \"quoted\" {} %v\\nline");
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(log_output, debug_variable_and_level) {
  settings values;
  values.log.level = "error";
  const auto out = logged(values, "dockhost:connection", [] {
    platform::log(log_level::debug, "connection", "e", "raised");
    platform::log(log_level::warn, "router", "e", "dropped");
  });
  EXPECT_THAT(out, HasSubstr("raised"));
  EXPECT_THAT(out, Not(HasSubstr("dropped")));
}

TEST(log_output, the_api_key_never_appears_in_a_log) {
  for (const auto format : {log_format::text, log_format::json}) {
    settings values;
    values.server.api_key = "eyJhbGciOi.VERYSECRETPART.c2lnbmF0dXJl";
    values.log.format = format;
    values.log.level = "trace";
    const auto out = logged(values, "*", [&] {
      platform::log(log_level::debug, "connection", "e", "CONNECT " + values.server.api_key,
                    {{"payload", R"({"DOCKHOST_API_KEY":")" + values.server.api_key + "\"}"}});
    });
    EXPECT_THAT(out, HasSubstr("CONNECT ***"));
    EXPECT_THAT(out, Not(HasSubstr("SECRET")));
  }
}

} // namespace
} // namespace dockhost::apps
