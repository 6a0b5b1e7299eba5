// SPDX-License-Identifier: MIT
// Containers' logs, as a browser gets them.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Counts without end, once a line for each run of the container: "RUN-1 end", "RUN-2 end", ...
constexpr const char* counting =
    "n=$(cat /runs 2>/dev/null || echo 0); echo $((n + 1)) >/runs; i=0; "
    "while :; do i=$((i + 1)); echo \"run$n-$i end\"; sleep 0.01; done";

class LiveLog : public live_world {
protected:
  /// Starts a stream of lines without timestamps, unless `more` says otherwise.
  void follow(int client, const std::string& name, json::object more = {}) {
    json::object wish = std::move(more);
    wish.emplace_back("container_id", name);
    const auto given = [&](std::string_view key) {
      return std::ranges::any_of(wish, [&](const auto& member) { return member.first == key; });
    };
    if (!given("timestamps")) wish.emplace_back("timestamps", false);
    const auto ack = browsers().ask(client, "start_log_stream", std::move(wish));
    EXPECT_EQ(text(ack, "status"), "stream_started") << json::dump(ack);
  }
  [[nodiscard]] std::string name(const std::string& of) const { return prefix() + of; }
};

std::string time_of(const std::string& line) {
  return line.substr(0, line.find(' '));
}

TEST_F(LiveLog, TailThenTheLinesThatFollow) {
  const auto id = run_quiet("web");
  say_many(id, "old-", 1, 200);
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  follow(client, name("web"), {{"tail", 3}});
  b.wait_line(client, "old-200", from);
  say_many(id, "new-", 1, 500);
  say(id, "the last");
  b.wait_line(client, "the last", from);
  std::vector<std::string> expected = {"old-198", "old-199", "old-200"};
  for (int n = 1; n <= 500; ++n)
    expected.push_back("new-" + std::to_string(n));
  expected.emplace_back("the last");
  EXPECT_EQ(b.log_lines(client, name("web"), from), expected);
  EXPECT_LT(b.events(client, "log_update", from).size(), 60U) << "many lines in one";

  // Nothing of the history for who wants none; by an id's beginning, and echoed so.
  const int fresh = join();
  follow(fresh, id.substr(0, 12), {{"tail", 0}});
  say(id, "news");
  b.wait_line(fresh, "news", from);
  EXPECT_THAT(b.log_lines(fresh, id.substr(0, 12), from), ElementsAre("news"));
}

TEST_F(LiveLog, FilterByLevelPatternAndStream) {
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int grave = join();
  const int matching = join();
  const int errors = join();
  const int all = join();
  const auto filter = [](json::object of) {
    return json::object{{"tail", 0}, {"filter", std::move(of)}};
  };
  follow(grave, name("web"), filter({{"level", "warn"}}));
  follow(matching, name("web"), filter({{"pattern", "^GET /[a-z]+ 5\\d\\d$"}}));
  follow(errors, name("web"), filter({{"stream", "stderr"}}));
  follow(all, name("web"), filter({}));
  const auto from = b.mark();
  say(id, "INFO all is well");
  say(id, "ERROR all is lost");
  say(id, "WARN it gets worse", true);
  say(id, "INFO that was a joke");
  say(id, "GET /page 200");
  say(id, "GET /page 503");
  say(id, "ERROR the end", true);
  say(id, "GET /end 599");
  b.wait_line(all, "GET /end 599", from);
  b.wait_line(grave, "ERROR the end", from);
  b.wait_line(errors, "ERROR the end", from);
  b.wait_line(matching, "GET /end 599", from);
  EXPECT_EQ(b.log_lines(all, name("web"), from).size(), 8U);
  EXPECT_THAT(b.log_lines(grave, name("web"), from),
              ElementsAre("ERROR all is lost", "WARN it gets worse", "ERROR the end"));
  EXPECT_THAT(b.log_lines(matching, name("web"), from),
              ElementsAre("GET /page 503", "GET /end 599"));
  EXPECT_THAT(b.log_lines(errors, name("web"), from),
              ElementsAre("WARN it gets worse", "ERROR the end"));
}

