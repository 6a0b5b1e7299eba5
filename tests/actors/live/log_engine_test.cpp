// SPDX-License-Identifier: MIT
// Log streams of a real engine, reached through a proxy that counts connections and can cut them.
#include "actors/live/log_hub_actor.hpp"
#include "actors/live/log_packets.hpp"
#include "actors/node/docker_actor.hpp"
#include "docker/engine_factory.hpp"
#include "net/io_thread.hpp"
#include "protocol/engineio_server.hpp"
#include "tests/support/await.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_engine.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using dockhost::test::await;
using dockhost::test::eventually;
using dockhost::test::run_program;
using dockhost::test::test_engine;

/// Keeps the lines of log_update events, without timestamps.
class browser final : public live_outlet {
public:
  bool emit(log_packet packet, std::size_t budget) override {
    const std::lock_guard lock(mutex_);
    if (gone_ || queued_ + packet->bytes() > budget) return false;
    if (stopped_reading_) queued_ += packet->bytes();
    ++packets_;
    if (raw_) {
      texts_.push_back(std::move(packet));
      return true;
    }
    take(packet->text);
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override {
    const std::lock_guard lock(mutex_);
    return queued_;
  }
  [[nodiscard]] bool connected() const override {
    const std::lock_guard lock(mutex_);
    return !gone_;
  }

  void stop_reading() {
    const std::lock_guard lock(mutex_);
    stopped_reading_ = true;
  }
  void vanish() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }

  /// Packets are read at the end only: for measurements.
  void keep_raw() { raw_ = true; }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    for (const auto& packet : texts_)
      take(packet->text);
    texts_.clear();
    return lines_;
  }
  std::size_t packets() {
    const std::lock_guard lock(mutex_);
    return packets_;
  }
  /// Whether a packet has come with this text in it.
  bool has_raw(std::string_view text) {
    const std::lock_guard lock(mutex_);
    return !texts_.empty() && texts_.back()->text.find(text) != std::string::npos;
  }

private:
  void take(const std::string& text) {
    const auto parsed = json::parse(text.substr(text.find('[')));
    const auto& args = *parsed->as_array();
    const auto& name = *args[0].as_string();
    if (name == "log_gap") lines_.push_back("!" + *args[1].find("reason")->as_string());
    if (name == "log_stream_stopped") lines_.push_back("." + *args[1].find("reason")->as_string());
    if (name != "log_update") return;
    std::string_view rest = *args[1].find("log")->as_string();
    for (;;) {
      const auto end = rest.find('\n');
      lines_.emplace_back(rest.substr(0, end));
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
  }

  mutable std::mutex mutex_;
  bool raw_ = false;
  bool stopped_reading_ = false;
  bool gone_ = false;
  std::size_t queued_ = 0; ///< since it stopped reading
  std::size_t packets_ = 0;
  std::vector<log_packet> texts_;
  std::vector<std::string> lines_;
};

class log_engine_test : public ::testing::Test {
protected:
  log_engine_test() : proxy_("unix://" + folder_.file("engine.sock"), test_engine::host()) {
    auto world = std::make_shared<environment>();
    world->make_engine = [this]() -> std::shared_ptr<docker::engine> {
      docker::engine_options options;
      options.host = "unix://" + folder_.file("engine.sock");
      return docker::make_engine(options, io_).value();
    };
    world->unix_ms = [] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
    world->uniform = [] { return 0.5; };
    caf_config_.set("scheduler.policy", caf::atom("sharing"));
    caf_config_.set("scheduler.max-threads", std::size_t{2});
    system_ = std::make_unique<caf::actor_system>(caf_config_);
    docker_ = system_->spawn(docker_behavior, environment_ptr(world));
    hub_ = system_->spawn(log_hub_behavior, environment_ptr(world), docker_);
  }
  ~log_engine_test() override {
    end_now(hub_, caf::exit_reason::kill);
    end_now(docker_, caf::exit_reason::kill);
    hub_ = nullptr;
    docker_ = nullptr;
    system_.reset();
    for (const auto& name : names_)
      (void)run_program({"docker", "rm", "-f", name});
  }

