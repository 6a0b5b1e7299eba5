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

TEST_F(ports_actor_test, ends_at_once_while_the_journal_hangs) {
  const auto ports = spawn_ports(spawn_hanging_journal(true));
  const auto ended = watch_end(ports);
  ASSERT_EQ(hanging.loads.size(), 1U);
  tell(ports, reserve_block{"ann", {}});
  kill(ports);
  EXPECT_TRUE(*ended);
}

TEST_F(ports_actor_test, nothing_is_reserved_before_the_quarantine_is_known) {
  const auto ports = spawn_ports(spawn_hanging_journal(true));
  const auto ann = ask<block_answer>(ports, reserve_block{"ann", 10'000});
  const auto bob = ask<block_answer>(ports, reserve_block{"bob", 10'000});
  settle();
  tell(ports, release_block{"bob"}); // he gave up meanwhile
  settle();
  EXPECT_TRUE(ann->answers.empty());
  journal_contents known;
  known.quarantined.push_back({10'000, env()->unix_ms() + 30'000});
  let_go(0, known);
  ASSERT_TRUE(ann->answered());
  EXPECT_EQ(ann->answers.front().block.value().base, 10'003);
  EXPECT_TRUE(bob->answers.empty());
  EXPECT_EQ(reserve(ports, "eve", 10'003), 10'006) << "bob's is nobody's";
}

TEST_F(ports_actor_test, journal_that_hangs_holds_reservations_up_for_a_while_only) {
  const auto ports = spawn_ports(spawn_hanging_journal(true));
  std::vector<std::shared_ptr<test::asked<block_answer>>> all;
  for (int n = 0; n <= 1'000; ++n)
    all.push_back(ask<block_answer>(ports, reserve_block{"user" + std::to_string(n), {}}));
  settle();
  ASSERT_TRUE(all.back()->answered()) << "what waits is bounded";
  EXPECT_EQ(all.back()->answers.front().block.err().code, errc::capacity);
  EXPECT_TRUE(all.front()->answers.empty());
  advance(6s);
  for (int n = 0; n < 1'000; ++n)
    ASSERT_TRUE(all[static_cast<std::size_t>(n)]->answered()) << n;
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
