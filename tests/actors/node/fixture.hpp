// SPDX-License-Identifier: MIT
// A deterministic world for the node's actors: CAF's testing coordinator, virtual time, the
// simulated engine, and a main server that is a list of what was sent to it.
//
//   settle()   runs everything that can run without time passing
//   advance(d) lets time pass, event by event
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/outlet.hpp"
#include "actors/node/environment.hpp"
#include "docker/simulated_engine.hpp"
#include "protocol/engineio_server.hpp"
#include "store/journal.hpp"
#include "virtual_time.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dockhost::actors::test {

using namespace std::chrono_literals;

/// A well-formed public key that opens nothing.
inline constexpr const char* good_key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqPkHCc+CF/x9v7yC/TPgteL+u6E82U58Xysf40PABD";

/// What the fake main server was told, on one connection.
struct sent_packet {
  std::string event; ///< empty: an acknowledgement
  std::optional<std::uint64_t> ack;
  json::value payload;
};

/// What becomes of a reply that is handed to a fake link.
enum class fake_sending { at_once, not_any_more, never, unheard };

/// What went to the main server besides: logs and figures.
class fake_outlet final : public live_outlet {
public:
  bool emit(std::shared_ptr<const protocol::engineio::server::outgoing> packet,
            std::size_t budget) override {
    if (!open || queued + packet->bytes() > budget) return false;
    texts.push_back(packet->text);
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  [[nodiscard]] bool connected() const override { return open; }

  /// Payloads of that event.
  [[nodiscard]] std::vector<json::value> got(const std::string& event) const;

  std::vector<std::string> texts;
  bool open = true;
  std::size_t queued = 0; ///< as the test says
};

/// One connection that a node opened.
struct fake_session {
  std::string api_key;
  server_link_handlers handlers;
  std::vector<sent_packet> sent;
  std::shared_ptr<fake_outlet> outlet = std::make_shared<fake_outlet>();
  bool close_asked = false;
  /// Of replies; unheard: as if the io thread were too slow. Only what is sent at once stands in
  /// `sent`.
  fake_sending sending = fake_sending::at_once;
  bool destroyed = false;
  std::size_t max_payload = 1'000'000;

  [[nodiscard]] std::vector<json::value> payloads(const std::string& event) const;
  [[nodiscard]] std::size_t count(const std::string& event) const { return payloads(event).size(); }
};

/// What a journal with a hanging disk was asked. It answers when the test says so.
struct hanging_journal {
  std::vector<caf::typed_response_promise<journal_contents>> loads;
  std::vector<caf::typed_response_promise<journal_done>> writes;
  std::size_t messages = 0; ///< it ever got
  journal_actor self;
  std::function<void()> turn; ///< what it does when it is told to purge
};

/// Answers or the error that a request ended with.
template <class T>
struct asked {
  std::vector<T> answers;
  int errors = 0;
  [[nodiscard]] bool answered() const { return answers.size() == 1 && errors == 0; }
};

class actor_world : public testing::Test {
protected:
  actor_world();
  ~actor_world() override;
  void TearDown() override;

  // ---- before the first actor
  settings config; ///< changed freely until env() is called
  docker::simulated_options simulated;
  [[nodiscard]] environment_ptr env();
  /// Made at the first use, with `simulated`.
  [[nodiscard]] docker::simulated_engine& engine();
  [[nodiscard]] std::shared_ptr<store::journal> journal_store();

  // ---- time
  void settle();
  void advance(std::chrono::milliseconds d);
  /// Lets time pass until it is so, at most `limit`; whether it is so.
  bool until(const std::function<bool()>& so, std::chrono::milliseconds limit = 10min);
  [[nodiscard]] std::chrono::steady_clock::time_point now() const { return executor_.now(); }
  /// In the middle of another actor's turn: lets this one alone act on what it was sent.
  template <class Handle>
  void let_run(const Handle& h) {
    run_job_of(caf::actor_cast<caf::abstract_actor*>(h));
  }

  // ---- actors
  caf::actor_system& system() { return *system_; }
  executor& io() { return executor_; }

