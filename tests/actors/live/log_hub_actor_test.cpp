// SPDX-License-Identifier: MIT
#include "log_hub_world.hpp"

#include <algorithm>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::browser;
using test::log_hub_test;
using test::strings;

TEST_F(log_hub_test, history_then_what_comes) {
  start();
  const auto id = run("web");
  print_all(id, 1, 5);
  const auto ann = somebody();
  log_watch_options options;
  options.tail = 3;
  ASSERT_EQ(watch(id, ann, options), "ok");
  advance(100ms);
  EXPECT_EQ(ann->lines(), numbers(3, 5));
  print_all(id, 6, 8);
  advance(100ms);
  EXPECT_EQ(ann->lines(), numbers(3, 8));
  const auto first = ann->events("log_update").front();
  EXPECT_EQ(*first.find("container_id")->as_string(), "web");
  EXPECT_EQ(counts().lines, 6U);
}

TEST_F(log_hub_test, a_history_that_breaks_off_is_a_gap) {
  start();
  const auto id = run("web");
  const std::string line(1'000, 'x');
  for (int n = 0; n < 4'000; ++n)
    engine().write_log(id, line);
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  bob->reads = false;
  log_watch_options options;
  options.tail = 4'000;
  ASSERT_EQ(watch(id, bob, options), "ok");
  advance(1s);
  engine().cut_logs();
  settle();
  advance(5s);
  bob->reads = true;
  bob->queued = 0;
  print(id, "after");
  advance(5s);
  const auto lines = bob->lines();
  EXPECT_LT(lines.size(), 4'000U);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "!engine_restart"), 1);
  EXPECT_EQ(lines.back(), "after");
}

TEST_F(log_hub_test, a_stopped_containers_stream_waits_and_goes_on) {
  start();
  const auto id = run("web");
  print_all(id, 1, 3);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  stop(id);
  advance(30s);
  EXPECT_EQ(ann->lines(), numbers(1, 3));
  start_again(id);
  print_all(id, 4, 6); // before the next look
  advance(10s);
  EXPECT_EQ(ann->lines(), numbers(1, 6));
  stop(id);
  advance(30s);
  start_again(id);
  tell(hub_, log_container_news{id, true, false});
  settle();
  print(id, "7");
  advance(30ms); // no look is due: the news did it
  EXPECT_EQ(ann->lines(), numbers(1, 7));
}

TEST_F(log_hub_test, a_removed_containers_stream_ends) {
  start();
  const auto id = run("web");
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_EQ(watch(id, bob), "ok");
  print(id, "last words");
  remove(id);
  tell(hub_, log_container_news{id, false, true});
  advance(5s);
  EXPECT_EQ(ann->lines(), (strings{"last words", ".removed"}));
  EXPECT_EQ(bob->lines(), (strings{"last words", ".removed"}));
  EXPECT_EQ(counts().streams, 0U);
  EXPECT_EQ(counts().watchers, 0U);
  EXPECT_EQ(watch(id, ann), "not_found");
  EXPECT_EQ(counts().streams, 0U);
}

TEST_F(log_hub_test, engine_killed_and_back_streams_resume) {
  start();
  const auto id = run("web");
  print_all(id, 1, 3);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  engine().set_reachable(false);
  advance(20s);
  print_all(id, 4, 6);
  engine().set_reachable(true);
  advance(20s);
  print(id, "7");
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
}

TEST_F(log_hub_test, a_connection_that_breaks_off_is_replaced_without_loss_or_doubles) {
  start();
  const auto id = run("web");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  for (int round = 0; round < 5; ++round) {
    print_all(id, round * 10 + 1, round * 10 + 10);
    engine().cut_logs();
    settle();
  }
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 50));
}

TEST_F(log_hub_test, a_line_that_is_too_long_is_told_once) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  const std::string line(log_line_assembler::max_line + 100, 'x');
  print(id, line);
  advance(1s);
  engine().cut_logs(); // it comes again, and is dropped
  print(id, "after");
  advance(5s);
  EXPECT_EQ(ann->lines().size(), 3U);
  EXPECT_EQ(ann->lines().back(), "after");
  EXPECT_EQ(ann->events("log_gap").size(), 1U);
  print(id, line); // it is held, as it comes after a silence
  advance(1s);
  EXPECT_EQ(ann->lines().size(), 5U);
  EXPECT_EQ(ann->events("log_gap").size(), 2U);
  EXPECT_EQ(counts().gaps_line_too_long, 2U);
  log_watch_options none;
  none.tail = 0;
  ASSERT_EQ(watch(id, bob, none), "ok"); // its history ends with that line, which it did not want
  advance(2s);
  EXPECT_TRUE(bob->packets.empty());
}

