// SPDX-License-Identifier: MIT
#include "fixture.hpp"

#include "actors/node/docker_actor.hpp"
#include "actors/node/journal_actor.hpp"
#include "actors/node/ports_actor.hpp"
#include "core/labels.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors::test {

namespace {

constexpr std::int64_t start_unix_ms = 1'700'000'000'000;

class fake_link final : public server_link {
public:
  explicit fake_link(std::shared_ptr<fake_session> session) : session_(std::move(session)) {}
  ~fake_link() override {
    session_->destroyed = true;
    session_->outlet->open = false;
  }
  void emit(std::string event, json::array arguments,
            std::optional<std::uint64_t> number) override {
    send({std::move(event), std::nullopt, first_of(arguments)}, number);
  }
  void acknowledge(std::uint64_t ack, json::array arguments,
                   std::optional<std::uint64_t> number) override {
    send({{}, ack, first_of(arguments)}, number);
  }
  void close() override { session_->close_asked = true; }
  [[nodiscard]] live_outlet_ptr outlet() override { return session_->outlet; }
  [[nodiscard]] std::size_t max_payload() const override { return session_->max_payload; }

private:
  void send(sent_packet packet, std::optional<std::uint64_t> number) {
    const auto how = number ? session_->sending : fake_sending::at_once;
    if (how == fake_sending::at_once) session_->sent.push_back(std::move(packet));
    if (!number || how == fake_sending::unheard) return;
    session_->handlers.on_done(*number, how == fake_sending::at_once ? link_verdict::sent
                                        : how == fake_sending::not_any_more
                                            ? link_verdict::unsent
                                            : link_verdict::refused);
  }
  static json::value first_of(json::array& arguments) {
    EXPECT_EQ(arguments.size(), 1U);
    return arguments.empty() ? json::value() : std::move(arguments.front());
  }
  std::shared_ptr<fake_session> session_;
};

} // namespace

std::vector<json::value> fake_outlet::got(const std::string& event) const {
  std::vector<json::value> found;
  const auto start = "42[\"" + event + "\"";
  for (const auto& text : texts) {
    if (!text.starts_with(start)) continue;
    const auto parsed = json::parse(std::string_view(text).substr(2));
    EXPECT_TRUE(parsed.ok()) << text;
    found.push_back((*parsed->as_array())[1]);
  }
  return found;
}

std::vector<json::value> fake_session::payloads(const std::string& event) const {
  std::vector<json::value> found;
  for (const auto& p : sent) {
    if (p.event == event && !p.ack) found.push_back(p.payload);
  }
  return found;
}

actor_world::actor_world() {
  config.server.url = "main.test";
  config.server.api_key = "secret-key";
  config.ports.first = 10'000;
  config.ports.last = 19'999;
  simulated.start_unix_nano = start_unix_ms * 1'000'000;
  caf_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  dynamic_cast<caf::detail::test_actor_clock&>(scheduler_->clock()).current_time = executor_.now();
}

actor_world::~actor_world() = default;

void actor_world::TearDown() {
  for (const auto& end : enders_)
    end();
  settle();
  enders_.clear();
  // Messages and timeouts that still wait for their time hold actors alive.
  while (scheduler_->has_pending_timeout())
    scheduler_->trigger_timeouts();
  settle();
  hanging = {};
  sessions.clear();
  held_probes.clear();
  engine_.reset();
  env_.reset();
  system_.reset();
}

environment_ptr actor_world::env() {
  if (env_) return env_;
  env_ = std::make_shared<environment>();
  auto& e = *env_;
  e.config = config;
  e.node_id = node_id;
  e.boot_id = "boot";
  e.version = "1.2.3";
  (void)engine();
  e.make_engine = [this] { return engine_; };
  e.open_link = [this](const std::string& api_key, server_link_handlers handlers) {
    sessions.push_back(std::make_shared<fake_session>());
    sessions.back()->api_key = api_key;
    sessions.back()->handlers = std::move(handlers);
    return std::make_unique<fake_link>(sessions.back());
  };
  e.probe_ssh = [this](const std::string&, std::uint16_t port, std::chrono::milliseconds,
                       std::function<void(probe_result)> done) {
    ++ssh_probes;
    if (hold_probes) {
      held_probes.push_back(std::move(done));
      return;
    }
    executor_.post([this, port, done = std::move(done)] {
      const bool answers = ssh_answers && engine_->answers_ssh(port);
      done({answers, answers ? "" : "no banner"});
    });
  };
  e.can_bind = [this](port_block b) { return !bound_elsewhere.contains(b.base); };
  e.new_host_key = []() -> result<platform::ed25519_key> {
    platform::ed25519_key k;
    k.seed.fill(7);
    k.public_key.fill(9);
    return k;
  };
  e.new_id = [this] { return "op-" + std::to_string(++ids_); };
  e.uniform = [this] { return random; };
  e.unix_ms = [this] {
    const auto since = executor_.now() - std::chrono::steady_clock::time_point(1h);
    return start_unix_ms + std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  };
  e.disk_free_bytes = [this](const std::string&) { return free_disk; };
  e.memory_available_bytes = [this] { return free_memory; };
  e.sha256 = [this](std::string_view text) {
    if (on_hash) on_hash(text);
    return platform::sha256(text);
  };
  return env_;
}

