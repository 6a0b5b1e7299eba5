// SPDX-License-Identifier: MIT
#include "docker/log_demux.hpp"
#include "docker/log_sink.hpp"
#include "tests/support/virtual_executor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost::docker {
namespace {

using namespace std::chrono_literals;

std::string frame(char type, std::string_view text) {
  const auto n = static_cast<std::uint32_t>(text.size());
  std::string out{type, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>((n >> static_cast<unsigned>(shift)) & 0xffU);
  return out.append(text);
}

/// "O:" and "E:" for the channels, "|" before each message.
std::string shown(const log_batch& batch) {
  std::string out;
  for (const auto& piece : batch.pieces) {
    if (piece.message_start) out += piece.channel == log_channel::err ? "|E:" : "|O:";
    out += batch.text(piece);
  }
  return out;
}

TEST(log_demux, frames_cut_anywhere) {
  const auto all = frame(1, "hello\n") + frame(2, "oops\n") + frame(1, "") + frame(0, "x");
  for (std::size_t step = 1; step <= all.size(); ++step) {
    log_demux demux(true);
    log_batch batch;
    for (std::size_t at = 0; at < all.size(); at += step)
      ASSERT_TRUE(demux.feed(std::string_view(all).substr(at, step), batch));
    EXPECT_EQ(shown(batch), "|O:hello\n|E:oops\n|O:x") << step;
    EXPECT_TRUE(demux.between_frames());
  }
}

TEST(log_demux, what_is_no_frame_is_refused_for_good) {
  for (const std::string& bad :
       {std::string("2026-01-02T03"), std::string("\4\0\0\0\0\0\0\1x", 9),
        std::string("\1\0\0\1\0\0\0\1x", 9), std::string("\1\0\0\0\x7f\0\0\0", 8)}) {
    log_demux demux(true);
    log_batch batch;
    EXPECT_FALSE(demux.feed(frame(1, "good") + bad, batch));
    EXPECT_EQ(shown(batch), "|O:good");
    EXPECT_FALSE(demux.feed(frame(1, "more"), batch));
  }
}

TEST(log_demux, what_the_engine_says_of_its_own_is_no_log) {
  const std::string text = "Error grabbing logs: unexpected EOF\n";
  const auto all = frame(1, "hello\n") + frame(3, text) + frame(1, "more\n");
  for (std::size_t step = 1; step <= all.size(); ++step) {
    log_demux demux(true);
    log_batch batch;
    for (std::size_t at = 0; at < all.size(); at += step)
      ASSERT_TRUE(demux.feed(std::string_view(all).substr(at, step), batch));
    EXPECT_EQ(shown(batch), "|O:hello\n|O:more\n") << step;
    EXPECT_EQ(demux.complaint(), text) << step;
  }
  log_demux demux(true);
  log_batch batch;
  EXPECT_TRUE(demux.feed(frame(3, std::string(100'000, 'x')), batch));
  EXPECT_EQ(demux.complaint().size(), 500U);
}

TEST(log_demux, a_tty_has_no_frames) {
  log_demux demux(false);
  log_batch batch;
  EXPECT_TRUE(demux.feed("\1\0\0\0 raw", batch));
  EXPECT_TRUE(demux.feed("", batch));
  ASSERT_EQ(batch.pieces.size(), 1U);
  EXPECT_FALSE(batch.framed);
}

TEST(log_demux, a_frame_that_is_not_whole_shows) {
  log_demux demux(true);
  log_batch batch;
  const auto all = frame(1, "hello\n");
  EXPECT_TRUE(demux.feed(std::string_view(all).substr(0, 10), batch));
  EXPECT_FALSE(demux.between_frames());
}

class log_sink_test : public ::testing::Test {
protected:
  std::shared_ptr<log_sink> make(std::size_t window, bool gather) {
    log_request request;
    request.window = window;
    log_handlers handlers;
    handlers.on_data = [this](const shared_log_batch& b) { batches.push_back(b->bytes.size()); };
    handlers.on_end = [this](const std::optional<engine_error>& why) {
      ends.push_back(why ? std::string(to_string(why->code)) : "end");
    };
    auto sink = std::make_shared<log_sink>(request, handlers, gather ? &io : nullptr);
    sink->hold(nullptr, [this](bool stop) { flow.push_back(stop); });
    return sink;
  }
  test::virtual_executor io;
  log_demux demux{false};
  std::vector<std::size_t> batches;
  std::vector<std::string> ends;
  std::vector<bool> flow;
};

TEST_F(log_sink_test, stops_at_the_window_and_goes_on_at_half) {
  const auto sink = make(100, false);
  sink->feed(demux, std::string(60, 'x'));
  EXPECT_TRUE(flow.empty());
  sink->feed(demux, std::string(60, 'x'));
  EXPECT_EQ(flow, std::vector<bool>{true});
  EXPECT_EQ(sink->room(), 0U);
  sink->consumed(60);
  EXPECT_EQ(flow.size(), 1U);
  sink->consumed(10);
  EXPECT_EQ(flow, (std::vector<bool>{true, false}));
  sink->consumed(1'000);
  EXPECT_EQ(sink->room(), 100U);
}

TEST_F(log_sink_test, gathers_for_a_millisecond_at_most) {
  const auto sink = make(1'000'000, true);
  sink->feed(demux, "first"); // after a silence: at once
  EXPECT_EQ(batches, std::vector<std::size_t>{5});
  sink->feed(demux, "ab");
  sink->feed(demux, "cd");
  EXPECT_EQ(batches.size(), 1U);
  io.advance(1ms);
  EXPECT_EQ(batches, (std::vector<std::size_t>{5, 4}));
  sink->feed(demux, "x");
  sink->feed(demux, std::string(64 * 1024, 'y')); // full: at once
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[2], 64U * 1024 + 1);
  sink->feed(demux, "last");
  sink->end(std::nullopt);
  EXPECT_EQ(batches.back(), 4U);
  EXPECT_EQ(ends, std::vector<std::string>{"end"});
}

TEST_F(log_sink_test, says_nothing_after_its_end_and_its_detachment) {
  const auto sink = make(1'000, false);
  sink->end(engine_error{engine_errc::unreachable, "x"});
  sink->end(std::nullopt);
  sink->feed(demux, "late");
  EXPECT_EQ(ends, std::vector<std::string>{"unreachable"});
  EXPECT_TRUE(batches.empty());
  const auto other = make(1'000, true);
  other->feed(demux, "a");
  other->feed(demux, "b");
  other->detach();
  io.advance(10ms);
  other->end(std::nullopt);
  EXPECT_EQ(batches, std::vector<std::size_t>{1});
  EXPECT_EQ(ends.size(), 1U);
  EXPECT_FALSE(other->hold(nullptr, nullptr));
}

} // namespace
} // namespace dockhost::docker