TEST_F(log_hub_test, a_lone_client_that_does_not_read_loses_nothing) {
  start();
  const auto id = run("web");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  ann->reads = false;
  const std::string line(1'000, 'x');
  for (int n = 0; n < 10'000; ++n)
    engine().write_log(id, line + std::to_string(n));
  advance(5s);
  EXPECT_LT(ann->queued, 2U * 1024 * 1024);
  ann->reads = true;
  ann->queued = 0;
  advance(5s);
  const auto lines = ann->lines();
  ASSERT_EQ(lines.size(), 10'000U);
  for (int n = 0; n < 10'000; ++n)
    ASSERT_EQ(lines[static_cast<std::size_t>(n)], line + std::to_string(n));
}

TEST_F(log_hub_test, one_that_falls_behind_is_told_what_it_missed_and_nobody_else_feels_it) {
  start();
  const auto id = run("web");
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_EQ(watch(id, bob), "ok");
  advance(2s);
  bob->reads = false;
  const std::string line(1'000, 'x');
  for (int n = 0; n < 10'000; ++n)
    engine().write_log(id, line);
  advance(5s);
  EXPECT_EQ(ann->lines().size(), 10'000U);
  EXPECT_LE(bob->queued, 4U * 1024 * 1024);
  bob->reads = true;
  bob->queued = 0;
  advance(1s);
  print(id, "after");
  advance(1s);
  const auto gaps = bob->events("log_gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(*gaps[0].find("reason")->as_string(), "slow_client");
  std::int64_t lost = 0, bytes = 0;
  ASSERT_TRUE(gaps[0].find("lines")->get_int(lost) && gaps[0].find("bytes")->get_int(bytes));
  EXPECT_EQ(static_cast<std::size_t>(lost) + bob->lines().size() - 2, 10'000U);
  EXPECT_EQ(bytes, lost * (1'000 + 1 + 31));
  EXPECT_EQ(bob->lines().back(), "after");
  EXPECT_TRUE(ann->events("log_gap").empty());
}

TEST_F(log_hub_test, filters_and_formats) {
  start();
  const auto id = run("web");
  const auto all = somebody(), errors = somebody(), err = somebody(), found = somebody(),
             binary = somebody();
  log_watch_options options;
  options.timestamps = false;
  ASSERT_EQ(watch(id, all, options), "ok");
  options.filter.level = log_severity::error;
  ASSERT_EQ(watch(id, errors, options), "ok");
  options.filter = {};
  options.filter.channel = log_channel::err;
  ASSERT_EQ(watch(id, err, options), "ok");
  options.filter = {};
  options.filter.pattern = "b[0-9]+";
  ASSERT_EQ(watch(id, found, options), "ok");
  options.filter = {};
  options.encoding = log_encoding::binary;
  ASSERT_EQ(watch(id, binary, options), "ok");
  advance(2s);
  print(id, "INFO a1");
  print(id, "ERROR b2");
  print(id, "  at line b3");
  print(id, "to stderr \"q\"", log_channel::err);
  print(id, "INFO \xff end");
  advance(1s);
  EXPECT_EQ(all->lines(false), (strings{"INFO a1", "ERROR b2", "  at line b3", "to stderr \"q\"",
                                        "INFO \xef\xbf\xbd end"}));
  EXPECT_EQ(errors->lines(false), (strings{"ERROR b2", "  at line b3"}));
  EXPECT_EQ(err->lines(false), (strings{"to stderr \"q\""}));
  EXPECT_EQ(found->lines(false), (strings{"ERROR b2", "  at line b3"}));
  std::string text;
  for (const auto& part : binary->attachments)
    text += part + "\n";
  EXPECT_EQ(text, "INFO a1\nERROR b2\n  at line b3\nto stderr \"q\"\nINFO \xef\xbf\xbd end\n");
  EXPECT_EQ(engine().open_logs(), 1U);
  options.filter.pattern = "(";
  EXPECT_EQ(watch(id, somebody(), options), "invalid_request");
}

TEST_F(log_hub_test, lines_are_batched_for_20_ms_but_the_first_does_not_wait) {
  start();
  const auto id = run("web");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  engine().write_log(id, "a");
  settle();
  EXPECT_EQ(ann->packets.size(), 1U);
  for (int n = 0; n < 10; ++n)
    engine().write_log(id, "b");
  settle();
  EXPECT_EQ(ann->packets.size(), 1U);
  advance(20ms);
  EXPECT_EQ(ann->packets.size(), 2U);
  EXPECT_EQ(ann->lines().size(), 11U);
}

TEST_F(log_hub_test, an_engine_that_is_away_is_said) {
  start();
  const auto id = run("web");
  engine().set_reachable(false);
  settle();
  EXPECT_EQ(watch(id, somebody()), "engine_unavailable");
  EXPECT_EQ(counts().streams, 0U);
  EXPECT_EQ(counts().watchers, 0U);
}

TEST_F(log_hub_test, clients_that_start_and_stop_in_a_loop_leave_nothing) {
  simulated.latency = 3ms;
  start();
  const auto id = run("web");
  print_all(id, 1, 10);
  std::vector<std::shared_ptr<browser>> all;
  for (int n = 0; n < 200; ++n) {
    all.push_back(somebody());
    ASSERT_EQ(watch(id, all.back()), "ok");
    if (n % 3 == 0) leave(all.back());
    if (n % 3 == 1) unwatch(all.back());
    if (n % 7 == 0) advance(4ms);
  }
  for (const auto& who : all)
    leave(who);
  advance(5s);
  EXPECT_EQ(engine().open_logs(), 0U);
  EXPECT_EQ(counts().streams, 0U);
  EXPECT_EQ(counts().watchers, 0U);
}

} // namespace
} // namespace dockhost::actors