  /// Runs a shell script in a container of its own; its full id.
  std::string run(std::vector<std::string> options, const std::string& script) {
    names_.push_back("logs-" + std::to_string(::getpid()) + "-" + std::to_string(names_.size()));
    std::vector<std::string> args{"docker", "run", "-d", "--init", "--name", names_.back()};
    args.insert(args.end(), options.begin(), options.end());
    args.insert(args.end(), {test_engine::image(), "sh", "-c", script});
    auto out = run_program(args).output;
    while (!out.empty() && out.back() == '\n')
      out.pop_back();
    return out.substr(out.size() - std::min<std::size_t>(64, out.size()));
  }
  std::string watch(const std::string& id, const std::shared_ptr<browser>& who,
                    std::size_t tail = 1'000'000) {
    watch_log w;
    w.client = std::to_string(reinterpret_cast<std::uintptr_t>(who.get()));
    w.watch = 1;
    w.container_id = id;
    w.spelling = "web";
    w.options.tail = tail;
    w.options.timestamps = false;
    w.to = who;
    return await<std::string>([&](auto done) {
      system_->spawn([hub = hub_, w, done](caf::event_based_actor* self) {
        self->request(hub, 20s, w)
            .then(
                [done](const log_watch_answer& a) { done(a.failure ? a.failure->message : "ok"); },
                [done](const caf::error& e) { done(caf::to_string(e)); });
      });
    });
  }
  void unwatch(const std::shared_ptr<browser>& who) {
    caf::anon_send(hub_,
                   unwatch_log{std::to_string(reinterpret_cast<std::uintptr_t>(who.get())), 1});
  }
  void drop(const std::shared_ptr<browser>& who) {
    who->vanish();
    caf::anon_send(hub_, client_gone{std::to_string(reinterpret_cast<std::uintptr_t>(who.get()))});
  }
  static bool has(const std::shared_ptr<browser>& who, const std::string& line) {
    return eventually([&] {
      const auto lines = who->lines();
      return std::find(lines.begin(), lines.end(), line) != lines.end();
    });
  }

  dockhost::test::temp_folder folder_;
  dockhost::test::fault_proxy proxy_;
  net::io_thread io_;
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  docker_actor docker_;
  log_hub_actor hub_;
  std::vector<std::string> names_;
};

std::vector<std::string> counted(int from, int to) {
  std::vector<std::string> out;
  for (int n = from; n <= to; ++n)
    out.push_back("line " + std::to_string(n));
  return out;
}