  /// Keeps it in mind for the end of the test, where every actor is killed.
  template <class Handle>
  Handle track(Handle h) {
    enders_.push_back([h] { end_now(h, caf::exit_reason::kill); });
    return h;
  }

  /// Ends one now, as a crash does.
  template <class Handle>
  void kill(const Handle& h) {
    end_now(h, caf::exit_reason::kill);
    settle();
  }

  template <class Handle, class Message>
  void tell(const Handle& whom, Message m) {
    caf::anon_send(whom, std::move(m));
  }

  template <class Result, class Handle, class Message>
  std::shared_ptr<asked<Result>> ask(const Handle& whom, Message m,
                                     std::chrono::milliseconds timeout = 60min) {
    auto box = std::make_shared<asked<Result>>();
    auto asker = system().spawn([whom, m, timeout, box](caf::event_based_actor* self) {
      self->request(whom, timeout, m)
          .then([box](const Result& r) { box->answers.push_back(r); },
                [box](const caf::error&) { ++box->errors; });
    });
    track(asker);
    return box;
  }

  /// An actor that keeps what it is sent.
  template <class Handle, class Message>
  Handle recorder(std::vector<Message>& into) {
    return track(
        system().spawn([&into](typename Handle::pointer) -> typename Handle::behavior_type {
          return {[&into](Message& m) { into.push_back(std::move(m)); }};
        }));
  }

  /// Whether it has ended, from now on.
  template <class Handle>
  std::shared_ptr<bool> watch_end(const Handle& h) {
    auto ended = std::make_shared<bool>(false);
    track(system().spawn([ended, h](caf::event_based_actor* self) -> caf::behavior {
      self->monitor(h);
      self->set_down_handler([ended](caf::scheduled_actor*, caf::down_msg&) { *ended = true; });
      return {[](int) {}};
    }));
    settle();
    return ended;
  }

  journal_actor spawn_journal();
  /// It holds its writes, and with `loads` what it was asked at the start, too.
  journal_actor spawn_hanging_journal(bool loads);
  hanging_journal hanging;
  /// Answers as that journal, in a turn of its own, and settles.
  void let_go(std::size_t write);
  void let_go(std::size_t load, journal_contents contents);
  docker_actor spawn_docker();
  ports_actor spawn_ports(const journal_actor& journal);

  // ---- the fake surroundings
  std::vector<std::shared_ptr<fake_session>> sessions; ///< as they were opened
  [[nodiscard]] fake_session& server() { return *sessions.back(); }
  std::set<std::uint16_t> bound_elsewhere;       ///< base ports that can't be bound
  std::function<void(std::string_view)> on_hash; ///< called for what an actor hashes
  double random = 0.5;
  bool ssh_answers = true; ///< else the simulated engine decides
  std::size_t ssh_probes = 0;
  bool hold_probes = false; ///< then the test answers them
  std::vector<std::function<void(probe_result)>> held_probes;
  std::optional<std::int64_t> free_disk = std::int64_t{1} << 40;
  std::optional<std::int64_t> free_memory = std::int64_t{1} << 40;
  static constexpr const char* node_id = "11111111-2222-4333-8444-555555555555";

  /// A container spec that carries our labels, as an earlier life of this node made it.
  [[nodiscard]] docker::container_spec our_spec(const std::string& user, std::uint16_t base,
                                                const std::string& op = "old-op");
  /// Puts one into the engine; its id.
  std::string place(const docker::container_spec& spec, bool started = true);
  /// Runs one engine call to its end.
  template <class T>
  docker::engine_result<T> now_at_engine(std::function<void(docker::done<T>)> call) {
    std::optional<docker::engine_result<T>> got;
    call([&got](docker::engine_result<T> r) { got.emplace(std::move(r)); });
    until([&got] { return got.has_value(); });
    return *got;
  }
  [[nodiscard]] std::string engine_status(const std::string& name);

  static constexpr const char* key = good_key;

private:
  void run_job_of(const caf::abstract_actor* who);

  virtual_executor executor_;
  std::shared_ptr<environment> env_;
  std::shared_ptr<docker::simulated_engine> engine_;
  std::shared_ptr<store::journal> store_;
  int ids_ = 0;
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::vector<std::function<void()>> enders_;
};

} // namespace dockhost::actors::test
