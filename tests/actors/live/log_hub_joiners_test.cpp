// SPDX-License-Identifier: MIT
#include "log_hub_world.hpp"

#include <set>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::browser;
using test::log_hub_test;
using test::strings;

TEST_F(log_hub_test, one_upstream_for_all_closed_with_the_last_at_once) {
  start();
  const auto id = run("web");
  print_all(id, 1, 5);
  std::vector<std::shared_ptr<browser>> all;
  for (int n = 0; n < 10; ++n) {
    all.push_back(somebody());
    ASSERT_EQ(watch(id, all.back()), "ok");
  }
  advance(2s);
  EXPECT_EQ(engine().open_logs(), 1U);
  print_all(id, 6, 9);
  advance(100ms);
  for (const auto& who : all)
    EXPECT_EQ(who->lines(), numbers(1, 9));
  EXPECT_EQ(counts().watchers, 10U);
  for (std::size_t n = 0; n < 5; ++n)
    unwatch(all[n]);
  for (std::size_t n = 5; n < 9; ++n)
    leave(all[n]);
  EXPECT_EQ(engine().open_logs(), 1U);
  unwatch(all[9]);
  EXPECT_EQ(engine().open_logs(), 0U);
  EXPECT_EQ(all[9]->lines().back(), ".requested");
  EXPECT_EQ(counts().streams, 0U);
  const auto before = all[9]->packets.size();
  print(id, "late");
  advance(100ms);
  EXPECT_EQ(all[9]->packets.size(), before);
}

TEST_F(log_hub_test, who_gets_the_same_shares_one_packet) {
  start();
  const auto id = run("web");
  std::vector<std::shared_ptr<browser>> alike;
  for (int n = 0; n < 10; ++n) {
    alike.push_back(somebody());
    ASSERT_EQ(watch(id, alike.back()), "ok");
  }
  const auto bare = somebody();
  log_watch_options options;
  options.timestamps = false;
  ASSERT_EQ(watch(id, bare, options), "ok");
  advance(2s);
  print_all(id, 1, 3);
  advance(100ms);
  std::set<log_packet> packets;
  for (const auto& who : alike) {
    ASSERT_EQ(who->lines(), numbers(1, 3));
    packets.insert(who->kept.begin(), who->kept.end());
  }
  EXPECT_EQ(packets.size(), alike.front()->kept.size());
  EXPECT_EQ(bare->lines(false), numbers(1, 3));
  EXPECT_FALSE(packets.contains(bare->kept.back()));
}

TEST_F(log_hub_test, a_second_watcher_joins_without_loss_or_doubles) {
  simulated.latency = 7ms;
  start();
  const auto id = run("web");
  print_all(id, 1, 20);
  const auto ann = somebody(), bob = somebody(), eve = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  log_watch_options options;
  options.tail = 5;
  ASSERT_EQ(watch(id, bob, options), "ok");
  print_all(id, 21, 40); // while the history is read
  options.tail = 0;
  ASSERT_EQ(watch(id, eve, options), "ok");
  print_all(id, 41, 60);
  advance(2s);
  EXPECT_EQ(ann->lines(), numbers(1, 60));
  EXPECT_EQ(bob->lines(), numbers(16, 60));
  EXPECT_EQ(eve->lines(), numbers(41, 60));
  EXPECT_EQ(engine().open_logs(), 1U);
}

// The stream has ended by what is before it in its mailbox.
TEST_F(log_hub_test, a_watch_on_its_way_to_a_stream_that_ends_is_answered_by_the_next) {
  start();
  const auto id = run("web");
  print_all(id, 1, 3);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(100ms);
  stop(id);
  settle();
  tell(hub_, log_container_news{id, false, true});
  EXPECT_EQ(watch(id, somebody()), "ok") << "there still, and looked up again";
  EXPECT_EQ(ann->lines().back(), ".removed");
  EXPECT_EQ(counts().watchers, 1U);
  EXPECT_EQ(counts().streams, 1U);
}

TEST_F(log_hub_test, who_asks_for_the_same_at_the_same_time_shares_one_history) {
  simulated.latency = 7ms; // of the look
  start();
  const auto id = run("web");
  print_all(id, 1, 50);
  std::vector<std::shared_ptr<browser>> all;
  std::vector<answer> answers;
  for (int n = 0; n < 200; ++n) {
    all.push_back(somebody());
    log_watch_options options;
    options.tail = n % 2 == 0 ? 20 : 10;
    if (n % 4 == 0) options.filter.pattern = "."; // other packets, the same history
    answers.push_back(begin_watch(id, all.back(), options));
  }
  print_all(id, 51, 60);
  advance(2s);
  print_all(id, 61, 70);
  advance(2s);
  for (int n = 0; n < 200; ++n) {
    const auto at = static_cast<std::size_t>(n);
    ASSERT_TRUE(answers[at]->answered());
    EXPECT_FALSE(answers[at]->answers.front().failure);
    const auto lines = all[at]->lines();
    ASSERT_GE(lines.size(), n % 2 == 0 ? 20U : 10U) << n;
    EXPECT_EQ(lines, numbers(71 - static_cast<int>(lines.size()), 70)) << n;
    EXPECT_LE(lines.size(), n % 2 == 0 ? 40U : 30U) << n;
  }
  EXPECT_EQ(engine().calls(call_kind::logs), 3U); // the follow, and one for each tail
  EXPECT_EQ(engine().open_logs(), 1U);
}

