// SPDX-License-Identifier: MIT
#include "net/error.hpp"
#include "tests/net/http_fixture.hpp"

#include <signal.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <vector>

namespace dockhost::net::test {
namespace {

TEST(IoThread, PostKeepsOrderAndRunsOnOneThread) {
  io_thread io;
  std::vector<int> seen;
  std::set<std::thread::id> threads;
  for (int i = 0; i < 1000; ++i)
    io.post([&, i] {
      seen.push_back(i);
      threads.insert(std::this_thread::get_id());
    });
  on_io(io, [] {});
  ASSERT_EQ(seen.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(IoThread, OneThatRestsTakesWhatHasComeMeanwhileInOneTurn) {
  constexpr auto rest = 100ms;
  io_thread io({"resting", rest});
  std::vector<std::chrono::steady_clock::time_point> turns; // only the io thread writes it
  io.post([&] {
    turns.push_back(io.now());
    throw std::runtime_error("thrown on purpose by a test");
  });
  for (int i = 0; i < 100; ++i)
    io.post([&] { turns.push_back(io.now()); });
  on_io(io, [&] { turns.push_back(io.now()); });
  ASSERT_EQ(turns.size(), 102u);
  // A rest after each of them would take ten seconds.
  EXPECT_LT(turns.back() - turns.front(), 20 * rest);
  std::atomic<bool> fired = false;
  const auto t = io.after(1ms, [&] { fired = true; });
  EXPECT_TRUE(eventually([&] { return fired.load(); }));
}

TEST(IoThread, AnExceptionDoesNotEndIt) {
  io_thread io;
  io.post([] { throw std::runtime_error("thrown on purpose by a test"); });
  io.post([] { throw 42; });
  std::atomic<bool> fired = false;
  const auto t = io.after(0ms, [] { throw std::runtime_error("thrown on purpose by a test"); });
  const auto u = io.after(1ms, [&] { fired = true; });
  EXPECT_TRUE(eventually([&] { return fired.load(); }));
}

TEST(IoThread, TimersFireInTheOrderOfTheirTimes) {
  io_thread io;
  std::vector<int> seen; // only the io thread writes it
  std::vector<std::unique_ptr<timer_handle>> handles;
  on_io(io, [&] {
    handles.push_back(io.after(30ms, [&] { seen.push_back(3); }));
    handles.push_back(io.after(10ms, [&] { seen.push_back(1); }));
    handles.push_back(io.after(20ms, [&] { seen.push_back(2); }));
    handles.push_back(io.after(-5s, [&] { seen.push_back(0); }));
  });
  EXPECT_TRUE(eventually([&] {
    std::size_t n = 0;
    on_io(io, [&] { n = seen.size(); });
    return n == 4;
  }));
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TEST(IoThread, ATimerNeverFiresEarly) {
  io_thread io;
  const auto before = io.now();
  std::promise<std::chrono::steady_clock::time_point> at;
  const auto t = io.after(25ms, [&] { at.set_value(io.now()); });
  EXPECT_GE(at.get_future().get() - before, 25ms);
}

TEST(IoThread, ACancelledOrDestroyedTimerNeverRuns) {
  io_thread io;
  std::atomic<int> ran = 0;
  auto a = io.after(20ms, [&] { ++ran; });
  auto b = io.after(20ms, [&] { ++ran; });
  a->cancel();
  b.reset();
  std::promise<void> later;
  const auto c = io.after(40ms, [&] { later.set_value(); });
  later.get_future().wait();
  EXPECT_EQ(ran, 0);
}

TEST(IoThread, ATimerMayDestroyItsOwnHandle) {
  io_thread io;
  std::unique_ptr<timer_handle> t;
  std::promise<void> ran;
  on_io(io, [&] {
    t = io.after(1ms, [&] {
      t.reset();
      ran.set_value();
    });
  });
  EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
}

TEST(IoThread, CancellingReleasesWhatTheFunctionHeld) {
  io_thread io;
  auto held = std::make_shared<int>(1);
  auto t = io.after(1h, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  t->cancel();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(IoThread, AHandleMayOutliveTheThread) {
  std::unique_ptr<timer_handle> t;
  {
    io_thread io;
    t = io.after(std::chrono::nanoseconds::max(), [] {});
  }
  t->cancel();
}

TEST(IoThread, GetsNoSignals) {
  io_thread io;
  sigset_t mask;
  on_io(io, [&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); });
  EXPECT_EQ(sigismember(&mask, SIGTERM), 1);
  EXPECT_EQ(sigismember(&mask, SIGINT), 1);
}

TEST(IoThread, EndsWithWorkStillQueued) {
  auto held = std::make_shared<int>(1);
  {
    io_thread io;
    io.post([] { std::this_thread::sleep_for(20ms); });
    for (int i = 0; i < 100; ++i)
      io.post([held] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(NetError, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(net_errc::cancelled); ++i)
    names.insert(to_string(static_cast<net_errc>(i)));
  EXPECT_EQ(names.size(), 10u);
}

} // namespace
} // namespace dockhost::net::test
