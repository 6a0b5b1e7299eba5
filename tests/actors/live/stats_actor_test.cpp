// SPDX-License-Identifier: MIT
// The stats sampler in virtual time, with a reader that answers from a table, and clients that keep
// what they get.
#include "../node/fixture.hpp"
#include "actors/live/stats_actor.hpp"
#include "actors/live/stats_update.hpp"
#include "protocol/engineio_server.hpp"

#include <algorithm>

namespace dockhost::actors::test {
namespace {

class kept_packets final : public live_outlet {
public:
  bool emit(std::shared_ptr<const protocol::engineio::server::outgoing> packet,
            std::size_t) override {
    if (full) return false;
    packets.push_back(std::move(packet));
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool connected() const override { return true; }

  /// The payload of the n-th update from the end.
  [[nodiscard]] json::value update(std::size_t back = 0) const {
    const auto& text = packets.at(packets.size() - 1 - back)->text;
    constexpr std::string_view start = "42[\"stats_update\",";
    EXPECT_TRUE(text.starts_with(start)) << text;
    const auto parsed = json::parse(text.substr(2));
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? (*parsed->as_array())[1] : json::value();
  }
  /// How the containers in it are called.
  [[nodiscard]] std::vector<std::string> ids(std::size_t back = 0) const {
    std::vector<std::string> out;
    const auto payload = update(back);
    for (const auto& c : *payload.find("containers")->as_array())
      out.push_back(*c.find("container_id")->as_string());
    return out;
  }
  /// A member of the first container in it; nothing where it is null.
  [[nodiscard]] std::optional<double> figure(const std::string& name, std::size_t back = 0) const {
    const auto payload = update(back);
    double out = 0;
    const auto& first = payload.find("containers")->as_array()->at(0);
    if (!first.find(name)->get_double(out)) return std::nullopt;
    return out;
  }

  std::vector<std::shared_ptr<const protocol::engineio::server::outgoing>> packets;
  bool full = false;
};

using containers = std::vector<stats_container>;

class stats_world : public actor_world {
protected:
  /// From here on there is an engine, and the sampler.
  void begin() {
    docker_ = spawn_docker();
    stats = track(system().spawn(stats_behavior, env(), docker_,
                                 stats_reader_factory([this] { return make_reader(); })));
    settle();
  }
  stats_reader_actor make_reader() {
    ++readers;
    auto made = system().spawn([this](stats_reader_actor::pointer) {
      return stats_reader_actor::behavior_type{[this](read_usages& asked) {
        reads.push_back(asked);
        if (!stalled) answer(asked);
      }};
    });
    reader_ended = std::make_shared<bool>(false);
    track(
        system().spawn([ended = reader_ended, made](caf::event_based_actor* self) -> caf::behavior {
          self->monitor(made);
          self->set_down_handler([ended](caf::scheduled_actor*, caf::down_msg&) { *ended = true; });
          return {[](int) {}};
        }));
    reader = made;
    return track(made);
  }
  void answer(const read_usages& asked) {
    usages_read out{asked.round, {}};
    for (const auto& [id, pid] : asked.containers) {
      const auto it = machine.find(pid);
      if (it == machine.end()) {
        out.usages.emplace_back(id, std::nullopt);
        continue;
      }
      auto used = it->second;
      used.clock_ns = now().time_since_epoch().count();
      used.cpu_ns = used.clock_ns / 4;
      out.usages.emplace_back(id, used);
    }
    caf::anon_send(asked.answer_to, std::move(out));
  }
  /// A container in the engine, and its process in the machine.
  std::string run(const std::string& name) {
    auto spec = our_spec(name, static_cast<std::uint16_t>(20'000 + 3 * machine.size()));
    const auto id = place(spec);
    container_usage used;
    used.memory_bytes = 1'000;
    used.pids = 3;
    machine[pid_of(id)] = used;
    return id;
  }
  std::int64_t pid_of(const std::string& id) {
    return now_at_engine<docker::container_details>(
               [&](auto done) { engine().inspect(id, 1s, std::move(done)); })
        ->pid;
  }
  std::shared_ptr<kept_packets> watch(const std::string& client, std::chrono::milliseconds interval,
                                      std::optional<std::vector<stats_container>> what = {}) {
    auto to = std::make_shared<kept_packets>();
    tell(stats, subscribe_stats{client, interval, std::move(what), to});
    settle();
    return to;
  }
  /// To a moment at which all intervals begin anew.
  void to_the_hour() {
    const auto since = now().time_since_epoch() % 1h;
    advance(std::chrono::ceil<std::chrono::milliseconds>(1h - since));
  }
  [[nodiscard]] std::size_t inspects() { return engine().calls(docker::call_kind::inspect); }

  docker_actor docker_;
  stats_actor stats;
  stats_reader_actor reader;
  std::shared_ptr<bool> reader_ended;
  std::size_t readers = 0;
  std::vector<read_usages> reads;
  std::map<std::int64_t, container_usage> machine; ///< by process
  bool stalled = false;

  void TearDown() override {
    reads.clear();
    docker_ = nullptr;
    stats = nullptr;
    reader = nullptr;
    actor_world::TearDown();
  }
};

TEST_F(stats_world, nothing_is_read_while_nobody_watches) {
  begin();
  const auto id = run("alice");
  const auto before = inspects();
  tell(stats, container_runs{id});
  advance(1min);
  EXPECT_EQ(readers, 0U);
  EXPECT_EQ(inspects(), before);
  const auto client = watch("c", 1s);
  advance(10s);
  EXPECT_EQ(client->packets.size(), 10U);
  tell(stats, unsubscribe_stats{"c"});
  settle();
  EXPECT_TRUE(*reader_ended);
  const auto read = reads.size();
  advance(1min);
  EXPECT_EQ(reads.size(), read);
  EXPECT_EQ(client->packets.size(), 10U);
  EXPECT_EQ(inspects(), before + 1); // its process was asked for once
}

TEST_F(stats_world, the_first_update_has_a_percentage_because_there_was_a_look_before) {
  begin();
  tell(stats, container_runs{run("alice")});
  const auto client = watch("c", 1s);
  EXPECT_TRUE(client->packets.empty());
  EXPECT_EQ(reads.size(), 1U);
  advance(1s);
  ASSERT_EQ(client->packets.size(), 1U);
  EXPECT_EQ(client->figure("cpu_percent"), 25.0);
  EXPECT_EQ(client->figure("memory_bytes"), 1'000.0);
  EXPECT_EQ(client->figure("pids"), 3.0);
  EXPECT_EQ(client->figure("net_rx_bytes"), std::nullopt);
  std::int64_t at = 0;
  EXPECT_TRUE(client->update().find("at")->get_int(at));
  EXPECT_GT(at, 1'700'000'000'000);
}

TEST_F(stats_world, equal_intervals_share_looks_and_packets) {
  begin();
  tell(stats, container_runs{run("alice")});
  to_the_hour();
  advance(130ms);
  const auto a = watch("a", 1s);
  advance(310ms);
  const auto b = watch("b", 1s);
  reads.clear();
  advance(10s);
  EXPECT_EQ(reads.size(), 10U);
  ASSERT_EQ(a->packets.size(), 10U);
  ASSERT_EQ(b->packets.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(a->packets[i].get(), b->packets[i].get()); // encoded once
}

TEST_F(stats_world, an_odd_interval_is_kept_to) {
  begin();
  tell(stats, container_runs{run("alice")});
  const struct {
    std::chrono::milliseconds interval;
    std::chrono::milliseconds shortest, longest; ///< between two updates
  } rows[] = {{1'100ms, 1'100ms, 1'100ms}, {275ms, 275ms, 275ms}, {333ms, 325ms, 350ms}};
  for (const auto& row : rows) {
    const auto client = watch("c", row.interval);
    EXPECT_TRUE(until([&] { return client->packets.size() == 1; }));
    const auto begin = now();
    auto last = begin;
    for (std::size_t seen = 1; seen < 101; ++seen) {
      EXPECT_TRUE(until([&] { return client->packets.size() == seen + 1; }));
      EXPECT_GE(now() - last, row.shortest);
      EXPECT_LE(now() - last, row.longest);
      last = now();
    }
    EXPECT_LT(std::chrono::abs(last - begin - 100 * row.interval), 25ms);
    EXPECT_NE(client->figure("cpu_percent"), std::nullopt);
  }
}

TEST_F(stats_world, however_intervals_lie_each_container_is_looked_at_eight_times_a_second) {
  begin();
  tell(stats, container_runs{run("alice")});
  std::vector<std::shared_ptr<kept_packets>> clients;
  for (int i = 0; i < 40; ++i)
    clients.push_back(watch("c" + std::to_string(i), 251ms + 7ms * i));
  reads.clear();
  advance(10s);
  EXPECT_LE(reads.size(), 81U);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto expected = 10'000.0 / (251.0 + 7.0 * static_cast<double>(i));
    EXPECT_NEAR(static_cast<double>(clients[i]->packets.size()), expected, 1.0) << i;
    EXPECT_EQ(clients[i]->figure("cpu_percent"), 25.0);
  }
}

TEST_F(stats_world, differing_intervals_share_looks_where_they_meet) {
  begin();
  tell(stats, container_runs{run("alice")});
  to_the_hour();
  const auto fast = watch("fast", 1ms); // 250 ms is the shortest
  const auto half = watch("half", 500ms);
  const auto slow = watch("slow", 1s);
  reads.clear();
  advance(10s);
  EXPECT_EQ(reads.size(), 40U);
  EXPECT_EQ(fast->packets.size(), 40U);
  EXPECT_EQ(half->packets.size(), 20U);
  EXPECT_EQ(slow->packets.size(), 10U);
}

TEST_F(stats_world, a_client_gets_what_it_asked_for_by_its_own_names) {
  begin();
  const auto alice = run("alice"), bob = run("bob"), carol = run("carol");
  for (const auto& id : {alice, bob, carol})
    tell(stats, container_runs{id});
  const auto one = watch("one", 1s, containers{{alice, "the-first"}});
  const auto two = watch("two", 1s, containers{{bob, ""}, {alice, ""}, {bob, ""}});
  const auto same = watch("same", 1s, containers{{alice, ""}, {bob, ""}});
  const auto none = watch("none", 1s, containers{{std::string(64, 'f'), ""}});
  reads.clear();
  advance(1s);
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_EQ(reads[0].containers.size(), 2U); // nobody asked for carol
  EXPECT_EQ(one->ids(), std::vector<std::string>{"the-first"});
  EXPECT_EQ(two->ids(), (std::vector<std::string>{std::min(alice, bob), std::max(alice, bob)}));
  EXPECT_EQ(two->packets.at(0).get(), same->packets.at(0).get());
  EXPECT_TRUE(none->ids().empty());
  const auto all = watch("all", 1s);
  advance(1s);
  EXPECT_EQ(all->ids().size(), 3U);
}

TEST_F(stats_world, containers_come_and_go) {
  begin();
  const auto alice = run("alice"), bob = run("bob");
  tell(stats, containers_running{{{alice, 0}, {bob, 0}}});
  const auto client = watch("c", 1s);
  advance(1s);
  EXPECT_EQ(client->ids().size(), 2U);
  tell(stats, container_ended{alice});
  advance(1s);
  EXPECT_EQ(client->ids(), std::vector<std::string>{bob});
  tell(stats, containers_running{{{alice, 0}}});
  advance(1s);
  EXPECT_EQ(client->ids(), std::vector<std::string>{alice});
  tell(stats, containers_running{{}});
  advance(1s);
  EXPECT_TRUE(client->ids().empty());
}

TEST_F(stats_world, a_process_is_asked_for_once_per_start) {
  begin();
  const auto id = run("alice");
  const auto before = inspects();
  tell(stats, container_runs{id});
  const auto client = watch("c", 250ms);
  advance(1min);
  for (int relist = 0; relist < 3; ++relist)
    tell(stats, containers_running{{{id, 0}}});
  advance(1min);
  EXPECT_EQ(inspects(), before + 1);
  tell(stats, container_runs{id}); // started again
  advance(1min);
  EXPECT_EQ(inspects(), before + 2);
  tell(stats, container_runs{id, 4'711}); // who tells knows it
  machine[4'711].pids = 9;
  advance(1min);
  EXPECT_EQ(inspects(), before + 2);
  EXPECT_EQ(client->figure("pids"), 9.0);
}

TEST_F(stats_world, a_start_that_nobody_told_of_is_found_out) {
  begin();
  const auto id = run("alice");
  tell(stats, container_runs{id, 99}); // no such process
  const auto before = inspects();
  const auto client = watch("c", 1s);
  advance(2s);
  EXPECT_EQ(client->ids(), std::vector<std::string>{id});
  EXPECT_EQ(inspects(), before + 1);
}

TEST_F(stats_world, a_container_that_has_ended_is_neither_shown_nor_asked_for) {
  begin();
  const auto id = run("alice");
  tell(stats, container_runs{id});
  const auto client = watch("c", 1s);
  advance(2s);
  const auto before = inspects();
  machine.clear();
  engine().exit_container(id, 0); // and nobody tells of it
  advance(1min);
  EXPECT_TRUE(client->ids().empty());
  EXPECT_EQ(engine().calls(docker::call_kind::stats), 0U);
  EXPECT_LE(inspects(), before + 14); // not at every tick
}

TEST_F(stats_world, a_container_whose_files_cannot_be_read_is_asked_for_at_the_engine) {
  begin();
  const auto hidden = run("alice"), seen = run("bob");
  machine.erase(pid_of(hidden));
  for (const auto& id : {hidden, seen})
    tell(stats, container_runs{id});
  const auto before = inspects();
  to_the_hour();
  const auto hers = watch("hers", 1s, containers{{hidden, ""}});
  const auto his = watch("his", 1s, containers{{seen, ""}});
  advance(58s);
  ASSERT_EQ(hers->packets.size(), 58U);
  for (std::size_t back = 0; back < 58; ++back) {
    EXPECT_EQ(hers->ids(back), std::vector<std::string>{hidden});
    EXPECT_EQ(hers->figure("cpu_percent", back), 10.0); // also in the first one
    EXPECT_EQ(his->figure("cpu_percent", back), 25.0);
  }
  const auto tries = [&] {
    return std::ranges::count_if(reads, [&](const read_usages& asked) {
      return std::ranges::any_of(asked.containers,
                                 [&](const auto& each) { return each.first == hidden; });
    });
  };
  EXPECT_EQ(tries(), 1); // not at each tick
  EXPECT_EQ(inspects(), before + 2);
  EXPECT_EQ(engine().calls(docker::call_kind::stats), 59U);

  // Now and then they are tried again, and nobody misses an update by that.
  advance(60s);
  EXPECT_EQ(tries(), 2);
  EXPECT_EQ(inspects(), before + 3);
  ASSERT_EQ(hers->packets.size(), 118U);
  for (std::size_t back = 0; back < 118; ++back)
    EXPECT_EQ(hers->figure("cpu_percent", back), 10.0);

  // And they are used as soon as they give something.
  machine[pid_of(hidden)].memory_bytes = 1'234;
  advance(63s);
  EXPECT_EQ(hers->figure("cpu_percent"), 25.0);
  EXPECT_EQ(hers->figure("memory_bytes"), 1'234.0);
  const auto asked = engine().calls(docker::call_kind::stats);
  advance(1min);
  EXPECT_EQ(engine().calls(docker::call_kind::stats), asked);
}

TEST_F(stats_world, an_unreadable_container_is_judged_anew_at_each_start) {
  begin();
  const auto id = run("alice");
  const auto pid = pid_of(id);
  const auto used = machine.at(pid);
  machine.clear();
  tell(stats, container_runs{id});
  const auto client = watch("c", 1s);
  advance(3s);
  EXPECT_EQ(client->figure("cpu_percent"), 10.0);
  machine[pid] = used;
  tell(stats, container_runs{id});
  advance(3s);
  EXPECT_EQ(client->figure("cpu_percent"), 25.0);
}

TEST_F(stats_world, counters_that_go_back_give_no_percentage_once) {
  begin();
  const auto id = run("alice");
  tell(stats, container_runs{id});
  const auto client = watch("c", 1s);
  advance(2s);
  EXPECT_EQ(client->figure("cpu_percent"), 25.0);
  stalled = true;
  advance(1s);
  usages_read back{reads.back().round, {{id, container_usage{}}}};
  back.usages[0].second->cpu_ns = 5;
  back.usages[0].second->clock_ns = now().time_since_epoch().count();
  tell(stats, back);
  settle();
  EXPECT_EQ(client->figure("cpu_percent"), std::nullopt);
}

TEST_F(stats_world, a_reader_that_stalls_gets_no_more_work_and_holds_up_nobody) {
  begin();
  tell(stats, container_runs{run("alice")});
  const auto client = watch("c", 1s);
  advance(1s);
  stalled = true;
  advance(1min);
  const auto before = reads.size();
  advance(1h);
  EXPECT_EQ(reads.size(), before);
  // Who comes and goes meanwhile leaves nothing behind.
  for (int i = 0; i < 5; ++i) {
    tell(stats, client_gone{"c"});
    tell(stats, subscribe_stats{"c", 1s, {}, client});
  }
  settle();
  EXPECT_EQ(readers, 1U);
  stalled = false;
  answer(reads.back());
  const auto sent = client->packets.size();
  advance(10s);
  EXPECT_GE(client->packets.size(), sent + 10);
}

TEST_F(stats_world, a_reader_that_stalls_is_ended_when_it_answers_and_nobody_is_left) {
  begin();
  tell(stats, container_runs{run("alice")});
  stalled = true;
  const auto client = watch("c", 1s);
  tell(stats, client_gone{"c"});
  settle();
  EXPECT_FALSE(*reader_ended);
  answer(reads.back());
  settle();
  EXPECT_TRUE(*reader_ended);
  EXPECT_TRUE(client->packets.empty());
}

TEST_F(stats_world, a_reader_that_dies_is_replaced) {
  begin();
  tell(stats, container_runs{run("alice")});
  const auto client = watch("c", 1s);
  advance(1s);
  kill(reader);
  advance(10s);
  EXPECT_EQ(readers, 2U);
  EXPECT_EQ(client->figure("cpu_percent"), 25.0);
}

TEST_F(stats_world, a_tick_during_a_round_is_made_up_for) {
  begin();
  tell(stats, container_runs{run("alice")});
  to_the_hour();
  const auto client = watch("c", 1h);
  stalled = true;
  tell(stats, container_runs{run("bob")}); // a first look, which takes long
  advance(1h);
  EXPECT_TRUE(client->packets.empty());
  stalled = false;
  answer(reads.back());
  settle();
  EXPECT_EQ(client->packets.size(), 1U);
}

TEST_F(stats_world, a_new_subscription_replaces_the_old_one) {
  begin();
  tell(stats, container_runs{run("alice")});
  to_the_hour();
  const auto first = watch("c", 250ms);
  advance(1s);
  EXPECT_EQ(first->packets.size(), 4U);
  const auto second = watch("c", 1s);
  advance(4s);
  EXPECT_EQ(first->packets.size(), 4U);
  EXPECT_EQ(second->packets.size(), 4U);
}

TEST_F(stats_world, a_full_client_misses_updates_and_nothing_else) {
  begin();
  tell(stats, container_runs{run("alice")});
  const auto slow = watch("slow", 1s), other = watch("other", 1s);
  slow->full = true;
  advance(5s);
  EXPECT_EQ(other->packets.size(), 5U);
  slow->full = false;
  advance(1s);
  EXPECT_EQ(slow->packets.size(), 1U);
}

TEST_F(stats_world, a_long_interval_is_not_due_at_a_newcomers_first_tick) {
  begin();
  tell(stats, container_runs{run("alice")});
  to_the_hour();
  const auto gone = watch("gone", 1s);
  advance(5s);
  tell(stats, client_gone{"gone"});
  advance(2h + 10s);
  const auto fast = watch("fast", 250ms), hourly = watch("hourly", 1h);
  advance(10s);
  EXPECT_EQ(fast->packets.size(), 40U);
  EXPECT_TRUE(hourly->packets.empty());
}

TEST_F(stats_world, a_remote_engine_is_asked_and_local_files_are_never_read) {
  simulated.remote = true;
  begin();
  const auto id = run("alice");
  tell(stats, container_runs{id, 1});
  const auto client = watch("c", 1s);
  advance(5s);
  EXPECT_EQ(readers, 0U);
  EXPECT_EQ(client->ids(), std::vector<std::string>{id});
  EXPECT_EQ(client->figure("cpu_percent"), 10.0);
  EXPECT_EQ(client->figure("pids"), 1.0);
  container_usage ordered;
  ordered.cpu_percent = 77.5;                          // as the docker program tells it
  ordered.memory_limit_bytes = std::int64_t{64} << 30; // the machine's memory: no limit
  engine().set_usage(id, ordered);
  advance(1s);
  EXPECT_EQ(client->figure("cpu_percent"), 77.5);
  EXPECT_EQ(client->figure("memory_limit_bytes"), 0.0);
  engine().exit_container(id, 0);
  advance(1s);
  EXPECT_TRUE(client->ids().empty());
}

TEST_F(stats_world, a_remote_engine_is_asked_for_one_container_at_a_time) {
  simulated.remote = true;
  simulated.latency = 50ms;
  begin();
  for (const char* who : {"alice", "bob", "carol"})
    tell(stats, container_runs{run(who)});
  const auto client = watch("c", 1s);
  advance(10s);
  EXPECT_EQ(engine().most_at_once(docker::call_kind::stats), 1U);
  EXPECT_GE(client->packets.size(), 9U);
  EXPECT_EQ(client->ids().size(), 3U);
}

TEST_F(stats_world, nothing_is_read_before_the_engine_has_said_where_it_is) {
  (void)env();
  engine().set_reachable(false);
  begin();
  tell(stats, container_runs{std::string(64, 'a'), 5});
  machine[5] = {};
  const auto client = watch("c", 250ms);
  advance(5s);
  EXPECT_EQ(readers, 0U);
  engine().set_reachable(true);
  advance(10s);
  EXPECT_EQ(readers, 1U);
  // A local engine that goes away later does not take the files with it.
  docker::engine_info local;
  local.version = "28.2.2";
  tell(stats, engine_health{false, local, "gone"});
  const auto sent = client->packets.size();
  advance(5s);
  EXPECT_GE(client->packets.size(), sent + 19);
}

TEST(stats_update, as_it_goes_out) {
  container_usage used;
  used.memory_bytes = 5;
  used.memory_limit_bytes = 0;
  used.net_rx_bytes = 9'223'372'036'854'775'807;
  used.pids = 2;
  stats_payload payload(1'700'000'000'123);
  payload.add("a\"b", stats_members(12.345678, used));
  payload.add("c", stats_members(std::nullopt, {}));
  EXPECT_EQ(std::move(payload).finish(),
            R"({"at":1700000000123,"containers":[{"container_id":"a\"b","cpu_percent":12.35,)"
            R"("memory_bytes":5,"memory_limit_bytes":0,"net_rx_bytes":9223372036854775807,)"
            R"("net_tx_bytes":null,"block_read_bytes":null,"block_write_bytes":null,"pids":2},)"
            R"({"container_id":"c","cpu_percent":null,"memory_bytes":null,)"
            R"("memory_limit_bytes":null,"net_rx_bytes":null,"net_tx_bytes":null,)"
            R"("block_read_bytes":null,"block_write_bytes":null,"pids":null}]})");
  EXPECT_EQ(stats_payload(1).finish(), R"({"at":1,"containers":[]})");
  EXPECT_TRUE(stats_members(-1.0, {}).starts_with(",\"cpu_percent\":null,"));
}

} // namespace
} // namespace dockhost::actors::test
