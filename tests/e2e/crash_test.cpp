// SPDX-License-Identifier: MIT
// A fault point stands before and after every engine call and every journal write
// (platform/fault_point.hpp). The usual life of a container is run once to see which of them it
// passes; then, for each pass, the node is killed exactly there with SIGKILL, started again, and
// nobody may have lost anything. To the points that this life does not pass leads a way of their
// own.
#include "platform/fault_point.hpp"
#include "tests/e2e/support/held_port.hpp"
#include "tests/e2e/support/image_registry.hpp"
#include "tests/e2e/support/world.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using platform::fault_call;

constexpr std::size_t shards = 4;

/// What the usual life of a container does not pass: an image that is missing, a container that
/// somebody stopped or paused, ports that somebody took, figures (of a remote engine) and logs.
constexpr std::array elsewhere = {fault_call::engine_pull,    fault_call::engine_inspect,
                                  fault_call::engine_unpause, fault_call::engine_stats,
                                  fault_call::engine_logs,    fault_call::journal_quarantine};

/// What is called by the clock, too, or when the engine tells of something: only the first pass is
/// sure to come in every run.
constexpr std::array now_and_then = {fault_call::engine_info, fault_call::engine_list,
                                     fault_call::engine_events, fault_call::journal_purge};

std::string call_name(fault_call call) {
  return std::string(platform::fault_call_names[static_cast<std::size_t>(call)]);
}

/// A name in the trace: "engine.start.before:2".
struct pass {
  explicit pass(std::string text) : name(std::move(text)) {
    const auto colon = name.find(':');
    point = name.substr(0, colon);
    number = std::strtoul(name.c_str() + colon + 1, nullptr, 10);
  }
  std::string name;
  std::string point;
  std::size_t number = 0;
};

/// The points of those calls, before and after.
template <class Calls>
std::set<std::string> points_of(const Calls& calls) {
  std::set<std::string> points;
  for (const fault_call call : calls) {
    for (const char* side : {".before", ".after"})
      points.insert(call_name(call) + side);
  }
  return points;
}

/// All points but those of `elsewhere`.
std::set<std::string> usual_points() {
  std::vector<fault_call> calls;
  for (std::size_t i = 0; i < platform::fault_call_names.size(); ++i) {
    const auto call = static_cast<fault_call>(i);
    if (std::ranges::find(elsewhere, call) == elsewhere.end()) calls.push_back(call);
  }
  return points_of(calls);
}

class Crash : public world {
protected:
  Crash() {
    // The life of the journal and of the container is the subject, not sshd's start.
    config["containers"]["ssh_ready"] = "false";
    config["containers"]["stop_grace"] = "\"2s\"";
    // A listing by the clock would be passed in one run and not in another.
    config["engine"]["relist_interval"] = "\"30s\"";
  }

  struct step {
    std::string event;
    json::object fields;
  };

  /// A main server, a node that runs, and a container that has nothing to do with all this.
  void begin() {
    start_server();
    start_node();
    bystander_ = text(create("bystander"), "containerId");
    started_ = text(inspect(bystander_), "State.StartedAt");
  }

  /// The steps with a request id each.
  static std::vector<step> numbered(std::vector<step> steps, const std::string& round) {
    for (std::size_t i = 0; i < steps.size(); ++i)
      steps[i].fields.emplace_back("requestId", round + "-" + std::to_string(i));
    return steps;
  }

