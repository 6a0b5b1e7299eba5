// SPDX-License-Identifier: MIT
// A world with browsers: npm's socket.io-client at the node's live view. The node reaches its
// engine through a proxy that counts and can be cut.
#pragma once

#include "tests/e2e/live/live_clients.hpp"
#include "tests/e2e/support/world.hpp"
#include "tests/support/fault_proxy.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::e2e {

class live_world : public world {
protected:
  live_world();
  void SetUp() override;
  void TearDown() override;

  /// A main server, a node, and browsers that may come to it.
  void start_view();
  /// The node again, where its browsers look for it.
  void restart_view();
  [[nodiscard]] live_clients& browsers() { return *browsers_; }
  /// The live view's address, once the node runs.
  [[nodiscard]] std::string url() const;
  int join(json::object options = {}) { return browsers().join(url(), std::move(options)); }
  [[nodiscard]] test::fault_proxy& way_to_engine() { return *way_to_engine_; }

  /// A sample of the node's /metrics, by its name with its labels; -1: there is none. For nodes
  /// without tokens.
  [[nodiscard]] std::int64_t metric(const std::string& sample);
  /// Adds a token with `dockhost token new` to the configuration; its text.
  std::string new_token(const std::string& role, const std::string& expires = {});

  /// Runs a shell script in a container that no node made; its full id.
  std::string run_script(const std::string& name, const std::string& script,
                         const std::vector<std::string>& flags = {});
  /// One that only lives, and logs what say() gives it.
  std::string run_quiet(const std::string& name, const std::vector<std::string>& flags = {});
  /// One that logs lines without end, `each_20_ms` at a time, which begin with their number.
  std::string run_flood(const std::string& name, int each_20_ms);
  /// Makes its main process log a line, on stdout or stderr.
  static void say(const std::string& id, const std::string& line, bool to_stderr = false);
  /// Makes it log `prefix`FIRST ... `prefix`LAST at once.
  static void say_many(const std::string& id, const std::string& prefix, int first, int last);
  /// Makes it log about 100 bytes in each of the lines `first` to `last`, which begin with their
  /// number; returns before it is done.
  static void say_numbers(const std::string& id, int first, int last);
  /// What the engine has of its log, with timestamps.
  static std::vector<std::string> engine_log(const std::string& id);

  /// The states that were told of a container, in order.
  std::vector<std::string> states(int client, const std::string& id, std::size_t from);
  /// Waits for a state of a container; what was told with it.
  json::value wait_state(int client, const std::string& id, const std::string& state,
                         std::size_t from, milliseconds timeout = milliseconds(20'000));

private:
  std::unique_ptr<test::fault_proxy> way_to_engine_;
  std::unique_ptr<live_clients> browsers_;
  std::string address_;
  std::vector<std::string> tokens_;
};

/// The rows of docs/trouble-table.md that are about the live view.
class LiveTrouble : public live_world {};

/// For EXPECT_TRUE(refused_with(ack, "not_found")): an acknowledgement with that code and a reason.
[[nodiscard]] ::testing::AssertionResult refused_with(const json::value& ack,
                                                      const std::string& code);

} // namespace dockhost::e2e
