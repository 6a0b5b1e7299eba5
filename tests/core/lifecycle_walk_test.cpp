// SPDX-License-Identifier: MIT
// A long random walk of the lifecycle over a small engine that can fail anywhere: refuse, lose the
// answer with or without the effect, do the work late, have its container stopped or removed by
// others, its ports stolen, its name taken. Whenever things calm down, machine, engine and port
// registry must agree, and every command has been answered once.
#include "lifecycle_words.hpp"

#include <deque>
#include <functional>
#include <random>
#include <set>
#include <string>

namespace dockhost::lifecycle {
namespace {

using container = container_state;

struct fake_container {
  std::string id;
  std::string op_id;
  container state = container::created;
  port_block block;
};

class walk {
public:
  explicit walk(std::uint64_t seed) : random_(seed) {}

  void step_once() {
    const auto dice = roll(130);
    if (dice < 20) {
      command();
    } else if (dice < 70) {
      if (waiting_) serve();
    } else if (dice < 76) {
      meddle();
    } else if (dice < 84) {
      late_work();
    } else if (dice < 88) {
      if (command_open_) turn(deadline_passed{});
    } else if (dice < 92) {
      relist();
    } else if (dice < 95) {
      turn(engine_lost{});
    } else if (dice < 97) {
      turn(shutdown_begun{});
    } else if (dice < 100) {
      stranger_ = !stranger_ && !engine_;
    } else {
      hear();
    }
  }

  /// No more faults: everything that is under way ends, and somebody looks.
  void calm_down() {
    calm_ = true;
    stranger_ = false;
    for (int round = 0; round < 3; ++round) {
      for (int n = 0; waiting_; ++n) {
        ASSERT_LT(n, 200) << "does not come to rest at " << to_string(now_.at);
        serve();
      }
      while (!late_.empty())
        late_work();
      while (!news_.empty()) {
        hear();
        while (waiting_)
          serve();
      }
      // What was heard is enough, as long as nothing was lost: the relist only makes sure.
      if (now_.state != container::unknown) {
        ASSERT_EQ(now_.state, engine_ ? engine_->state : container::absent) << "news were missed";
      }
      relist();
    }
    calm_ = false;
    ASSERT_FALSE(now_.busy()) << to_string(now_.at);
    ASSERT_FALSE(command_open_) << "a command was never answered";
    if (engine_) {
      ASSERT_EQ(now_.state, engine_->state);
      ASSERT_EQ(now_.facts.id, engine_->id);
      ASSERT_NE(engine_->state, container::created) << "a failed create left a container";
      ASSERT_FALSE(failed_.contains(engine_->op_id)) << "a failed create left its container";
      ASSERT_TRUE(held_) << "a container without ports";
      ASSERT_EQ(held_->base, engine_->block.base);
    } else {
      ASSERT_EQ(now_.state, container::absent);
      ASSERT_FALSE(held_) << "ports are held for no container";
    }
  }

