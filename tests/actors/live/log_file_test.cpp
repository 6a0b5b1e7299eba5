// SPDX-License-Identifier: MIT
#include "actors/live/log_file.hpp"
#include "actors/live/log_query.hpp"

#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

log_line line_of(std::string_view text, log_channel channel = log_channel::out) {
  return {channel, 1, "2026-01-02T03:04:05.000000006Z", text};
}

std::string file_of(log_file_format format, bool timestamps, bool with_lines = true) {
  log_file_writer file(format, timestamps);
  if (with_lines) {
    file.line(line_of("one \"1\" \xC3\xA9 \xFF"));
    file.line(line_of("two", log_channel::err));
    file.cut(log_channel::err, 7);
  }
  file.end();
  return file.take();
}

TEST(log_file, is_written_in_each_format) {
  EXPECT_EQ(file_of(log_file_format::text, true),
            "2026-01-02T03:04:05.000000006Z one \"1\" \xC3\xA9 \xEF\xBF\xBD\n"
            "2026-01-02T03:04:05.000000006Z two\n"
            "[7 bytes of the line above are left out]\n");
  EXPECT_EQ(file_of(log_file_format::text, false),
            "one \"1\" \xC3\xA9 \xEF\xBF\xBD\ntwo\n[7 bytes of the line above are left out]\n");
  EXPECT_EQ(file_of(log_file_format::json, true),
            "[\n"
            R"({"time":"2026-01-02T03:04:05.000000006Z","stream":"stdout","log":"one \"1\" é )"
            "\xEF\xBF\xBD\"},\n"
            R"({"time":"2026-01-02T03:04:05.000000006Z","stream":"stderr","log":"two"},)"
            "\n"
            R"({"stream":"stderr","cut_bytes":7})"
            "\n]\n");
  EXPECT_EQ(file_of(log_file_format::ndjson, false), R"({"stream":"stdout","log":"one \"1\" é )"
                                                     "\xEF\xBF\xBD\"}\n"
                                                     R"({"stream":"stderr","log":"two"})"
                                                     "\n"
                                                     R"({"stream":"stderr","cut_bytes":7})"
                                                     "\n");
}

TEST(log_file, may_be_empty) {
  EXPECT_EQ(file_of(log_file_format::text, true, false), "");
  EXPECT_EQ(file_of(log_file_format::json, true, false), "[]\n");
  EXPECT_EQ(file_of(log_file_format::ndjson, true, false), "");
}

TEST(log_query, knows_its_path) {
  EXPECT_EQ(logs_path("/api/containers/web/logs"), "web");
  for (const auto* path : {"/api/containers", "/api/containers//logs", "/api/containers/logs",
                           "/api/containers/a/b/logs", "/api/containers/web/logs/", "/logs"})
    EXPECT_FALSE(logs_path(path)) << path;
}

TEST(log_query, reads_what_is_asked_for) {
  net::server_request r;
  auto query = parse_log_query("web", r);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->tail, 100U);
  EXPECT_EQ(query->since_unix_nano, 0);
  EXPECT_TRUE(query->timestamps);
  EXPECT_EQ(query->format, log_file_format::json);
  EXPECT_FALSE(query->download);
  r.parameters = {{"tail", "all"},     {"since", "2026-01-02T03:04:05Z"},
                  {"timestamps", "0"}, {"format", "text"},
                  {"download", "1"},   {"token", "x"}};
  query = parse_log_query("web", r);
  ASSERT_TRUE(query) << query.err();
  EXPECT_FALSE(query->tail);
  EXPECT_EQ(query->since_unix_nano, 1'767'323'045'000'000'000);
  EXPECT_FALSE(query->timestamps);
  EXPECT_EQ(query->format, log_file_format::text);
  EXPECT_TRUE(query->download);
  r.parameters = {{"since", "1700000000.5"}, {"tail", "7"}};
  query = parse_log_query("web", r);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->since_unix_nano, 1'700'000'000'500'000'000);
  EXPECT_EQ(query->tail, 7U);
}

TEST(log_query, refuses_what_makes_no_sense) {
  const std::pair<const char*, const char*> rows[] = {
      {"tail", "-1"},       {"tail", "x"},           {"tail", ""},
      {"tail", "1000001"},  {"tail", "7 "},          {"since", "never"},
      {"since", "-1"},      {"since", "inf"},        {"since", "nan"},
      {"since", ""},        {"timestamps", "maybe"}, {"download", ""},
      {"format", "binary"},
  };
  for (const auto& [name, value] : rows) {
    net::server_request r;
    r.parameters = {{name, value}};
    const auto query = parse_log_query("web", r);
    ASSERT_FALSE(query) << name << "=" << value;
    EXPECT_NE(query.err().find(name), std::string::npos) << query.err();
  }
  EXPECT_FALSE(parse_log_query(std::string(300, 'x'), {}));
}

} // namespace
} // namespace dockhost::actors
