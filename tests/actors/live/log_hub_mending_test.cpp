// SPDX-License-Identifier: MIT
#include "log_hub_world.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::log_hub_test;
using test::strings;

TEST_F(log_hub_test, what_the_engine_no_longer_has_is_a_gap) {
  start();
  const auto id = run("web");
  print_all(id, 1, 3);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  stop(id);
  advance(1s);
  start_again(id);
  print_all(id, 4, 9);
  engine().rotate_log(id, 2);
  settle();
  advance(10s);
  EXPECT_EQ(ann->lines(), (strings{"1", "2", "3", "!rotation", "8", "9"}));
  EXPECT_EQ(counts().gaps_rotation, 1U);
}

TEST_F(log_hub_test, what_a_follow_leaves_out_is_put_in_its_place) {
  start();
  const auto id = run("web", "10m");
  print_all(id, 1, 5);
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_EQ(watch(id, bob), "ok");
  for (int round = 0; round < 3; ++round) {
    advance(1s);
    for (int n = 6; n <= 8; ++n) {
      advance(1ms);
      engine().write_log_unfollowed(id, std::to_string(n + 10 * round));
    }
    advance(200ms); // the files that they were in took their time
    print_all(id, 9 + 10 * round, 15 + 10 * round);
  }
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 35));
  EXPECT_EQ(bob->lines(), numbers(1, 35));
  EXPECT_EQ(counts().mended, 9U);
  EXPECT_EQ(counts().lines, 35U);
  EXPECT_EQ(engine().open_logs(), 1U);
}

TEST_F(log_hub_test, more_lines_left_out_than_a_first_look_shows) {
  start();
  const auto id = run("web", "10m");
  print_all(id, 1, 5);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  for (int n = 6; n <= 5'000; ++n)
    engine().write_log_unfollowed(id, std::to_string(n));
  advance(200ms);
  const auto before = engine().calls(call_kind::logs);
  print_all(id, 5'001, 5'003);
  advance(100ms);
  EXPECT_EQ(ann->lines(), numbers(1, 5'003));
  EXPECT_EQ(engine().calls(call_kind::logs), before + 2);
}

TEST_F(log_hub_test, what_a_follow_leaves_out_and_the_engine_no_longer_has_is_a_gap) {
  start();
  const auto id = run("web", "10m");
  print_all(id, 1, 5);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  for (int n = 6; n <= 20; ++n)
    engine().write_log_unfollowed(id, std::to_string(n));
  engine().rotate_log(id, 5);
  advance(300ms);
  print_all(id, 21, 23);
  advance(1s);
  strings expected = numbers(1, 5);
  expected.emplace_back("!rotation");
  for (const auto& more : numbers(16, 23))
    expected.push_back(more);
  EXPECT_EQ(ann->lines(), expected);
  const auto gaps = ann->events("log_gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_TRUE(gaps[0].find("lines")->is_null());
  EXPECT_EQ(counts().gaps_rotation, 1U);
}

TEST_F(log_hub_test, silence_costs_one_short_look_and_is_no_gap) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 50);
  const auto before = engine().calls(call_kind::logs);
  advance(10s);
  EXPECT_EQ(engine().calls(call_kind::logs), before + 1); // is the follow stuck?
  print_all(id, 51, 100);
  EXPECT_EQ(engine().calls(call_kind::logs), before + 2);
  advance(200ms);
  EXPECT_EQ(ann->lines(), numbers(1, 100));
  EXPECT_EQ(counts().mended, 0U);
}

TEST_F(log_hub_test, a_follow_that_is_stuck_is_begun_anew) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  print_all(id, 1, 5);
  engine().write_log_unfollowed(id, "6");
  engine().write_log_unfollowed(id, "7");
  advance(600ms);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
  EXPECT_EQ(engine().open_logs(), 1U);
  print_all(id, 8, 9);
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 9));
  // Also where the container has ended meanwhile.
  engine().write_log_unfollowed(id, "10");
  stop(id);
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 10));
  const auto before = engine().calls(call_kind::logs);
  advance(60s);
  EXPECT_EQ(engine().calls(call_kind::logs), before) << "one look is enough";
}

TEST_F(log_hub_test, a_log_that_is_not_rotated_is_never_looked_at_twice) {
  start();
  const auto id = run("web");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  for (int n = 1; n <= 20; ++n) {
    advance(1s);
    print(id, std::to_string(n));
  }
  EXPECT_EQ(engine().calls(call_kind::logs), 1U);
}

TEST_F(log_hub_test, looks_at_small_files_are_few_and_hold_nothing_up) {
  start();
  const auto id = run("web", "4k");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  const auto before = engine().calls(call_kind::logs);
  for (int n = 1; n <= 1'000; ++n) {
    if (n % 100 == 50) {
      advance(1ms);
      engine().write_log_unfollowed(id, std::to_string(n));
    } else {
      print(id, std::to_string(n));
    }
  }
  EXPECT_LE(engine().calls(call_kind::logs) - before, 52U); // in a second
  advance(50ms);
  EXPECT_EQ(ann->lines(), numbers(1, 1'000));
  EXPECT_EQ(counts().mended, 10U);
}

TEST_F(log_hub_test, a_look_that_fails_begins_the_follow_anew) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  fail_a_look(docker::engine_errc::timeout);
  engine().write_log_unfollowed(id, "6");
  advance(200ms);
  print_all(id, 7, 9);
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 9));
  print_all(id, 10, 12);
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 12));
}

