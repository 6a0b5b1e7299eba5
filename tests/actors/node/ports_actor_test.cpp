// SPDX-License-Identifier: MIT
#include "fixture.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;

class ports_actor_test : public test::actor_world {
protected:
  std::optional<std::uint16_t> reserve(const ports_actor& ports, const std::string& owner,
                                       std::optional<std::uint16_t> hint = {}) {
    const auto got = ask<block_answer>(ports, reserve_block{owner, hint});
    settle();
    if (!got->answered() || !got->answers.front().block.ok()) return std::nullopt;
    return got->answers.front().block.value().base;
  }
};

TEST_F(ports_actor_test, reserving_twice_gives_the_same_block) {
  const auto ports = spawn_ports(spawn_journal());
  const auto first = reserve(ports, "ann");
  ASSERT_TRUE(first);
  EXPECT_EQ(reserve(ports, "ann"), first);
  EXPECT_NE(reserve(ports, "bob"), first);
  EXPECT_EQ(reserve(ports, "eve", 12'000), 12'001);
}

TEST_F(ports_actor_test, a_block_that_cannot_be_bound_is_passed_over) {
  bound_elsewhere = {10'000, 10'003};
  const auto ports = spawn_ports(spawn_journal());
  EXPECT_EQ(reserve(ports, "ann", 10'000), 10'006);
}

TEST_F(ports_actor_test, a_released_block_may_be_given_again) {
  const auto ports = spawn_ports(spawn_journal());
  const auto first = reserve(ports, "ann", 10'000);
  EXPECT_EQ(first, 10'000);
  tell(ports, release_block{"ann"});
  EXPECT_EQ(reserve(ports, "bob", 10'000), 10'000);
}

TEST_F(ports_actor_test, the_engines_truth_wins_over_what_was_reserved) {
  const auto ports = spawn_ports(spawn_journal());
  EXPECT_EQ(reserve(ports, "ann", 10'000), 10'000);
  tell(ports, adopt_block{"ann", port_block{13'000}});
  EXPECT_EQ(reserve(ports, "ann"), 13'000);
  EXPECT_EQ(reserve(ports, "bob", 10'000), 10'000);
  // Never over another owner: bob keeps his.
  tell(ports, adopt_block{"eve", port_block{10'001}});
  EXPECT_EQ(reserve(ports, "bob"), 10'000);
}

TEST_F(ports_actor_test, foreign_ports_are_kept_out_of) {
  const auto ports = spawn_ports(spawn_journal());
  tell(ports, foreign_ports_listed{{10'001, 10'005}});
  EXPECT_EQ(reserve(ports, "ann", 10'000), 10'006);
  tell(ports, foreign_ports_listed{{}});
  EXPECT_EQ(reserve(ports, "bob", 10'000), 10'000);
}

TEST_F(ports_actor_test, quarantine_rests_and_survives_a_restart) {
  const auto journal = spawn_journal();
  const auto ports = spawn_ports(journal);
  EXPECT_EQ(reserve(ports, "ann", 10'000), 10'000);
  tell(ports, quarantine_block{"ann", port_block{10'000}});
  EXPECT_EQ(reserve(ports, "ann", 10'000), 10'003);
  kill(ports);
  advance(10s);
  const auto reborn = spawn_ports(journal);
  EXPECT_EQ(reserve(reborn, "bob", 10'000), 10'003);
  tell(reborn, release_block{"bob"});
  advance(config.ports.quarantine);
  EXPECT_EQ(reserve(reborn, "bob", 10'000), 10'000);
}

TEST_F(ports_actor_test, may_be_ended_while_it_waits_for_the_journal) {
  caf::typed_response_promise<journal_contents> owed;
  journal_actor slow =
      track(system().spawn([&owed](journal_actor::pointer self) -> journal_actor::behavior_type {
        return {[&owed, self](journal_load) -> caf::result<journal_contents> {
                  owed = self->make_response_promise<journal_contents>();
                  return caf::delegated<journal_contents>{};
                },
                [](const journal_begin&) { return journal_done{}; },
                [](const journal_answer&) { return journal_done{}; },
                [](const journal_delivered&) {},
                [](const journal_quarantine&) {},
                [&owed](journal_purge_due) { owed.deliver(journal_contents{}); }};
      }));
  const auto ports = spawn_ports(slow);
  bool down = false;
  track(system().spawn([&down, ports](caf::event_based_actor* self) -> caf::behavior {
    self->monitor(ports);
    self->set_down_handler([&down](caf::scheduled_actor*, caf::down_msg&) { down = true; });
    return {[](int) {}};
  }));
  settle();
  ASSERT_TRUE(owed.pending());
  kill(ports);
  tell(slow, journal_purge_due{}); // only now it answers
  settle();
  EXPECT_TRUE(down);
  owed = {};
}

TEST_F(ports_actor_test, exhaustion_is_an_error_that_says_so) {
  config.ports.last = 10'005;
  const auto ports = spawn_ports(spawn_journal());
  EXPECT_TRUE(reserve(ports, "ann"));
  EXPECT_TRUE(reserve(ports, "bob"));
  const auto got = ask<block_answer>(ports, reserve_block{"eve", {}});
  settle();
  ASSERT_TRUE(got->answered());
  ASSERT_FALSE(got->answers.front().block.ok());
  EXPECT_EQ(got->answers.front().block.err().code, errc::ports_exhausted);
}

} // namespace
} // namespace dockhost::actors