TEST_F(LiveLog, TimestampsAreTheEnginesAndSinceBeginsThere) {
  const auto id = run_quiet("web");
  for (int n = 1; n <= 4; ++n)
    say(id, "line-" + std::to_string(n));
  const auto truth = engine_log(id);
  ASSERT_EQ(truth.size(), 4U);
  start_view();
  auto& b = browsers();
  const int client = join();
  auto from = b.mark();
  follow(client, name("web"), {{"timestamps", true}});
  b.wait_line(client, "line-4", from);
  EXPECT_EQ(b.log_lines(client, name("web"), from), truth);

  from = b.mark();
  follow(client, name("web"), {{"timestamps", true}, {"since", time_of(truth[2])}});
  b.wait_line(client, "line-4", from);
  EXPECT_THAT(b.log_lines(client, name("web"), from), ElementsAre(truth[2], truth[3]));

  // The same as a number: seconds since 1970, between the two lines.
  const auto seconds = [](const std::string& line) {
    return std::stod(run_ok({"date", "-d", time_of(line), "+%s.%N"}));
  };
  from = b.mark();
  follow(client, name("web"),
         {{"timestamps", true}, {"since", (seconds(truth[1]) + seconds(truth[2])) / 2}});
  b.wait_line(client, "line-4", from);
  EXPECT_THAT(b.log_lines(client, name("web"), from), ElementsAre(truth[2], truth[3]));
}

TEST_F(LiveLog, BinaryFormatIsTheSameText) {
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int textual = join();
  const int binary = join();
  const auto from = b.mark();
  follow(textual, name("web"), {{"timestamps", true}, {"tail", 0}});
  follow(binary, name("web"), {{"timestamps", true}, {"tail", 0}, {"format", "binary"}});
  say(id, "grüße \"und\" \\ \x1b[31mrot\x1b[0m \xe2\x82\xac");
  say_many(id, "n-", 1, 100);
  say(id, "the last");
  b.wait_line(textual, "the last", from);
  b.wait_line(binary, "the last", from);
  EXPECT_FALSE(at(b.events(binary, "log_update", from)[0], "log.binary").is_null());
  EXPECT_EQ(b.log_lines(binary, name("web"), from), b.log_lines(textual, name("web"), from));
  EXPECT_EQ(b.log_lines(textual, name("web"), from), engine_log(id));
}

TEST_F(LiveLog, TtyContainersAreBatchedToo) {
  const auto id = run_quiet("web", {"-t"});
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  follow(client, name("web"), {{"tail", 0}});
  say_many(id, "tty-", 1, 300);
  say(id, "the last");
  b.wait_line(client, "the last", from);
  std::vector<std::string> expected;
  for (int n = 1; n <= 300; ++n)
    expected.push_back("tty-" + std::to_string(n));
  expected.emplace_back("the last");
  EXPECT_EQ(b.log_lines(client, name("web"), from), expected);
  EXPECT_LT(b.events(client, "log_update", from).size(), 60U);
}

TEST_F(LiveLog, StoppedStreamIsSilentAndASecondStartReplaces) {
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int witness = join();
  const int client = join();
  follow(witness, name("web"), {{"tail", 0}});
  const auto from = b.mark();
  follow(client, name("web"), {{"tail", 0}});
  follow(client, name("web"), {{"tail", 0}});
  say(id, "once");
  b.wait_line(client, "once", from);
  // By another name, too: it is the container that counts.
  follow(client, id, {{"tail", 0}});
  say(id, "once more");
  b.wait_line(client, "once more", from);
  b.wait_line(witness, "once more", from);
  b.ask(client, "list_containers", json::object{});
  EXPECT_THAT(b.log_lines(client, name("web"), from), ElementsAre("once"));
  EXPECT_THAT(b.log_lines(client, id, from), ElementsAre("once more"));

  const auto ack = b.ask(client, "stop_log_stream", json::object{{"container_id", id}});
  EXPECT_EQ(text(ack, "status"), "stream_stopped");
  const auto stopped = b.wait_event(client, "log_stream_stopped", from);
  EXPECT_EQ(text(stopped, "container_id"), id);
  EXPECT_FALSE(text(stopped, "message").empty());
  const auto silent = b.mark();
  say(id, "unheard");
  b.wait_line(witness, "unheard", silent);
  b.ask(client, "list_containers", json::object{});
  EXPECT_THAT(b.event_names(client, silent), IsEmpty());
  // And none is left at the engine once the last has gone.
  const auto open = way_to_engine().open();
  b.close(witness);
  EXPECT_TRUE(eventually([&] { return way_to_engine().open() < open; }, 10s))
      << "the engine's stream stays open";
}