  std::size_t commands = 0;
  std::size_t succeeded = 0;
  std::size_t answers = 0;

private:
  std::uint64_t roll(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  bool chance(std::uint64_t percent) { return !calm_ && roll(100) < percent; }

  void turn(const event& what) {
    const bool begins = test::is_command(what);
    auto t = advance(now_, what, rules_);
    ASSERT_EQ(test::broken_rule(now_, what, t), "")
        << "at " << to_string(now_.at) << ", event " << what.index() << ": "
        << test::words(t.actions);
    if (begins) {
      ++commands;
      command_open_ = true;
    }
    now_ = std::move(t.next);
    for (const auto& a : t.actions)
      perform(a);
  }

  void command() {
    if (now_.busy()) return;
    switch (roll(4)) {
    case 0:
      creating_ = "op-" + std::to_string(++ops_);
      return turn(create_wanted{creating_, "image", std::nullopt});
    case 1: return turn(start_wanted{});
    case 2: return turn(stop_wanted{});
    default: return turn(delete_wanted{});
    }
  }

  void perform(const action& a) {
    if (const auto* said = std::get_if<answer>(&a)) {
      ASSERT_TRUE(command_open_) << "an answer that nobody waits for";
      command_open_ = false;
      ++answers;
      if (!said->failure) ++succeeded;
      if (said->failure && !creating_.empty()) failed_.insert(creating_);
      creating_.clear();
    } else if (std::holds_alternative<release_ports>(a)) {
      held_.reset();
    } else if (const auto* adopt = std::get_if<adopt_ports>(&a)) {
      held_ = adopt->block;
    } else if (std::holds_alternative<quarantine_ports>(a)) {
      held_.reset();
    } else {
      // What the machine waits for. Whatever it waited for before, it has given up.
      waiting_ = a;
    }
  }

  void serve() {
    const auto wanted = *std::exchange(waiting_, std::nullopt);
    std::visit([this](const auto& a) { serve(a); }, wanted);
  }

  /// The call's fate: done and told, refused, or lost with the work done, not done, or done later.
  void call(const std::function<event()>& work) {
    if (chance(10)) return turn(call_failed{{fault::failed, "the engine complains"}});
    if (chance(12)) {
      const auto what = roll(2) == 0 ? fault::timeout : fault::unreachable;
      const auto fate = roll(3);
      if (fate == 0) (void)work();
      if (fate == 1) late_.push_back(work);
      return turn(call_failed{{what, "lost"}});
    }
    turn(work());
  }

  void serve(const pull_image&) {
    if (chance(20)) return turn(call_failed{{fault::no_such_image, "no such image"}});
    image_ = true;
    turn(image_pulled{});
  }
  void serve(const reserve_ports&) {
    if (chance(5)) return turn(ports_refused{{errc::ports_exhausted, "none left"}});
    if (!held_)
      held_ = port_block{next_base_ = static_cast<std::uint16_t>(next_base_ % 60'000 + 3)};
    turn(ports_reserved{*held_});
  }
  void serve(const create_container& a) {
    if (chance(10)) image_ = false;
    call([this, a]() -> event {
      if (stranger_ || engine_) return call_failed{{fault::name_taken, "name in use"}};
      if (!image_ && !calm_) return call_failed{{fault::no_such_image, "no such image"}};
      engine_ = fake_container{"c" + std::to_string(++ids_), a.op_id, container::created, a.block};
      tell(container::created);
      return container_created{engine_->id, "2024", "SHA256:x"};
    });
  }
  void serve(const install_files& a) {
    call([this, id = a.id]() -> event {
      if (!is(id)) return call_failed{{fault::not_found, "no such container"}};
      return files_installed{};
    });
  }
  void serve(const start_container& a) {
    const bool stolen = chance(15);
    call([this, id = a.id, stolen]() -> event {
      if (!is(id)) return call_failed{{fault::not_found, "no such container"}};
      if (engine_->state == container::paused) return call_failed{{fault::conflict, "paused"}};
      if (engine_->state == container::running) return container_started{true, {}};
      if (stolen) return call_failed{{fault::port_taken, "address in use"}};
      become(container::running);
      return container_started{false, {}};
    });
  }
  void serve(const await_ssh&) {
    if (chance(20)) return turn(ssh_silent{"no banner"});
    turn(ssh_answered{});
  }
  void serve(const unpause_container& a) {
    call([this, id = a.id]() -> event {
      if (!is(id)) return call_failed{{fault::not_found, "no such container"}};
      if (engine_->state != container::paused) return container_unpaused{true};
      become(container::running);
      return container_unpaused{false};
    });
  }
  void serve(const stop_container& a) {
    call([this, id = a.id]() -> event {
      if (!is(id)) return call_failed{{fault::not_found, "no such container"}};
      const bool ran = engine_->state == container::running || engine_->state == container::paused;
      if (ran) become(container::stopped);
      return container_stopped{!ran};
    });
  }
  void serve(const remove_container& a) {
    if (chance(8)) return turn(call_failed{{fault::conflict, "removal in progress"}});
    call([this, id = a.id]() -> event {
      if (is(id)) vanish();
      return container_removed{};
    });
  }
  void serve(const look_again&) {
    if (chance(10)) return turn(call_failed{{fault::unreachable, "lost"}});
    turn(truth(true));
  }
  void serve(const pause_then_retry&) { turn(retry_due{}); }
  void serve(const release_ports&) {}
  void serve(const adopt_ports&) {}
  void serve(const quarantine_ports&) {}
  void serve(const answer&) {}

  [[nodiscard]] bool is(const std::string& id) const { return engine_ && engine_->id == id; }

  [[nodiscard]] event truth(bool by_name) const {
    if (engine_) {
      container_facts f;
      f.id = engine_->id;
      f.op_id = engine_->op_id;
      f.image = "image";
      f.block = engine_->block;
      return container_observed{engine_->state, f};
    }
    if (by_name && stranger_ && now_.at == step::finding_owner)
      return call_failed{{fault::conflict, "not ours"}};
    return container_absent{};
  }

  void relist() {
    // As the container actor does: a relist while busy is no more than news.
    if (now_.busy()) {
      turn(look_wanted{});
    } else {
      turn(truth(false));
    }
  }

  void late_work() {
    if (late_.empty()) return;
    const auto work = late_.front();
    late_.pop_front();
    (void)work();
  }

  // ---- what the engine tells of, in the order in which it happened, and sooner or later

  void tell(container_state implied) { news_.push_back({engine_->id, implied}); }
  void become(container_state next) {
    engine_->state = next;
    tell(next);
  }
  void vanish() {
    tell(container::absent);
    engine_.reset();
  }
  void hear() {
    if (news_.empty()) return;
    const auto first = news_.front();
    news_.pop_front();
    turn(first);
  }

  /// What others do to the container, which the engine then tells of.
  void meddle() {
    if (!engine_ || engine_->state == container::created) return;
    switch (roll(4)) {
    case 0: return vanish();
    case 1: return become(container::stopped);
    case 2: return become(container::running);
    default:
      if (engine_->state == container::running) become(container::paused);
    }
  }

  std::mt19937_64 random_;
  policy rules_;
  model now_;
  std::optional<action> waiting_;
  std::optional<fake_container> engine_;
  std::deque<std::function<event()>> late_;
  std::deque<news_heard> news_;
  std::optional<port_block> held_;
  std::uint16_t next_base_ = 1021;
  int ops_ = 0;
  int ids_ = 0;
  bool image_ = true;
  bool stranger_ = false;
  bool command_open_ = false;
  std::string creating_;         ///< op_id of the create that waits for its answer
  std::set<std::string> failed_; ///< op_ids of creates that were answered as failed
  bool calm_ = false;
};

TEST(lifecycle, random_walk_never_loses_a_container_a_port_or_an_answer) {
  constexpr std::uint64_t seed = 20'240'607;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  walk w(seed);
  for (int n = 0; n < 300'000; ++n) {
    w.step_once();
    if (n % 37 == 36) w.calm_down();
    if (testing::Test::HasFatalFailure()) {
      FAIL() << "after " << n << " steps";
    }
  }
  w.calm_down();
  EXPECT_EQ(w.commands, w.answers);
  // The walk went somewhere: a fair part of the commands did what they were asked for.
  EXPECT_GT(w.succeeded, w.commands / 5);
  EXPECT_LT(w.succeeded, w.commands);
}

} // namespace
} // namespace dockhost::lifecycle
