// SPDX-License-Identifier: MIT
#include "../node/fixture.hpp"
#include "actors/live/log_hub_actor.hpp"
#include "actors/live/log_packets.hpp"
#include "protocol/engineio_server.hpp"

#include <algorithm>
#include <set>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;

/// A browser that keeps what it was sent.
struct browser final : live_outlet {
  std::vector<std::string> packets;
  std::vector<log_packet> kept; ///< the same
  std::vector<std::string> attachments;
  std::size_t queued = 0; ///< bytes it has not read
  bool reads = true;
  bool there = true;

  bool emit(log_packet packet, std::size_t budget) override {
    if (!there || queued + packet->bytes() > budget) return false;
    if (!reads) queued += packet->bytes();
    packets.push_back(packet->text);
    kept.push_back(packet);
    attachments.insert(attachments.end(), packet->attachments.begin(), packet->attachments.end());
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  [[nodiscard]] bool connected() const override { return there; }

  [[nodiscard]] std::vector<json::value> events(const std::string& name) const {
    std::vector<json::value> out;
    for (const auto& text : packets) {
      const auto at = text.find('[');
      const auto parsed = json::parse(text.substr(at));
      EXPECT_TRUE(parsed.ok()) << text;
      const auto& args = *parsed->as_array();
      if (*args[0].as_string() == name) out.push_back(args[1]);
    }
    return out;
  }
  /// All lines that came, without timestamps; "!reason" for a gap and "." for the end.
  [[nodiscard]] std::vector<std::string> lines(bool stamped = true) const {
    std::vector<std::string> out;
    for (const auto& text : packets) {
      const auto parsed = json::parse(text.substr(text.find('[')));
      const auto& args = *parsed->as_array();
      const auto& name = *args[0].as_string();
      if (name == "log_gap") out.push_back("!" + *args[1].find("reason")->as_string());
      if (name == "log_stream_stopped") out.push_back("." + *args[1].find("reason")->as_string());
      if (name != "log_update") continue;
      std::string_view rest = *args[1].find("log")->as_string();
      for (;;) {
        const auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        if (stamped) line.remove_prefix(31);
        out.emplace_back(line);
        if (end == rest.npos) break;
        rest.remove_prefix(end + 1);
      }
    }
    return out;
  }
};

using strings = std::vector<std::string>;

class log_hub_test : public test::actor_world {
protected:
  void start() {
    docker_ = spawn_docker();
    hub_ = track(system().spawn(log_hub_behavior, env(), docker_));
    settle();
  }
  /// `rotation`: the size of its log's files; those of the other tests' containers never get full.
  std::string run(const std::string& name, const std::string& rotation = {}) {
    docker::container_spec spec;
    spec.name = name;
    spec.image = "image";
    spec.log_max_size = rotation;
    return place(spec);
  }
  void print(const std::string& id, const std::string& line,
             log_channel channel = log_channel::out) {
    advance(1ms);
    engine().write_log(id, line, channel);
  }
  void print_all(const std::string& id, int from, int to) {
    for (int n = from; n <= to; ++n)
      print(id, std::to_string(n));
  }
  static strings numbers(int from, int to) {
    strings out;
    for (int n = from; n <= to; ++n)
      out.push_back(std::to_string(n));
    return out;
  }

  using answer = std::shared_ptr<test::asked<log_watch_answer>>;
  answer begin_watch(const std::string& id, const std::shared_ptr<browser>& who,
                     log_watch_options options = {}, std::uint64_t number = 1) {
    watch_log w;
    w.client = std::to_string(reinterpret_cast<std::uintptr_t>(who.get()));
    w.watch = number;
    w.container_id = id;
    w.spelling = "web";
    w.options = options;
    w.to = who;
    return ask<log_watch_answer>(hub_, w);
  }
  std::string watch(const std::string& id, const std::shared_ptr<browser>& who,
                    log_watch_options options = {}, std::uint64_t number = 1) {
    const auto got = begin_watch(id, who, options, number);
    until([&] { return got->answered(); }, 20s);
    if (!got->answered()) return "no answer";
    const auto& failure = got->answers.front().failure;
    return failure ? std::string(to_string(failure->code)) : "ok";
  }
  void unwatch(const std::shared_ptr<browser>& who, std::uint64_t number = 1) {
    tell(hub_, unwatch_log{std::to_string(reinterpret_cast<std::uintptr_t>(who.get())), number});
    settle();
  }
  void leave(const std::shared_ptr<browser>& who) {
    who->there = false;
    tell(hub_, client_gone{std::to_string(reinterpret_cast<std::uintptr_t>(who.get()))});
    settle();
  }
  log_counts counts() {
    const auto got = ask<log_counts>(hub_, get_log_counts{});
    settle();
    return got->answers.at(0);
  }
  void stop(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().stop(id, 1s, 5s, std::move(d)); });
  }
  void start_again(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().start(id, 5s, std::move(d)); });
  }
  void remove(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().remove(id, 5s, std::move(d)); });
  }
  /// The next one that opens a log gets this, or waits so long.
  void fail_a_look(docker::engine_errc why) {
    docker::simulated_fault fault;
    fault.kind = call_kind::logs;
    fault.error = docker::engine_error{why, "no answer"};
    fault.times = 1;
    engine().order(fault);
  }
  void delay_a_look(std::chrono::milliseconds delay) {
    docker::simulated_fault fault;
    fault.kind = call_kind::logs;
    fault.delay = delay;
    fault.times = 1;
    engine().order(fault);
  }
  void hang_a_look() {
    docker::simulated_fault fault;
    fault.kind = call_kind::logs;
    fault.hang = true;
    fault.times = 1;
    engine().order(fault);
  }
  static std::shared_ptr<browser> somebody() { return std::make_shared<browser>(); }

  docker_actor docker_;
  log_hub_actor hub_;
};

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
