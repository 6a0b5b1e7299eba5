// SPDX-License-Identifier: MIT
#include "core/log_lines.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost {
namespace {

const std::string stamp = "2026-01-02T03:04:05.000000001Z ";

struct seen : log_line_sink {
  struct item {
    std::string time, text;
    log_channel channel;
    std::int64_t nano;
    std::string end;
  };
  std::vector<item> lines;
  std::size_t left_out = 0;
  void line(const log_line& l) override {
    lines.push_back({std::string(l.time), std::string(l.text), l.channel, l.unix_nano,
                     std::string(l.last_message())});
  }
  void cut(log_channel, std::size_t bytes) override { left_out += bytes; }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& l : lines)
      out.push_back(l.text);
    return out;
  }
};

using texts = std::vector<std::string>;

log_batch framed(const std::vector<std::pair<std::string, log_channel>>& messages) {
  log_batch out;
  out.framed = true;
  for (const auto& [text, channel] : messages)
    out.add(text, channel, true);
  return out;
}

log_batch raw(std::string_view bytes) {
  log_batch out;
  out.add(bytes, log_channel::out, false);
  return out;
}

TEST(log_time_reader, reads_what_engines_write) {
  log_time_reader reader;
  const auto nanos = [&](std::string text) {
    std::string_view rest = text;
    const auto time = reader.take(rest);
    EXPECT_EQ(time.text.empty() ? text : "x", rest) << text;
    return time.unix_nano;
  };
  EXPECT_EQ(nanos("1970-01-01T00:00:01.000000002Z x"), 1'000'000'002);
  EXPECT_EQ(nanos("1970-01-01T00:00:59Z x"), 59'000'000'000);
  EXPECT_EQ(nanos("1970-01-01T00:01:00.5Z x"), 60'500'000'000);
  EXPECT_EQ(nanos("1970-01-01T02:00:00.1+02:00 x"), 100'000'000);
  EXPECT_EQ(nanos("1969-12-31T23:00:00-01:00 x"), 0);
  EXPECT_EQ(nanos("2026-11-21T13:14:43.123456789Z x"), 1'795'266'883'123'456'789);
  for (const auto* text :
       {"", "x", "2026-01-02", "2026-13-02T03:04:05Z x", "2026-01-02T03:04:05Zx",
        "2026-01-02T03:04:05.Z x", "2026-01-02 03:04:05Z  x", "2026-01-02T25:04:05Z x",
        "2026-01-02T03:04:05.123456789", "12345678901234567890123456789012 x"})
    EXPECT_EQ(nanos(text), 0) << text;
}

TEST(log_time_reader, TakesNoTimeThatNanosecondsCannotHold) {
  log_time_reader reader;
  for (std::string text : {"2262-04-11T23:47:16Z x", "1677-09-21T00:12:44Z x",
                           "9999-12-31T23:59:60.999999999-99:99 x", "0000-01-01T00:00:00Z x"}) {
    std::string_view rest = text;
    const auto time = reader.take(rest);
    EXPECT_TRUE(time.text.empty()) << text;
    EXPECT_EQ(rest, text);
  }
}

TEST(log_line_assembler, frames_are_lines_with_a_timestamp) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + "one\n", log_channel::out}, {stamp + "two\r\n", log_channel::err}}),
             out);
  EXPECT_EQ(out.texts(), (texts{"one", "two\r"}));
  EXPECT_EQ(out.lines[0].time, stamp.substr(0, 30));
  EXPECT_EQ(out.lines[1].channel, log_channel::err);
  EXPECT_EQ(out.lines[1].nano % 1'000'000'000, 1);
}

TEST(log_line_assembler, lines_may_be_cut_anywhere) {
  std::string all;
  for (int n = 0; n < 20; ++n)
    all += stamp + "zeile \xc3\xa4 " + std::to_string(n) + "\r\n";
  for (std::size_t step = 1; step < 60; ++step) {
    seen out;
    log_line_assembler lines;
    for (std::size_t at = 0; at < all.size(); at += step)
      lines.feed(raw(std::string_view(all).substr(at, step)), out);
    ASSERT_EQ(out.lines.size(), 20U) << step;
    EXPECT_EQ(out.lines[19].text, "zeile \xc3\xa4 19");
    EXPECT_EQ(out.lines[7].time, stamp.substr(0, 30));
  }
}

TEST(log_line_assembler, the_channels_do_not_mix) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + "a", log_channel::out},
                     {stamp + "x\n", log_channel::err},
                     {stamp + "b\n", log_channel::out}}),
             out);
  EXPECT_EQ(out.texts(), (texts{"x", "ab"}));
}

