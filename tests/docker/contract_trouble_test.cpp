// SPDX-License-Identifier: MIT
// The seam's promises about deadlines and lost engines.
#include "tests/docker/contract.hpp"

#include <deque>

namespace dockhost::test {
namespace {

using steady = std::chrono::steady_clock;

/// The error codes that many calls of differing kinds answer.
struct answers {
  struct one {
    std::string call;
    answer_box<std::string> code;
  };
  std::deque<one> all;

  template <class T>
  docker::done<T> expect(std::string call) {
    all.push_back({std::move(call), {}});
    return [tell = all.back().code.callback()](engine_result<T> result) { tell(code_of(result)); };
  }
};

constexpr auto never_network = "contract-never";

void make_all_calls(docker::engine& engine, const std::string& id, const container_spec& spec,
                    std::chrono::milliseconds timeout, answers& out) {
  engine.info(timeout, out.expect<docker::engine_info>("info"));
  engine.list({}, timeout, out.expect<std::vector<docker::container_summary>>("list"));
  engine.inspect(id, timeout, out.expect<docker::container_details>("inspect"));
  engine.create(spec, timeout, out.expect<std::string>("create"));
  engine.put_archive(id, std::string(1024, '\0'), timeout, out.expect<unit>("put_archive"));
  engine.get_archive(id, "/etc/hostname", timeout, out.expect<std::string>("get_archive"));
  engine.start(id, timeout, out.expect<effect>("start"));
  engine.stop(id, 0s, timeout, out.expect<effect>("stop"));
  engine.pause(id, timeout, out.expect<effect>("pause"));
  engine.unpause(id, timeout, out.expect<effect>("unpause"));
  engine.remove(id, timeout, out.expect<effect>("remove"));
  engine.has_image(spec.image, timeout, out.expect<bool>("has_image"));
  engine.pull(spec.image, timeout, nullptr, out.expect<unit>("pull"));
  docker::network_spec network;
  network.name = never_network;
  engine.ensure_network(network, timeout, out.expect<docker::network_effect>("ensure_network"));
}

TEST_P(engine_contract, engine_hanging_every_call_ends_with_its_deadline) {
  const auto id = created(spec("hang"));
  world->hang();
  networks.push_back(never_network);
  answers got;
  const auto begin = steady::now();
  make_all_calls(engine(), id, spec("never"), 1500ms, got);
  EXPECT_LT(steady::now() - begin, 1s); // it returns at once
  for (const auto& [call, code] : got.all)
    EXPECT_EQ(code.get(10s), "timeout") << call;
  EXPECT_GE(steady::now() - begin, 1400ms);
  EXPECT_LT(steady::now() - begin, 6s);
  for (const auto& [call, code] : got.all)
    EXPECT_EQ(code.answers(), 1) << call;
}

TEST_P(engine_contract, an_engine_that_hung_is_usable_again) {
  const auto id = created(spec("again"));
  world->hang();
  answers got;
  engine().inspect(id, 300ms, got.expect<docker::container_details>("inspect"));
  EXPECT_EQ(got.all[0].code.get(), "timeout");
  world->restore();
  EXPECT_EQ(status(id), "created");
}

TEST_P(engine_contract, engine_down_every_call_is_unreachable_and_recovers_by_itself) {
  const auto id = created(spec("down"));
  world->lose();
  networks.push_back(never_network);
  answers got;
  const auto begin = steady::now();
  make_all_calls(engine(), id, spec("never"), 20s, got);
  for (const auto& [call, code] : got.all)
    EXPECT_EQ(code.get(), "unreachable") << call;
  EXPECT_LT(steady::now() - begin, 10s);
  world->restore();
  EXPECT_EQ(status(id), "created");
}

TEST_P(engine_contract, engine_killed_mid_command_answers_unreachable_at_once) {
  const auto id = created(spec("killed"));
  world->hang();
  answers got;
  const auto begin = steady::now();
  engine().start(id, 25s, got.expect<effect>("start"));
  engine().inspect(id, 25s, got.expect<docker::container_details>("inspect"));
  world->wait_until_under_way();
  world->lose();
  for (const auto& [call, code] : got.all)
    EXPECT_EQ(code.get(), "unreachable") << call;
  EXPECT_LT(steady::now() - begin, 10s);
}

TEST_P(engine_contract, destroying_the_engine_answers_what_is_out) {
  const auto id = created(spec("destroy"));
  const auto other = spec("never");
  world->hang();
  networks.push_back(never_network);
  answers got;
  make_all_calls(engine(), id, other, 25s, got);
  world->wait_until_under_way();
  world->destroy_engine();
  for (const auto& [call, code] : got.all) {
    EXPECT_TRUE(code.wait(0ms)) << call << " was not answered before the destructor returned";
    EXPECT_EQ(code.get(1s), "unreachable") << call;
    EXPECT_EQ(code.answers(), 1) << call;
  }
  destroyed = true;
}

TEST_P(engine_contract, many_calls_at_once_are_each_answered_once) {
  const auto id = created(spec("many"));
  std::vector<answer_box<engine_result<docker::container_details>>> boxes(50);
  for (auto& box : boxes)
    engine().inspect(id, limit, box.callback());
  for (auto& box : boxes)
    EXPECT_TRUE(box.get().ok());
  for (auto& box : boxes)
    EXPECT_EQ(box.answers(), 1);
}

TEST_P(engine_contract, a_call_with_no_time_left_times_out) {
  answers got;
  engine().inspect("anything", 0ms, got.expect<docker::container_details>("inspect"));
  EXPECT_EQ(got.all[0].code.get(5s), "timeout");
}

} // namespace
} // namespace dockhost::test
