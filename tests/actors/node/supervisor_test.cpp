// SPDX-License-Identifier: MIT
// The supervision tree on real threads and the io thread, over the simulated engine: the journal
// actor is detached, so virtual time can't hold it.
#include "actors/node/node_supervisor.hpp"
#include "core/labels.hpp"
#include "docker/simulated_engine.hpp"
#include "net/io_thread.hpp"
#include "node_rig.hpp"
#include "platform/random.hpp"
#include "platform/sha256.hpp"
#include "tests/support/temp_folder.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::make_object;

/// What the connections of the node did, told from any thread.
class server_record {
public:
  struct connection {
    server_link_handlers handlers;
    std::vector<test::sent_packet> sent;
  };

  std::size_t open(server_link_handlers handlers) {
    const std::lock_guard lock(mutex_);
    sessions_.push_back({std::move(handlers), {}});
    changed_.notify_all();
    return sessions_.size() - 1;
  }
  void note(std::size_t session, test::sent_packet packet) {
    const std::lock_guard lock(mutex_);
    sessions_[session].sent.push_back(std::move(packet));
    changed_.notify_all();
  }
  server_link_handlers handlers(std::size_t session) {
    const std::lock_guard lock(mutex_);
    return sessions_.at(session).handlers;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
  }
  /// Waits until it is so of the sessions.
  bool wait(const std::function<bool(const std::vector<connection>&)>& so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return so(sessions_); });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<connection> sessions_;
};

class recording_link final : public server_link {
public:
  recording_link(std::shared_ptr<server_record> record, std::size_t session)
      : record_(std::move(record)), session_(session) {}
  void emit(std::string event, json::array arguments,
            std::optional<std::uint64_t> number) override {
    record_->note(session_, {std::move(event), std::nullopt, arguments.at(0)});
    if (number) record_->handlers(session_).on_done(*number, link_verdict::sent);
  }
  void acknowledge(std::uint64_t ack, json::array arguments,
                   std::optional<std::uint64_t> number) override {
    record_->note(session_, {{}, ack, arguments.at(0)});
    if (number) record_->handlers(session_).on_done(*number, link_verdict::sent);
  }
  void close() override { record_->handlers(session_).on_closed("closed", true); }
  [[nodiscard]] live_outlet_ptr outlet() override { return std::make_shared<test::fake_outlet>(); }
  [[nodiscard]] std::size_t max_payload() const override { return 1'000'000; }

private:
  std::shared_ptr<server_record> record_;
  std::size_t session_;
};

/// A clock that can hang whoever asks it: the journal does so in the middle of a write.
class clock_gate {
public:
  /// One caller, after `calls` more calls, until let_go().
  void hang_after(int calls) {
    const std::lock_guard lock(mutex_);
    calls_ = calls;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    calls_.reset();
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    if (!calls_ || caught_ || --*calls_ >= 0) return;
    caught_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !calls_; });
  }
  bool caught() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [this] { return caught_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> calls_;
  bool caught_ = false;
};

class supervisor_test : public testing::Test {
protected:
  void start() {
    engine_ = std::make_shared<docker::simulated_engine>(io_, simulated_);
    auto e = std::make_shared<environment>();
    e->config.server.url = "main.test";
    e->config.ports.first = 10'000;
    e->config.ports.last = last_port_;
    e->config.server.backoff_base = 1ms;
    e->config.server.backoff_cap = 5ms;
    e->node_id = "node";
    e->version = "1";
    e->make_engine = [engine = engine_] { return engine; };
    e->open_link = [record = server_](const std::string&, server_link_handlers handlers) {
      const auto session = record->open(handlers);
      handlers.on_connected();
      return std::make_unique<recording_link>(record, session);
    };
    e->probe_ssh = [](const std::string&, std::uint16_t, std::chrono::milliseconds,
                      const std::function<void(probe_result)>& done) {
      done({true, {}});
    };
    e->can_bind = [](port_block) { return true; };
    e->new_host_key = []() -> result<platform::ed25519_key> { return platform::ed25519_key{}; };
    auto ids = std::make_shared<std::atomic<int>>(0);
    e->new_id = [ids] { return "op-" + std::to_string(++*ids); };
    e->uniform = [] { return 0.5; };
    e->unix_ms = [gate = gate_] {
      gate->pass();
      return std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    };
    e->disk_free_bytes = [](const std::string&) { return std::nullopt; };
    e->memory_available_bytes = [] { return std::nullopt; };
    e->sha256 = [](std::string_view text) { return platform::sha256(text); };
    config_.set("scheduler.max-threads", 2);
    system_ = std::make_unique<caf::actor_system>(config_);
    auto opened = store::journal::open(folder_.file("journal"));
    ASSERT_TRUE(opened.ok());
    node_ = system_->spawn(node_supervisor_behavior, environment_ptr(e),
                           std::shared_ptr<store::journal>(std::move(opened).value()));
    watcher_ = std::make_unique<caf::scoped_actor>(*system_);
    (*watcher_)->monitor(node_);
  }