TEST(log_line_assembler, a_long_line_loses_the_timestamps_inside) {
  const std::string part(log_line_assembler::message_size, 'a'), rest = "tail";
  for (const bool frames : {true, false}) {
    seen out;
    log_line_assembler lines;
    if (frames) {
      lines.feed(framed({{stamp + part, log_channel::out},
                         {stamp + part, log_channel::out},
                         {stamp + rest + "\n", log_channel::out}}),
                 out);
    } else {
      const auto all = stamp + part + stamp + part + stamp + rest + "\r\n";
      for (std::size_t at = 0; at < all.size(); at += 1'000)
        lines.feed(raw(std::string_view(all).substr(at, 1'000)), out);
    }
    ASSERT_EQ(out.lines.size(), 1U) << frames;
    EXPECT_EQ(out.lines[0].text, part + part + rest) << frames;
    EXPECT_EQ(out.lines[0].end, rest) << frames;
    EXPECT_EQ(out.left_out, 0U);
  }
}

TEST(log_line_assembler, a_message_inside_a_line_is_not_repeated) {
  std::string part;
  for (int n = 0; part.size() < log_line_assembler::message_size; ++n)
    part += std::to_string(n);
  part.resize(log_line_assembler::message_size);
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + part, log_channel::out},
                     {stamp + part, log_channel::out},
                     {stamp + "tail\n", log_channel::out}}),
             out);
  ASSERT_EQ(out.lines.size(), 1U);
  EXPECT_EQ(out.lines[0].text, part + "tail");
  EXPECT_EQ(out.lines[0].end, "tail");
}

TEST(log_line_assembler, a_message_that_begins_inside_a_timestamp_breaks_nothing) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp.substr(0, 10), log_channel::out},
                     {stamp.substr(10) + "a", log_channel::out},
                     {stamp.substr(0, 12), log_channel::out},
                     {stamp.substr(12) + "b\n", log_channel::out}}),
             out);
  EXPECT_EQ(out.texts(), texts{"ab"});
}

TEST(log_line_assembler, a_timestamp_that_was_printed_stays) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + stamp + "said\n", log_channel::out}}), out);
  EXPECT_EQ(out.texts(), (texts{stamp + "said"}));
}

TEST(log_line_assembler, a_line_over_a_mebibyte_is_cut_between_characters_and_counted) {
  std::string text = "x";
  while (text.size() < log_line_assembler::max_line + 300'000)
    text += "\xc3\xa4"; // an odd offset: the limit falls inside a character
  seen out;
  log_line_assembler lines;
  for (std::size_t at = 0; at < text.size(); at += log_line_assembler::message_size) {
    auto message = text.substr(at, log_line_assembler::message_size);
    if (at + log_line_assembler::message_size >= text.size()) message += "\n";
    lines.feed(framed({{stamp + message, log_channel::out}}), out);
  }
  lines.feed(framed({{stamp + "next\n", log_channel::out}}), out);
  ASSERT_EQ(out.lines.size(), 2U);
  EXPECT_EQ(out.lines[0].text.size(), log_line_assembler::max_line - 1);
  EXPECT_EQ(out.lines[0].text, text.substr(0, log_line_assembler::max_line - 1));
  EXPECT_GE(out.left_out, text.size() - out.lines[0].text.size());
  EXPECT_EQ(out.lines[1].text, "next");
}

TEST(log_line_assembler, what_stands_at_the_end_is_a_line) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + "no end", log_channel::out}}), out);
  EXPECT_TRUE(out.lines.empty());
  lines.finish(out);
  lines.finish(out);
  EXPECT_EQ(out.texts(), texts{"no end"});
}

TEST(log_line_assembler, a_line_whose_rest_is_to_come_is_left_out_of_what_was_read_so_far) {
  const std::string full(log_line_assembler::message_size, 'x');
  struct row {
    const char* what;
    std::vector<std::string> messages;
    std::size_t lines;
  };
  for (const auto& [what, messages, wanted] :
       {row{"full", {full}, 1}, row{"two full ones", {full, full}, 1},
        row{"longer: bytes that are no UTF-8", {full + "xx"}, 1},
        row{"a last line without an end", {full, "end"}, 2}, row{"a short one", {"end"}, 2}}) {
    std::vector<std::pair<std::string, log_channel>> frames{{stamp + "whole\n", log_channel::out}};
    std::string together = stamp + "whole\n";
    for (const auto& message : messages) {
      frames.emplace_back(stamp + message, log_channel::out);
      together += stamp + message;
    }
    for (const auto& batch : {framed(frames), raw(together)}) {
      log_line_assembler lines;
      seen out;
      lines.feed(batch, out);
      lines.finish_so_far(out);
      EXPECT_EQ(out.lines.size(), wanted) << what << (batch.framed ? ", framed" : ", not framed");
      lines.finish(out);
      EXPECT_EQ(out.lines.size(), wanted) << what << " is told late";
    }
  }
}

TEST(log_line_assembler, empty_lines_are_lines) {
  seen out;
  log_line_assembler lines;
  lines.feed(framed({{stamp + "\n", log_channel::out}, {stamp + "\n", log_channel::out}}), out);
  lines.feed(raw("\n"), out);
  EXPECT_EQ(out.texts(), (texts{"", "", ""}));
}

} // namespace
} // namespace dockhost