double cpu_seconds() {
  ::rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const ::timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

TEST_F(log_engine_test, a_flood_of_200000_lines_arrives_whole_and_in_order) {
  const auto id = run({}, "seq -f 'line %.0f' 1 200000; echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ann->keep_raw();
  const auto before = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(eventually([&] { return ann->has_raw("over"); }, 60s));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("lines_per_second", static_cast<int>(200'000 / took.count()));
  RecordProperty("cpu_ms", static_cast<int>((cpu_seconds() - before) * 1'000));
  std::printf("flood: %.0f lines/s, %.2f core-seconds, %zu packets\n", 200'000 / took.count(),
              cpu_seconds() - before, ann->packets());
  auto expected = counted(1, 200'000);
  expected.emplace_back("over");
  EXPECT_TRUE(ann->lines() == expected);
}

TEST_F(log_engine_test, ten_watchers_share_one_connection_which_goes_with_the_last) {
  const auto id = run({}, "for n in 1 2 3 4 5; do echo line $n; done; sleep 600");
  std::vector<std::shared_ptr<browser>> all;
  for (int n = 0; n < 10; ++n) {
    all.push_back(std::make_shared<browser>());
    ASSERT_EQ(watch(id, all.back()), "ok");
    ASSERT_TRUE(has(all.back(), "line 5"));
  }
  // The pool's idle connections are closed by themselves after a while: what stays is the follow.
  const auto with = proxy_.open();
  for (const auto& who : all)
    unwatch(who);
  EXPECT_TRUE(eventually([&] { return proxy_.open() < with; }, 5s));
  for (const auto& who : all) {
    EXPECT_TRUE(has(who, ".requested"));
    auto lines = who->lines();
    ASSERT_FALSE(lines.empty());
    lines.pop_back();
    EXPECT_EQ(lines, counted(1, 5));
  }
}

constexpr const char* endless = "while :; do seq -f 'line %.0f' 1 100000; done";

TEST_F(log_engine_test, LogStreamsThatStartAndStopInALoopLeaveNothing) {
  const auto id = run({}, endless);
  const auto ann = std::make_shared<browser>();
  ann->keep_raw();
  for (int n = 0; n < 100; ++n) {
    const auto before = ann->packets();
    ASSERT_EQ(watch(id, ann, 0), "ok");
    if (n % 10 == 0) {
      ASSERT_TRUE(eventually([&] { return ann->packets() > before; }));
    }
    unwatch(ann);
  }
  EXPECT_TRUE(eventually([&] { return proxy_.followed() == 0; }, 5s));
  // The one that ends, and the one that begins.
  EXPECT_LE(proxy_.most_followed(), 2U);
  EXPECT_GE(proxy_.most_followed(), 1U);
}

TEST_F(log_engine_test, LogStreamsOfAHundredClientsThatDropLeaveNothing) {
  const auto id = run({}, endless);
  std::vector<std::shared_ptr<browser>> all;
  for (int n = 0; n < 100; ++n) {
    all.push_back(std::make_shared<browser>());
    all.back()->keep_raw();
    ASSERT_EQ(watch(id, all.back(), 0), "ok");
    // So many at a time are let in while they read where the others are.
    if (n % 20 == 19) {
      ASSERT_TRUE(eventually([&] { return all.back()->packets() > 0; }));
    }
  }
  for (const auto& who : all)
    ASSERT_TRUE(eventually([&] { return who->packets() > 0; }));
  EXPECT_EQ(proxy_.followed(), 1U);
  EXPECT_EQ(proxy_.most_followed(), 1U);
  for (const auto& who : all)
    drop(who);
  EXPECT_TRUE(eventually([&] { return proxy_.followed() == 0; }, 5s));
}

TEST_F(log_engine_test, LogStreamsOfAClientThatStopsReadingHoldTheBudget) {
  const auto id = run({}, endless);
  const auto slow = std::make_shared<browser>(), quick = std::make_shared<browser>();
  slow->keep_raw();
  quick->keep_raw();
  ASSERT_EQ(watch(id, slow, 0), "ok");
  ASSERT_TRUE(eventually([&] { return slow->packets() > 0; }));
  slow->stop_reading();
  // Alone, it sets the pace: well before its budget nothing more is read.
  constexpr std::size_t budget = log_allowance::default_budget;
  ASSERT_TRUE(eventually([&] { return slow->queued_bytes() >= budget / 4; }));
  EXPECT_LT(slow->queued_bytes(), budget / 2);
  drop(slow);
  EXPECT_TRUE(eventually([&] { return proxy_.followed() == 0; }, 5s));

  // Beside a quick one it misses what is over its budget.
  const auto other = std::make_shared<browser>();
  other->keep_raw();
  ASSERT_EQ(watch(id, quick, 0), "ok");
  ASSERT_EQ(watch(id, other, 0), "ok");
  ASSERT_TRUE(eventually([&] { return other->packets() > 0; }));
  other->stop_reading();
  ASSERT_TRUE(eventually([&] { return other->queued_bytes() >= budget / 2; }));
  const auto packets = quick->packets();
  ASSERT_TRUE(eventually([&] { return quick->packets() > packets + 200; }));
  EXPECT_LE(other->queued_bytes(), budget);
  EXPECT_EQ(proxy_.followed(), 1U);
  drop(quick);
  drop(other);
  EXPECT_TRUE(eventually([&] { return proxy_.followed() == 0; }, 5s));
}

TEST_F(log_engine_test, a_terminals_output_has_no_carriage_returns) {
  const auto id = run({"-t"}, "for n in 1 2 3; do echo line $n; done; echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "over"));
  auto expected = counted(1, 3);
  expected.emplace_back("over");
  EXPECT_EQ(ann->lines(), expected);
}

TEST_F(log_engine_test, long_lines_arrive_whole) {
  for (const std::string tty : {"-i", "-t"}) {
    const auto id =
        run({tty}, "head -c 100000 /dev/zero | tr '\\0' 'x'; echo; echo over; sleep 600");
    const auto ann = std::make_shared<browser>();
    ASSERT_EQ(watch(id, ann), "ok");
    ASSERT_TRUE(has(ann, "over"));
    EXPECT_TRUE(ann->lines().front() == std::string(100'000, 'x')) << tty;
  }
}

TEST_F(log_engine_test, follows_across_a_restart_of_the_container_and_a_cut_connection) {
  const auto id = run({}, "n=$(cat /n 2>/dev/null || echo 0); while :; do n=$((n + 1)); "
                          "echo $n >/n.new; mv /n.new /n; echo line $n; sleep 0.01; done");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "line 20"));
  proxy_.cut(true);
  ASSERT_TRUE(eventually([&] { return proxy_.open() == 0; }));
  proxy_.cut(false);
  const auto after_cut = "line " + std::to_string(ann->lines().size() + 20);
  ASSERT_TRUE(has(ann, after_cut));
  (void)run_program({"docker", "restart", "-t", "1", names_.back()});
  const auto after_restart = "line " + std::to_string(ann->lines().size() + 20);
  ASSERT_TRUE(has(ann, after_restart));
  const auto lines = ann->lines();
  // A number that was written down may have been printed by nobody, at the kill: never twice.
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "!rotation"), 0);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "!engine_restart"), 0);
}

// The engine's own follow repeats a line or more at nearly every rotation.
TEST_F(log_engine_test, rotations_neither_lose_nor_double_lines) {
  const auto id = run({"--log-opt", "max-size=4k", "--log-opt", "max-file=3"},
                      "n=0; while [ $n -lt 3000 ]; do n=$((n + 1)); echo line $n; "
                      "[ $((n % 20)) = 0 ] && sleep 0.02; done; echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "over"));
  auto expected = counted(1, 3'000);
  expected.emplace_back("over");
  EXPECT_EQ(ann->lines(), expected);
}

struct numbered {
  int missing = 0; ///< lines in whose place a gap stands
  int gaps = 0;
  int needless = 0; ///< gaps where nothing is missing: the engine can't show that any more
};

/// Lines 1 to `last` and an end, each once and in their order, or a gap in their place.
numbered read_numbers(const std::vector<std::string>& lines, int last) {
  numbered out;
  int next = 1;
  bool gap = false;
  for (const auto& line : lines) {
    if (line == "!rotation") {
      gap = true;
      ++out.gaps;
      continue;
    }
    const int number = line.starts_with("line ") ? std::stoi(line.substr(5)) : last + 1;
    if (number < next || (number > next && !gap)) {
      ADD_FAILURE() << "after line " << next - 1 << ": " << line;
      return out;
    }
    out.missing += number - next;
    out.needless += gap && number == next ? 1 : 0;
    next = number + 1;
    gap = false;
  }
  EXPECT_EQ(next, last + 2) << "the end has not come";
  return out;
}

// The engine's own follow leaves out every other line of this, and says nothing.
TEST_F(log_engine_test, rotations_in_a_flood_leave_nothing_out_unmarked) {
  for (const std::string files : {"3", "1000"}) {
    const auto id = run({"--log-opt", "max-size=1m", "--log-opt", "max-file=" + files},
                        "echo line 1; sleep 1; seq -f 'line %.0f of a flood that is as long as "
                        "usual ones' 2 200000; echo over; sleep 600");
    const auto ann = std::make_shared<browser>();
    ann->keep_raw();
    ASSERT_EQ(watch(id, ann), "ok");
    ASSERT_TRUE(eventually([&] { return ann->has_raw("over"); }, 60s));
    const auto got = read_numbers(ann->lines(), 200'000);
    std::printf("max-file=%s: %d lines are gone, %d gaps, %d of them where nothing is missing\n",
                files.c_str(), got.missing, got.gaps, got.needless);
    if (files != "3") {
      EXPECT_EQ(got.gaps, 0) << "the engine has all of them";
    }
    drop(ann);
    (void)run_program({"docker", "rm", "-f", names_.back()});
  }
}

// Bursts with silence in between: each could have filled files behind the reader's back.
TEST_F(log_engine_test, rotations_after_silence_leave_nothing_out_unmarked) {
  const auto id = run({"--log-opt", "max-size=10k", "--log-opt", "max-file=1000"},
                      "sleep 1; n=0; while [ $n -lt 100 ]; do n=$((n + 1)); "
                      "seq -f 'line %.0f of a burst' $((n * 300 - 299)) $((n * 300)); sleep 0.02; "
                      "done; echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "over"));
  EXPECT_EQ(read_numbers(ann->lines(), 30'000).gaps, 0);
}

TEST_F(log_engine_test, rotations_double_neither_channels_lines) {
  const auto id = run({"--log-opt", "max-size=4k", "--log-opt", "max-file=3"},
                      "n=0; while [ $n -lt 1000 ]; do n=$((n + 1)); echo line $n; "
                      "echo err $n >&2; sleep 0.001; done; sleep 0.1; echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "over"));
  const auto lines = ann->lines();
  const std::set<std::string> different(lines.begin(), lines.end());
  EXPECT_EQ(lines.size(), 2'001U);
  EXPECT_EQ(different.size(), 2'001U);
}

TEST_F(log_engine_test, rotations_leave_long_lines_whole) {
  const auto id = run({"--log-opt", "max-size=100k", "--log-opt", "max-file=3"},
                      "n=0; while [ $n -lt 100 ]; do n=$((n + 1)); echo $n $(seq 1 4000); "
                      "sleep 0.01; done; "
                      "echo over; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "over"));
  const auto lines = ann->lines();
  std::string rest;
  for (int n = 1; n <= 4'000; ++n)
    rest += " " + std::to_string(n);
  std::vector<std::string> wanted;
  for (int n = 1; n <= 100; ++n)
    wanted.push_back(std::to_string(n) + rest);
  wanted.emplace_back("over");
  // Twenty kilobytes each: only their begins are worth printing.
  const auto begins = [](const std::vector<std::string>& all) {
    std::string text;
    for (const auto& line : all)
      text += line.substr(0, 8) + "(" + std::to_string(line.size()) + ") ";
    return text;
  };
  EXPECT_TRUE(lines == wanted) << begins(lines);
}

TEST_F(log_engine_test, a_removed_container_ends_its_stream) {
  const auto id = run({}, "echo line 1; sleep 600");
  const auto ann = std::make_shared<browser>();
  ASSERT_EQ(watch(id, ann), "ok");
  ASSERT_TRUE(has(ann, "line 1"));
  (void)run_program({"docker", "rm", "-f", names_.back()});
  EXPECT_TRUE(has(ann, ".removed")); // without any news: a look finds it
}

} // namespace
} // namespace dockhost::actors