  void TearDown() override {
    if (!system_) return;
    gate_->let_go();
    if (node_) {
      end_now(node_, caf::exit_reason::kill);
      EXPECT_TRUE(ended());
    }
    node_ = nullptr;
    watcher_.reset();
    system_.reset();
  }

  /// Waits for the supervisor's end; why it ended.
  std::optional<caf::error> ended() {
    std::optional<caf::error> why;
    (*watcher_)->receive([&why](const caf::down_msg& down) { why = down.reason; },
                         caf::after(20s) >> [] {});
    node_ = nullptr;
    return why;
  }

  void kill(const std::string& name, const std::string& user = {}) {
    caf::anon_send(node_, kill_actor{name, user});
  }

  bool connected(std::size_t sessions) {
    return server_->wait([sessions](const auto& all) {
      return all.size() >= sessions &&
             std::any_of(all.back().sent.begin(), all.back().sent.end(),
                         [](const auto& p) { return p.event == "initial_state"; });
    });
  }

  /// Waits until the journal holds all answers as delivered: one that is not noted so is sent again
  /// by those who come after a death, as it may have been lost with the dead.
  bool noted() {
    auto reader = store::journal::open(folder_.file("journal"));
    if (!reader.ok()) return false;
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
      const auto entries = (*reader)->load();
      if (!entries.ok()) return false;
      if (std::none_of(entries->begin(), entries->end(),
                       [](const auto& e) { return e.undelivered; }))
        return true;
      std::this_thread::yield();
    }
    return false;
  }

  static std::string request_id(std::uint64_t ack) { return "r" + std::to_string(ack); }

  /// Whether the packet answers that request of `run`: by acknowledgement or, where the connection
  /// is another one by now, as an event.
  static bool answers(const test::sent_packet& p, std::uint64_t ack) {
    return p.ack == ack || (p.event.ends_with("-response") &&
                            test::text_at(p.payload, {"requestId"}) == request_id(ack));
  }

  /// Asks for something on the newest connection; the answer's success.
  std::optional<bool> run(const std::string& event, const std::string& user) {
    const auto ack = ++acks_;
    const auto session = server_->count() - 1;
    auto payload = json::object{
        {"username", user}, {"sshPublicKey", test::good_key}, {"requestId", request_id(ack)}};
    server_->handlers(session).on_event(event, {json::value(std::move(payload))}, ack);
    std::optional<bool> success;
    (void)server_->wait([&](const auto& all) {
      for (const auto& s : all) {
        for (const auto& p : s.sent) {
          if (!answers(p, ack)) continue;
          const auto found = test::at(p.payload, {"success"});
          success = found.as_bool() != nullptr && *found.as_bool();
          return true;
        }
      }
      return false;
    });
    return success;
  }

  /// Stops the node, which ends when it owes nobody anything: nothing can come after that. Each
  /// request has got one answer, on whichever connection.
  void expect_each_answered_once() {
    caf::anon_send(node_, stop_node{});
    const auto why = ended();
    ASSERT_TRUE(why);
    EXPECT_EQ(*why, caf::error());
    ASSERT_TRUE(server_->wait([this](const auto& all) {
      for (std::uint64_t ack = 1; ack <= acks_; ++ack) {
        std::size_t got = 0;
        for (const auto& session : all) {
          for (const auto& p : session.sent)
            got += answers(p, ack) ? 1 : 0;
        }
        EXPECT_EQ(got, 1U) << "answers to request " << ack;
      }
      return true;
    }));
  }

  std::string tree() {
    std::string text;
    (*watcher_)
        ->request(node_, 10s, describe_tree{})
        .receive([&text](const tree_text& t) { text = t.text; }, [](const caf::error&) {});
    return text;
  }

  dockhost::test::temp_folder folder_;
  docker::simulated_options simulated_;
  std::int64_t last_port_ = 19'999;
  net::io_thread io_;
  std::shared_ptr<docker::simulated_engine> engine_;
  std::shared_ptr<clock_gate> gate_ = std::make_shared<clock_gate>();
  std::shared_ptr<server_record> server_ = std::make_shared<server_record>();
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  node_supervisor_actor node_;
  std::unique_ptr<caf::scoped_actor> watcher_;
  std::uint64_t acks_ = 0;
};

TEST_F(supervisor_test, starts_all_in_their_order_and_shows_the_tree) {
  start();
  ASSERT_TRUE(connected(1));
  EXPECT_EQ(run("create-container", "ann"), true);
  const auto text = tree();
  std::size_t at = 0;
  for (const char* name : {"journal", "docker", "ports", "fleet", "container dockhost-ann running",
                           "watch", "router", "connection"}) {
    const auto found = text.find(name, at);
    ASSERT_NE(found, std::string::npos) << name << " in\n" << text;
    at = found;
  }
}

/// In two lots, as the node ends where more than five actors die in half a minute.
constexpr std::array upper_actors = {"connection", "live", "router", "watch", "fleet"};
constexpr std::array lower_actors = {"ports", "docker", "journal"};