  /// Sends the steps until one gets no answer because the node has died; that one's index, else how
  /// many there are.
  std::size_t run_until_death(const std::vector<step>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!server().try_command(steps[i].event, steps[i].fields)) return i;
    }
    return steps.size();
  }

  [[nodiscard]] std::string trace() const { return (folder() / "trace").string(); }

  /// The passes of the last node that was started with the trace.
  [[nodiscard]] std::vector<pass> passes() const {
    std::vector<pass> all;
    std::ifstream lines(trace());
    for (std::string line; std::getline(lines, line);)
      all.emplace_back(line);
    return all;
  }

  /// Starts a node that dies at that pass, has it do `act` if it comes so far, and sees it dead.
  template <class Act>
  void die_at(const std::string& where, Act act,
              std::vector<std::pair<std::string, std::string>> more = {}) {
    std::filesystem::remove(trace());
    more.emplace_back("DOCKHOST_FAULT_TRACE", trace());
    more.emplace_back("DOCKHOST_FAULT_KILL", where);
    const auto usual = environment;
    environment.insert(environment.end(), more.begin(), more.end());
    const std::size_t from = server().mark();
    launch_node();
    environment = usual;
    const auto hello = is("event", "name", "node-hello");
    ASSERT_TRUE(eventually([&] { return !node().running() || server().seen(hello, from); }, 20s));
    came_up_ = node().running();
    if (came_up_) act();
    ASSERT_EQ(node().wait(10s), 128 + SIGKILL) << "it has not come there";
    ASSERT_EQ(passes().back().name, where);
  }

  /// The step that the death cut off, once more with its id: an answer, and always the same. Where
  /// the step was rolled back, the answer says so, and a new try succeeds. Then the steps after it.
  void go_on(const std::vector<step>& steps, std::size_t reached) {
    for (std::size_t i = reached; i < steps.size(); ++i) {
      const auto reply = server().command(steps[i].event, steps[i].fields);
      const auto again = server().command(steps[i].event, steps[i].fields);
      EXPECT_EQ(json::dump(again), json::dump(reply)) << steps[i].event;
      if (i == reached && !truth(reply, "success")) {
        EXPECT_TRUE(failed_with(reply, "shutting_down")) << steps[i].event;
        auto fields = steps[i].fields;
        fields.back().second = text(fields.back().second, "") + "-again";
        EXPECT_TRUE(succeeded(server().command(steps[i].event, fields))) << steps[i].event;
      } else {
        EXPECT_TRUE(succeeded(reply)) << steps[i].event;
      }
      if (i == reached) expect_order(steps[i].event);
    }
  }

  /// No container that nobody owns, no port twice, at most one container per user, list and engine
  /// agree.
  void expect_order(const std::string& when) {
    // A rollback, or a removal that the engine goes on with, may still be on its way: it ends by
    // itself, and a container that goes away in mid-look is none.
    json::value list;
    std::vector<std::uint16_t> ports;
    const bool agree = eventually(
        [&] {
          list = at(server().command("list-containers", json::object{}), "data.containers");
          if (list.as_array() == nullptr) return false;
          try {
            ports = own_ports();
          } catch (const std::exception&) {
            return false;
          }
          return ports.size() == 3 * list.as_array()->size() &&
                 list.as_array()->size() == own_containers().size();
        },
        15s, 100ms);
    ASSERT_TRUE(agree) << when << json::dump(list);
    std::set<std::string> users;
    for (const auto& entry : *list.as_array())
      EXPECT_TRUE(users.insert(text(entry, "username")).second) << when << json::dump(list);
    EXPECT_EQ(std::set(ports.begin(), ports.end()).size(), ports.size()) << when;
  }

  /// The other user's container is the only one, and ran all the time.
  void expect_bystander_alone() {
    expect_order("at the end");
    EXPECT_EQ(own_containers(), std::vector<std::string>{bystander_});
    EXPECT_EQ(text(inspect(bystander_), "State.StartedAt"), started_);
    EXPECT_EQ(status_of(bystander_), "running");
  }

  std::string bystander_;
  std::string started_;
  bool came_up_ = false; ///< the node that died had said hello before
};

// ---- the usual life

class CrashInShards : public Crash, public testing::WithParamInterface<std::size_t> {
protected:
  /// Every kind of command, for one user.
  [[nodiscard]] std::vector<step> life(const std::string& round) const {
    const json::object user = {{"username", "alice"}};
    return numbered({{"create-container", request("alice")},
                     {"stop-container", user},
                     {"start-container", user},
                     {"delete-container", user}},
                    round);
  }

  /// By its name, so that every shard divides the passes in the same way.
  [[nodiscard]] static bool mine(const pass& p) {
    const auto points = usual_points();
    const auto place = std::distance(points.begin(), points.find(p.point));
    return (static_cast<std::size_t>(place) + p.number) % shards == GetParam();
  }
};