// Of the follow that is begun anew, a batch is on its way still.
TEST_F(log_hub_test, what_comes_of_a_follow_that_was_given_up_passes_with_the_next) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  docker::simulated_fault fault;
  fault.kind = call_kind::logs;
  fault.error = docker::engine_error{docker::engine_errc::failed, "no such file"};
  fault.delay = 10ms;
  fault.times = 1;
  engine().order(fault);
  engine().write_log_unfollowed(id, "6");
  advance(200ms);
  engine().write_log(id, "7");
  settle();
  const auto late = io().after(10ms, [&] { engine().write_log(id, "8"); });
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 8));
  EXPECT_EQ(engine().open_logs(), 1U);
}

TEST_F(log_hub_test, what_is_held_when_a_look_fails_comes_though_the_container_has_ended) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  fail_a_look(docker::engine_errc::conflict);
  engine().write_log_unfollowed(id, "6");
  advance(200ms);
  engine().write_log(id, "7");
  stop(id);
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
}

TEST_F(log_hub_test, what_is_held_when_the_container_is_removed_comes_behind_a_gap) {
  start();
  const auto ann = somebody(), bob = somebody();
  for (const bool told : {false, true}) {
    const auto who = told ? bob : ann;
    const auto id = run(told ? "told" : "found", "10m");
    ASSERT_EQ(watch(id, who), "ok");
    print_all(id, 1, 5);
    advance(1s);
    if (told) hang_a_look();
    engine().write_log_unfollowed(id, "6");
    advance(200ms);
    engine().write_log(id, "7");
    remove(id);
    if (told) tell(hub_, log_container_news{id, false, true}); // and the look never ends
    advance(5s);
    strings expected = numbers(1, 5);
    for (const auto* more : {"!rotation", "7", ".removed"})
      expected.emplace_back(more);
    EXPECT_EQ(who->lines(), expected) << told;
  }
}

TEST_F(log_hub_test, a_follow_that_breaks_off_at_its_containers_end_is_taken_up_again) {
  start();
  const auto id = run("web");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  engine().cut_logs();
  engine().write_log(id, "last words");
  stop(id);
  advance(5s);
  strings expected = numbers(1, 5);
  expected.emplace_back("last words");
  EXPECT_EQ(ann->lines(), expected);
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(log_hub_test, a_look_that_hangs_is_given_up_and_the_follow_begun_anew) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  hang_a_look();
  print_all(id, 6, 7);
  advance(9s);
  EXPECT_EQ(ann->lines(), numbers(1, 5));
  advance(2s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
  EXPECT_EQ(engine().open_logs(), 1U);
}

TEST_F(log_hub_test, a_whole_log_is_waited_for_longer) {
  start();
  const auto id = run("web", "100k"); // few enough lines to be read whole at the second try
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  for (int n = 6; n <= 1'000; ++n)
    engine().write_log_unfollowed(id, std::to_string(n));
  advance(200ms);
  delay_a_look(0ms);
  delay_a_look(25s);
  print_all(id, 1'001, 1'003);
  advance(24s);
  EXPECT_EQ(ann->lines(), numbers(1, 5));
  const auto before = engine().calls(call_kind::logs);
  advance(1'100ms);
  EXPECT_EQ(ann->lines(), numbers(1, 1'003));
  EXPECT_EQ(engine().calls(call_kind::logs), before);
}

// The second look after a silence sees what a mending has not passed yet.
TEST_F(log_hub_test, a_look_after_a_silence_gives_way_to_a_mending) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(1s);
  print_all(id, 1, 5);
  engine().write_log_unfollowed(id, "6");
  advance(350ms); // the first look was at 300 ms; the second is due at 400 ms
  const auto before = engine().calls(call_kind::logs);
  delay_a_look(100ms);
  delay_a_look(200ms);
  advance(100ms);
  print(id, "7");
  advance(2s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
  // The second look, the mending, and the look at the new silence; the follow stays.
  EXPECT_EQ(engine().calls(call_kind::logs), before + 3);
  EXPECT_EQ(engine().open_logs(), 1U);
}

// Its container runs again, but the follow is still to be opened.
TEST_F(log_hub_test, a_history_does_not_get_ahead_of_a_follow_that_is_not_open) {
  start();
  const auto id = run("web");
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 3);
  stop(id);
  advance(27s); // looks are 5 s apart by now; the next one is 4 s away
  start_again(id);
  print_all(id, 4, 6);
  ASSERT_EQ(watch(id, bob), "ok");
  advance(2s);
  ASSERT_EQ(engine().open_logs(), 0U);
  advance(10s);
  print(id, "7");
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
  EXPECT_EQ(bob->lines(), numbers(1, 7));
}

// The engine looks for the place in a long log.
TEST_F(log_hub_test, a_history_does_not_get_ahead_of_a_follow_that_is_opened_slowly) {
  start();
  const auto id = run("web");
  const auto ann = somebody(), bob = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 3);
  delay_a_look(5s);
  engine().cut_logs();
  advance(1s);
  print_all(id, 4, 6);
  ASSERT_EQ(watch(id, bob), "ok");
  advance(10s);
  print(id, "7");
  advance(1s);
  EXPECT_EQ(ann->lines(), numbers(1, 7));
  EXPECT_EQ(bob->lines(), numbers(1, 7));
}

TEST_F(log_hub_test, a_container_that_ends_while_its_log_is_looked_at_twice) {
  start();
  const auto id = run("web", "10m");
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  print_all(id, 1, 5);
  advance(1s);
  engine().write_log_unfollowed(id, "6");
  advance(200ms);
  engine().write_log(id, "7");
  engine().write_log(id, "8");
  stop(id);
  advance(5s);
  EXPECT_EQ(ann->lines(), numbers(1, 8));
  start_again(id);
  print_all(id, 9, 10);
  advance(10s);
  EXPECT_EQ(ann->lines(), numbers(1, 10));
}

} // namespace
} // namespace dockhost::actors