docker::simulated_engine& actor_world::engine() {
  if (!engine_) engine_ = std::make_shared<docker::simulated_engine>(executor_, simulated);
  return *engine_;
}

std::shared_ptr<store::journal> actor_world::journal_store() {
  if (!store_) {
    auto opened = store::journal::open(":memory:");
    EXPECT_TRUE(opened.ok());
    store_ = std::move(opened).value();
  }
  return store_;
}

void actor_world::settle() {
  for (int n = 0; n < 100'000; ++n) {
    const bool acted = scheduler_->try_run_once();
    if (!executor_.run() && !acted) return;
  }
  ADD_FAILURE() << "the actors do not come to rest: something spins";
}

void actor_world::advance(std::chrono::milliseconds d) {
  const auto end = executor_.now() + d;
  (void)until([this, end] { return executor_.now() >= end; }, d);
}

bool actor_world::until(const std::function<bool()>& so, std::chrono::milliseconds limit) {
  auto& clock = dynamic_cast<caf::detail::test_actor_clock&>(scheduler_->clock());
  const auto end = executor_.now() + limit;
  for (;;) {
    settle();
    if (so()) return true;
    if (executor_.now() >= end || HasFatalFailure()) return false;
    auto next = end;
    if (!clock.schedule().empty()) next = std::min(next, clock.schedule().begin()->first);
    if (const auto timer = executor_.next_timer()) next = std::min(next, *timer);
    // Always a little forward, so that something due now can't hold time up.
    next = std::clamp(next, executor_.now() + 1us, end);
    executor_.advance_to(next);
    clock.advance_time(next - clock.now());
  }
}

void actor_world::run_job_of(const caf::abstract_actor* who) {
  auto& jobs = scheduler_->jobs;
  for (;;) {
    const auto it = std::find_if(jobs.begin(), jobs.end(), [who](caf::resumable* job) {
      return dynamic_cast<caf::abstract_actor*>(job) == who;
    });
    if (it == jobs.end()) return;
    std::rotate(jobs.begin(), it, it + 1);
    scheduler_->run_once(); // one message
  }
}

journal_actor actor_world::spawn_journal() {
  return track(system().spawn(journal_behavior, env(), journal_store()));
}

journal_actor actor_world::spawn_hanging_journal(bool loads) {
  hanging.self = track(system().spawn([this, loads](journal_actor::pointer self) {
    const auto held = [this, self]() -> caf::result<journal_done> {
      ++hanging.messages;
      hanging.writes.push_back(self->make_response_promise<journal_done>());
      return caf::delegated<journal_done>{};
    };
    return journal_actor::behavior_type{
        [this, self, loads](journal_load) -> caf::result<journal_contents> {
          ++hanging.messages;
          if (!loads) return journal_contents{};
          hanging.loads.push_back(self->make_response_promise<journal_contents>());
          return caf::delegated<journal_contents>{};
        },
        [held](const journal_begin&) { return held(); },
        [held](const journal_answer&) { return held(); },
        [held](journal_probe) { return held(); },
        [this](const journal_delivered&) { ++hanging.messages; },
        [this](const journal_quarantine&) { ++hanging.messages; },
        [this](journal_purge_due) { hanging.turn(); }};
  }));
  return hanging.self;
}

void actor_world::let_go(std::size_t write) {
  hanging.turn = [this, write] { hanging.writes.at(write).deliver(journal_done{}); };
  tell(hanging.self, journal_purge_due{});
  settle();
}

void actor_world::let_go(std::size_t load, journal_contents contents) {
  hanging.turn = [this, load, contents] { hanging.loads.at(load).deliver(contents); };
  tell(hanging.self, journal_purge_due{});
  settle();
}

docker_actor actor_world::spawn_docker() {
  return track(system().spawn(docker_behavior, env()));
}

ports_actor actor_world::spawn_ports(const journal_actor& journal) {
  return track(system().spawn(ports_behavior, env(), journal));
}

docker::container_spec actor_world::our_spec(const std::string& user, std::uint16_t base,
                                             const std::string& op) {
  docker::container_spec spec;
  spec.name = "dockhost-" + user;
  spec.image = "sohampirale/instance";
  const port_block block{base};
  spec.labels = make_labels({node_id, user, op, "SHA256:old", block});
  spec.ports = {{22, "", block.ssh()}, {80, "", block.http()}, {443, "", block.https()}};
  return spec;
}

std::string actor_world::place(const docker::container_spec& spec, bool started) {
  // In one go: a node that saw it created and not yet started would take it for a leftover.
  std::string id;
  bool done = false;
  engine().create(spec, 1s, [&](docker::engine_result<std::string> made) {
    ASSERT_TRUE(made.ok());
    id = made.value();
    done = !started;
    if (!started) return;
    engine().start(id, 1s, [&](docker::engine_result<docker::effect> up) { done = up.ok(); });
  });
  EXPECT_TRUE(until([&done] { return done; }, 10s));
  return id;
}

std::string actor_world::engine_status(const std::string& name) {
  const auto found =
      now_at_engine<docker::container_details>([&](docker::done<docker::container_details> done) {
        engine().inspect(name, 1s, std::move(done));
      });
  return found.ok() ? found.value().status : "none";
}

} // namespace dockhost::actors::test
