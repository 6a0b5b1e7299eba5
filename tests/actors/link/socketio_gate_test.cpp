// SPDX-License-Identifier: MIT
#include "actors/link/socketio_gate.hpp"

#include <gtest/gtest.h>

#include <future>

namespace dockhost::actors {
namespace {

TEST(SocketioGate, NothingPassesOnceItIsShut) {
  socketio_gate gate;
  int calls = 0;
  gate.pass([&] { ++calls; });
  gate.pass([&] { gate.pass([&] { ++calls; }); });
  EXPECT_EQ(calls, 2);
  gate.shut();
  gate.pass([&] { ++calls; });
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(gate.is_shut());
}

TEST(SocketioGate, MayBeShutFromInside) {
  socketio_gate gate;
  bool after = false;
  gate.pass([&] {
    gate.shut();
    gate.pass([&] { after = true; });
  });
  EXPECT_FALSE(after);
}

TEST(SocketioGate, ShutWaitsForWhatRuns) {
  socketio_gate gate;
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> left = false;
  std::thread passer([&] {
    gate.pass([&] {
      entered.set_value();
      leave.get_future().wait();
      left = true;
    });
  });
  entered.get_future().wait();
  std::atomic<bool> shut_returned = false;
  std::thread owner([&] {
    gate.shut();
    EXPECT_TRUE(left);
    shut_returned = true;
  });
  while (!gate.is_shut())
    std::this_thread::yield();
  EXPECT_FALSE(shut_returned);
  leave.set_value();
  owner.join();
  passer.join();
  EXPECT_TRUE(shut_returned);
}

TEST(SocketioGate, AThrowingHandlerLeavesItOpen) {
  socketio_gate gate;
  EXPECT_THROW(gate.pass([] { throw 1; }), int);
  bool called = false;
  gate.pass([&] { called = true; });
  EXPECT_TRUE(called);
  std::thread([&] { gate.shut(); }).join();
}

TEST(SocketioGate, UnderContention) {
  for (int round = 0; round < 2'000; ++round) {
    socketio_gate gate;
    std::atomic<bool> over = false;
    std::atomic<bool> late = false;
    std::thread passer([&] {
      for (int i = 0; i < 200 && !gate.is_shut(); ++i) {
        gate.pass([&] { late = late || over; });
      }
    });
    gate.shut();
    over = true;
    passer.join();
    ASSERT_FALSE(late);
  }
}

} // namespace
} // namespace dockhost::actors