class log_queue_test : public log_hub_test {
protected:
  /// A watcher of the follow, and as many histories as are read at once, whose watchers take
  /// nothing.
  void fill_up() {
    start();
    id_ = run("web");
    const std::string line(1'000, 'x');
    for (int n = 0; n < 4'000; ++n)
      engine().write_log(id_, line);
    log_watch_options options;
    options.tail = 0;
    ASSERT_EQ(watch(id_, first_, options), "ok");
    for (std::size_t n = 0; n < 16; ++n) {
      slow_.push_back(somebody());
      slow_.back()->reads = false;
      options.tail = 3'900 + n;
      ASSERT_EQ(watch(id_, slow_.back(), options), "ok");
    }
    advance(1s);
    ASSERT_EQ(engine().open_logs(), 17U);
  }
  std::shared_ptr<browser> one_more(std::size_t tail) {
    auto who = somebody();
    log_watch_options options;
    options.tail = tail;
    EXPECT_EQ(watch(id_, who, options), "ok");
    return who;
  }

  std::string id_;
  std::shared_ptr<browser> first_ = somebody();
  std::vector<std::shared_ptr<browser>> slow_;
};

TEST_F(log_queue_test, too_many_histories_at_once_wait_for_their_turn) {
  fill_up();
  const auto ann = one_more(3'000), bob = one_more(2'000), eve = one_more(3'000);
  ann->reads = false;
  print(id_, "last");
  advance(1s);
  EXPECT_TRUE(ann->packets.empty());
  EXPECT_TRUE(bob->packets.empty());
  EXPECT_EQ(engine().open_logs(), 17U);
  leave(slow_[3]); // one turn is free: ann's and eve's, who came first
  advance(1s);
  EXPECT_FALSE(ann->packets.empty());
  EXPECT_EQ(eve->lines().size(), 3'000U);
  EXPECT_EQ(eve->lines().back(), "last");
  advance(1s); // eve's pace: that turn is over
  EXPECT_EQ(bob->lines().size(), 2'000U);
  EXPECT_EQ(bob->lines().back(), "last");
}

TEST_F(log_queue_test, who_stops_or_leaves_while_waiting_is_out_at_once) {
  fill_up();
  const auto ann = one_more(3'000), bob = one_more(2'000), eve = one_more(1'000);
  unwatch(ann);
  EXPECT_EQ(ann->lines(), strings{".requested"});
  leave(bob);
  EXPECT_EQ(watch(id_, eve), "ok"); // another one in its place
  const auto before = engine().calls(call_kind::logs);
  leave(slow_[0]);
  leave(slow_[1]);
  leave(slow_[2]);
  advance(1s);
  EXPECT_EQ(engine().calls(call_kind::logs), before + 1);
  EXPECT_EQ(eve->lines().size(), 100U);
  EXPECT_EQ(ann->packets.size(), 1U);
  EXPECT_TRUE(bob->packets.empty());
  remove(id_);
  tell(hub_, log_container_news{id_, false, true});
  advance(5s);
  EXPECT_EQ(eve->lines().back(), ".removed");
}

TEST_F(log_queue_test, watchers_who_take_nothing_hold_nobody_up_for_long) {
  fill_up();
  advance(60s);
  EXPECT_EQ(engine().open_logs(), 17U); // with nobody waiting they have all the time
  const auto ann = one_more(5);
  advance(15s);
  EXPECT_EQ(ann->lines().size(), 5U);
  EXPECT_EQ(engine().open_logs(), 1U);
  // What is over the budget was missed, and is told.
  slow_[7]->reads = true;
  slow_[7]->queued = 0;
  print(id_, "after");
  advance(1s);
  std::int64_t lost = 0;
  for (const auto& gap : slow_[7]->events("log_gap")) {
    std::int64_t lines = 0;
    EXPECT_EQ(*gap.find("reason")->as_string(), "slow_client");
    EXPECT_TRUE(gap.find("lines")->get_int(lines));
    lost += lines;
  }
  std::int64_t came = 0;
  for (const auto& line : slow_[7]->lines())
    came += line.starts_with('!') ? 0 : 1;
  EXPECT_EQ(came + lost, 3'907 + 1);
}

TEST_F(log_hub_test, a_second_watch_of_the_same_client_replaces_the_first) {
  start();
  const auto id = run("web");
  print_all(id, 1, 3);
  const auto ann = somebody();
  ASSERT_EQ(watch(id, ann), "ok");
  advance(100ms);
  log_watch_options options;
  options.tail = 0;
  ASSERT_EQ(watch(id, ann, options, 2), "ok");
  print_all(id, 4, 6);
  advance(2s);
  EXPECT_EQ(ann->lines(), numbers(1, 6));
  unwatch(ann, 1); // the number of the one that was replaced
  EXPECT_EQ(engine().open_logs(), 1U);
  unwatch(ann, 2);
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(log_hub_test, who_watches_anew_gets_what_was_still_due_to_it) {
  start();
  const auto id = run("web");
  const auto ann = somebody(), bob = somebody();
  log_watch_options none;
  none.tail = 0;
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_EQ(watch(id, bob), "ok");
  advance(2s);
  bob->reads = false;
  const std::string line(1'000, 'x');
  for (int n = 0; n < 10'000; ++n)
    engine().write_log(id, line);
  advance(5s);
  print_all(id, 1, 3); // they wait in a batch
  ASSERT_EQ(watch(id, ann, none, 2), "ok");
  ASSERT_EQ(watch(id, bob, none, 2), "ok");
  advance(100ms);
  ASSERT_EQ(ann->lines().size(), 10'003U);
  EXPECT_EQ(ann->lines().back(), "3");
  const auto gaps = bob->events("log_gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(*gaps[0].find("reason")->as_string(), "slow_client");
  std::int64_t lost = 0;
  ASSERT_TRUE(gaps[0].find("lines")->get_int(lost));
  EXPECT_EQ(static_cast<std::size_t>(lost) + bob->lines().size() - 1, 10'003U);
}

} // namespace
} // namespace dockhost::actors