TEST_P(CrashInShards, NothingIsLostAtAnyFaultPoint) {
  begin();
  ASSERT_EQ(stop_node(), 0);
  // Seen with the bystander already there, as in all the runs that follow.
  environment = {{"DOCKHOST_FAULT_TRACE", trace()}};
  start_node();
  environment.clear();
  ASSERT_EQ(run_until_death(life("seen")), 4U);
  ASSERT_EQ(stop_node(), 0);
  const auto all = passes();
  auto missing = usual_points();
  for (const auto& p : all)
    missing.erase(p.point);
  ASSERT_EQ(missing, std::set<std::string>()) << "every point without a way of its own is passed";

  const auto others = points_of(elsewhere);
  const auto chance = points_of(now_and_then);
  for (const auto& p : all) {
    if (others.contains(p.point) || (p.number > 1 && chance.contains(p.point)) || !mine(p))
      continue;
    SCOPED_TRACE("killed at " + p.name);
    auto steps = life(p.name);
    std::size_t reached = 0;
    die_at(p.name, [&] { reached = run_until_death(steps); });
    if (HasFatalFailure()) break;
    // Nothing had been asked of a node that dies at its start: a short life shows that all is well.
    if (!came_up_) steps.erase(steps.begin() + 1, steps.end() - 1);
    start_node();
    go_on(steps, reached);
    expect_bystander_alone();
    EXPECT_EQ(stop_node(), 0);
    if (HasFailure()) break; // the first one tells most
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, CrashInShards, testing::Range(std::size_t{0}, shards));

// ---- the other ways

class CrashElsewhere : public Crash, public testing::WithParamInterface<fault_call> {
protected:
  /// How a node comes to one of the points, before and after.
  struct way {
    std::function<void()> prepare; ///< with a node that runs; it is stopped then
    std::function<void()> act;     ///< what leads to the point
    std::function<void()> go_on;   ///< with the node that was started again
    std::string halt_at = {};      ///< a pass before
  };

  way way_to(fault_call call) {
    switch (call) {
    case fault_call::engine_pull: return to_the_pull();
    case fault_call::engine_inspect: return to_the_look();
    case fault_call::engine_unpause: return to_the_unpause();
    case fault_call::journal_quarantine: return to_the_quarantine();
    case fault_call::engine_logs: return to_the_logs();
    case fault_call::engine_stats: return to_the_stats();
    default: throw std::runtime_error("no way leads to " + call_name(call));
    }
  }

  /// Alice's container is deleted with the last of the steps.
  void run_steps(std::vector<step> steps) {
    steps.push_back({"delete-container", {{"username", "alice"}}});
    steps_ = numbered(std::move(steps), "round" + std::to_string(++round_));
    reached_ = run_until_death(steps_);
  }

  way to_the_pull() {
    registry_ = std::make_unique<image_registry>(folder());
    config["containers"]["image"] = "\"" + registry_->image() + "\"";
    return {[this] { registry_->forget(); },
            [this] {
              run_steps({{"create-container", request("alice")}});
            },
            [this] { go_on(steps_, reached_); }};
  }

  /// The engine tells of something that the node has not asked for.
  way to_the_look() {
    const auto stop = [this] { docker({"stop", "-t", "1", alice_}); };
    return {[this] { alice_ = text(create("alice"), "containerId"); }, stop,
            [this, stop] {
              // The node may have looked for the sake of an earlier event, and died before.
              stop();
              // A listing may lag behind what the engine does; its next event mends that.
              EXPECT_TRUE(eventually(
                  [this] {
                    return json::dump(server().v2("check_if_container_running", {}, "alice")) ==
                           "false";
                  },
                  10s));
              const json::object user = {{"username", "alice"}};
              go_on(numbered({{"stop-container", user},
                              {"start-container", user},
                              {"delete-container", user}},
                             "round" + std::to_string(++round_)),
                    0);
            }};
  }

  way to_the_unpause() {
    return {[this] {
              docker({"pause", text(create("alice"), "containerId")});
            },
            [this] {
              run_steps({{"start-container", {{"username", "alice"}}}});
            },
            [this] { go_on(steps_, reached_); }};
  }

  /// Somebody takes a port of the block when the container is made and not yet started.
  way to_the_quarantine() {
    return {[this] { block_ = static_cast<std::uint16_t>(first_port() + 30 * ++round_); },
            [this] {
              auto fields = request("alice");
              fields.emplace_back("startingPort", static_cast<int>(block_));
              steps_ = numbered(
                  {{"create-container", fields}, {"delete-container", {{"username", "alice"}}}},
                  "round" + std::to_string(round_));
              (void)server().send(steps_[0].event, steps_[0].fields);
              reached_ = 0;
              ASSERT_TRUE(eventually([this] { return node().stopped(); }, 20s, 1ms));
              const held_port thief(static_cast<std::uint16_t>(block_ + 1));
              ASSERT_TRUE(thief.ok());
              node().signal(SIGCONT);
              // Held until then.
              EXPECT_TRUE(eventually([this] { return !node().running(); }, 20s));
            },
            [this] {
              go_on(steps_, reached_);
              // The port is free again. What has been written down is kept.
              const auto ssh =
                  number(create("bob", {{"startingPort", static_cast<int>(block_)}}), "ports.ssh");
              if (written_) {
                EXPECT_NE(ssh, block_) << "the block rests";
              } else {
                EXPECT_EQ(ssh, block_);
              }
              EXPECT_TRUE(succeeded(
                  server().command("delete-container", json::object{{"username", "bob"}})));
            },
            "engine.create.after:1"};
  }

  way to_the_logs() {
    const auto ask = [this] {
      return server().try_command("start_log_stream", json::object{{"container_id", bystander_}});
    };
    return {[] {}, [ask] { (void)ask(); },
            [this, ask] {
              const auto from = server().mark();
              EXPECT_TRUE(ask());
              const std::string line = "heard-" + std::to_string(++round_);
              (void)inside(bystander_, {"sh", "-c", "echo " + line + " > /proc/1/fd/1"});
              const auto heard = [&line](const json::value& m) {
                return text(m, "name") == "log_update" &&
                       json::dump(m).find(line) != std::string::npos;
              };
              EXPECT_TRUE(eventually([&] { return server().seen(heard, from); }, 10s));
            }};
  }

  /// Of a container on this machine the node reads the figures itself.
  way to_the_stats() {
    const auto variable = [](const char* name) {
      const char* value = std::getenv(name);
      return value == nullptr ? std::string() : std::string(value);
    };
    environment = {{"DOCKER_HOST", variable("DOCKHOST_TEST_TLS_HOST")},
                   {"DOCKER_CERT_PATH", variable("DOCKHOST_TEST_TLS_CERTS")},
                   {"DOCKER_TLS_VERIFY", "1"}};
    const auto ask = [this] {
      return server().try_command(
          "subscribe", json::object{{"topics", json::array{"stats"}}, {"interval_ms", 500}});
    };
    return {[] {}, [ask] { (void)ask(); },
            [this, ask] {
              const auto from = server().mark();
              EXPECT_TRUE(ask());
              const auto figures = at(server().wait_event("stats_update", from, 10s), "containers");
              ASSERT_EQ(figures.as_array()->size(), 1U) << json::dump(figures);
              EXPECT_EQ(text(figures.as_array()->front(), "container_id"), bystander_);
              EXPECT_GT(number(figures.as_array()->front(), "memory_bytes"), 0);
            }};
  }

  void TearDown() override {
    Crash::TearDown();
    registry_.reset();
  }

  std::vector<step> steps_;
  std::size_t reached_ = 0;
  int round_ = 0;
  bool written_ = false; ///< the call that the node died at was made
  std::uint16_t block_ = 0;
  std::string alice_;
  std::unique_ptr<image_registry> registry_;
};

TEST_P(CrashElsewhere, NothingIsLostThereEither) {
  begin();
  const auto there = way_to(GetParam());
  for (const char* side : {"before", "after"}) {
    const std::string where = call_name(GetParam()) + "." + side + ":1";
    SCOPED_TRACE("killed at " + where);
    written_ = side == std::string("after");
    there.prepare();
    ASSERT_EQ(stop_node(), 0);
    std::vector<std::pair<std::string, std::string>> more;
    if (!there.halt_at.empty()) more.emplace_back("DOCKHOST_FAULT_STOP", there.halt_at);
    die_at(where, there.act, std::move(more));
    if (HasFatalFailure()) return;
    start_node();
    there.go_on();
    expect_bystander_alone();
  }
  EXPECT_EQ(stop_node(), 0);
}

INSTANTIATE_TEST_SUITE_P(Points, CrashElsewhere, testing::ValuesIn(elsewhere),
                         [](const auto& which) {
                           auto name = call_name(which.param);
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

} // namespace
} // namespace dockhost::e2e