TEST_F(supervisor_test, every_actor_of_the_tree_is_killed_below) {
  start();
  std::set<std::string> in_tree;
  std::istringstream lines(tree());
  int number = 0;
  for (std::string line, word; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> number >> word) in_tree.insert(word);
  }
  std::set<std::string> killed(upper_actors.begin(), upper_actors.end());
  killed.insert(lower_actors.begin(), lower_actors.end());
  EXPECT_EQ(in_tree, killed);
}

TEST_F(supervisor_test, every_actor_may_die_and_the_next_command_is_answered_once) {
  start();
  ASSERT_TRUE(connected(1));
  ASSERT_EQ(run("create-container", "ann"), true);
  std::size_t sessions = 1;
  for (const char* name : upper_actors) {
    ASSERT_TRUE(noted()) << name;
    kill(name);
    // The connection is the last of all: it starts anew whoever died.
    ASSERT_TRUE(connected(++sessions)) << name;
    EXPECT_EQ(run("stop-container", "ann"), true) << name;
    EXPECT_EQ(run("start-container", "ann"), true) << name;
    EXPECT_EQ(engine_->container_count(), 1U);
  }
  ASSERT_TRUE(noted());
  kill("container", "ann");
  // Once the tree is told, the fleet has passed the kill on; a command may still meet the dead one.
  (void)tree();
  EXPECT_TRUE(run("start-container", "ann").has_value());
  EXPECT_EQ(run("stop-container", "ann"), true);
  expect_each_answered_once();
}

TEST_F(supervisor_test, lower_actors_may_die_too_and_containers_stay) {
  start();
  ASSERT_TRUE(connected(1));
  ASSERT_EQ(run("create-container", "ann"), true);
  std::size_t sessions = 1;
  for (const char* name : lower_actors) {
    ASSERT_TRUE(noted()) << name;
    kill(name);
    ASSERT_TRUE(connected(++sessions)) << name;
    EXPECT_EQ(run("start-container", "ann"), true) << name;
    EXPECT_EQ(engine_->container_count(), 1U);
  }
  // Nobody gets ann's ports.
  ASSERT_EQ(run("create-container", "bob"), true);
  expect_each_answered_once();
}

TEST_F(supervisor_test, fleet_that_dies_in_mid_create_leaves_no_ports_behind) {
  simulated_.pull_duration = 500ms;
  last_port_ = 10'002; // one block
  start();
  engine_->limit_images({}, {"sohampirale/instance"});
  ASSERT_TRUE(connected(1));
  server_->handlers(0).on_event(
      "create-container", {make_object({{"username", "ann"}, {"sshPublicKey", test::good_key}})},
      {});
  for (int n = 0; n < 2'000 && engine_->calls(docker::call_kind::pull) == 0; ++n)
    std::this_thread::sleep_for(5ms);
  ASSERT_EQ(engine_->calls(docker::call_kind::pull), 1U);
  kill("fleet");
  ASSERT_TRUE(connected(2));
  EXPECT_EQ(run("create-container", "bob"), true);
  EXPECT_EQ(engine_->container_count(), 1U);
}

TEST_F(supervisor_test, gives_up_when_restarts_come_too_often) {
  start();
  std::size_t sessions = 1;
  ASSERT_TRUE(connected(sessions));
  for (int n = 0; n < 5; ++n) {
    kill("connection");
    ASSERT_TRUE(connected(++sessions));
  }
  kill("connection");
  const auto why = ended();
  ASSERT_TRUE(why);
  EXPECT_NE(*why, caf::error());
}

TEST_F(supervisor_test, stops_by_draining_closing_and_ending) {
  start();
  ASSERT_TRUE(connected(1));
  ASSERT_EQ(run("create-container", "ann"), true);
  caf::anon_send(node_, stop_node{});
  const auto why = ended();
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, caf::error()) << "a normal end";
  EXPECT_EQ(engine_->container_count(), 1U) << "containers run on";
  EXPECT_EQ(server_->count(), 1U);
}

TEST_F(supervisor_test, journal_that_hangs_holds_neither_a_restart_nor_the_stop_up) {
  start();
  ASSERT_TRUE(connected(1));
  ASSERT_EQ(run("create-container", "ann"), true);
  // The router asks twice for the time of a request; the next one is the journal, at its answer.
  gate_->hang_after(2);
  server_->handlers(0).on_event("stop-container",
                                {make_object({{"username", "ann"}, {"requestId", "last"}})}, 99);
  ASSERT_TRUE(gate_->caught());
  kill("ports");
  ASSERT_TRUE(connected(2)) << "ports and router wait for the journal's contents, and start anew";
  kill("ports");
  ASSERT_TRUE(connected(3)) << "also while they wait";
  const auto begun = std::chrono::steady_clock::now();
  caf::anon_send(node_, stop_node{});
  const auto why = ended();
  ASSERT_TRUE(why);
  EXPECT_NE(*why, caf::error()) << "somebody was left behind";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

} // namespace
} // namespace dockhost::actors