TEST_F(LiveLog, FollowsAcrossARestartOfTheContainerWithoutLossOrDoubles) {
  const auto id = run_script("web", counting);
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  follow(client, name("web"), {{"timestamps", true}, {"tail", 1'000'000}});
  b.wait_line(client, "run0-50 end", from);
  docker({"restart", "-t", "1", id});
  b.wait_line(client, "run1-50 end", from);
  docker({"stop", "-t", "1", id});
  docker({"start", id});
  b.wait_line(client, "run2-50 end", from);
  docker({"stop", "-t", "1", id});
  const auto whole = engine_log(id);
  b.wait_line(client, whole.back(), from);
  EXPECT_EQ(b.log_lines(client, name("web"), from), whole);
  EXPECT_THAT(b.events(client, "log_gap", from), IsEmpty());
  EXPECT_THAT(b.events(client, "log_stream_stopped", from), IsEmpty());

  docker({"rm", id});
  const auto stopped = b.wait_event(client, "log_stream_stopped", from);
  EXPECT_EQ(text(stopped, "container_id"), name("web"));
  EXPECT_FALSE(text(stopped, "reason").empty());
}

TEST_F(LiveLog, RotationInAFloodLeavesNothingOutUnmarked) {
  const auto id = run_quiet("web", {"--log-opt", "max-size=1m", "--log-opt", "max-file=3"});
  start_view();
  auto& b = browsers();
  const int client = join();
  say(id, "line-0");
  const auto from = b.mark();
  follow(client, name("web"), {{"tail", 1}});
  b.wait_line(client, "line-0", from);
  constexpr int last = 200'000;
  say_many(id, "line-", 1, last);
  say(id, "the last");
  b.wait_line(client, "the last", from, milliseconds(60'000));
  int next = 0, came = 0, gaps = 0, needless = 0;
  bool gap = false;
  const auto take = [&](const std::string& line) {
    const int number = line == "the last" ? last + 1 : std::stoi(line.substr(5));
    ASSERT_GE(number, next) << "out of order, or twice";
    ASSERT_TRUE(gap || number == next) << "after line " << next - 1 << ": " << line;
    if (gap && number == next) ++needless;
    next = number + 1;
    gap = false;
    ++came;
  };
  for (const auto& message : b.all(of(client, is("event")), from)) {
    const auto event = text(message, "name");
    const auto argument = at(message, "args").as_array()->front();
    if (event == "log_gap") {
      EXPECT_EQ(text(argument, "reason"), "rotation");
      gap = true;
      ++gaps;
    }
    if (event != "log_update") continue;
    std::istringstream lines(text(argument, "log"));
    for (std::string line; std::getline(lines, line);)
      take(line);
  }
  EXPECT_EQ(next, last + 2);
  std::printf("%d of %d lines came, %d gaps, %d of them where nothing is missing\n", came - 2, last,
              gaps, needless);
}

TEST_F(LiveLog, ResumesAfterARestartOfTheNodeWithoutLossOrDoubles) {
  const auto id = run_script("web", counting);
  start_view();
  auto& b = browsers();
  const int client =
      join({{"reconnection", true}, {"reconnectionDelay", 50}, {"reconnectionDelayMax", 200}});
  auto from = b.mark();
  follow(client, name("web"), {{"timestamps", true}, {"tail", 1'000'000}});
  b.wait_line(client, "run0-50 end", from);

  std::vector<std::string> seen;
  for (const bool orderly : {true, false}) {
    const auto gone = b.mark();
    if (orderly) {
      EXPECT_EQ(stop_node(20s), 0);
    } else {
      kill_node();
    }
    b.wait_link(client, "disconnect", gone);
    for (auto& line : b.log_lines(client, name("web"), from))
      seen.push_back(std::move(line));
    restart_view();
    b.wait_event(client, "initial_state", gone);
    // As a page does it: from the last line on, which comes again.
    from = b.mark();
    follow(client, name("web"),
           {{"timestamps", true}, {"tail", 1'000'000}, {"since", time_of(seen.back())}});
    const auto now = engine_log(id).back();
    b.wait_line(client, now, from);
    const auto again = b.log_lines(client, name("web"), from);
    ASSERT_FALSE(again.empty());
    ASSERT_EQ(again.front(), seen.back());
    seen.pop_back();
  }
  docker({"stop", "-t", "1", id});
  const auto whole = engine_log(id);
  b.wait_line(client, whole.back(), from);
  for (auto& line : b.log_lines(client, name("web"), from))
    seen.push_back(std::move(line));
  EXPECT_EQ(seen, whole);
}

} // namespace
} // namespace dockhost::e2e
