// SPDX-License-Identifier: MIT
// One test's world: a folder, a main server, a node with an identity, a name prefix and ports of
// its own, and the engine of the run. Nothing of it outlives the test; the folder with all logs
// stays when the test has failed.
#pragma once

#include "tests/e2e/support/child_process.hpp"
#include "tests/e2e/support/docker.hpp"
#include "tests/e2e/support/eventually.hpp"
#include "tests/e2e/support/json_path.hpp"
#include "tests/e2e/support/main_server.hpp"
#include "tests/e2e/support/ssh.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::e2e {

class world : public ::testing::Test {
protected:
  world();
  void SetUp() override;
  void TearDown() override;

  /// Configuration of the node by section and key; values are TOML as it stands in the file.
  std::map<std::string, std::map<std::string, std::string>> config;
  /// Further environment of the node.
  std::vector<std::pair<std::string, std::string>> environment;

  main_server& start_server(server_options options = {});
  [[nodiscard]] main_server& server() { return *server_; }

  /// Starts `dockhost node` with `config`.
  void launch_node();
  /// The same, and waits until it has said hello to the main server.
  void start_node();
  /// A main server and a node that has said hello to it.
  void start_both(server_options options = {});
  /// SIGTERM; the exit status, or nothing when it did not end in time.
  std::optional<int> stop_node(milliseconds timeout = milliseconds(70'000));
  void kill_node();
  [[nodiscard]] child_process& node() { return *node_; }
  /// Everything that the node has logged.
  [[nodiscard]] std::string node_log() const;
  /// Whether the node's log holds that text within the deadline.
  bool node_logs(const std::string& text, milliseconds timeout = milliseconds(10'000));
  /// Resident memory of the node, KiB.
  [[nodiscard]] std::int64_t node_memory_kb() const;
  /// CPU time that the node has used up, ms.
  [[nodiscard]] std::int64_t node_cpu_ms() const;

  /// The fields of a good create for that user, in the documented dialect.
  [[nodiscard]] json::object request(const std::string& user) const;
  /// Creates and expects success; the reply's data.
  json::value create(const std::string& user, json::object more = {});
  [[nodiscard]] std::string name_of(const std::string& user) const { return prefix_ + user; }
  /// Full ids of this node's containers, asked from the engine.
  [[nodiscard]] std::vector<std::string> own_containers() const;
  /// Host ports that this node's containers publish or would publish.
  [[nodiscard]] std::vector<std::uint16_t> own_ports() const;
  [[nodiscard]] std::uint16_t first_port() const { return first_port_; }
  [[nodiscard]] const std::string& node_id() const { return node_id_; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const ssh_key& key() const { return *key_; }

  /// Containers that the test made itself; they go with it.
  std::vector<std::string> foreign;
  /// How many blocks of three ports the node may use.
  static constexpr std::uint16_t blocks = 100;

private:
  void write_config() const;

  std::filesystem::path folder_;
  std::string node_id_;
  std::string prefix_;
  std::uint16_t first_port_;
  std::optional<ssh_key> key_;
  std::unique_ptr<main_server> server_;
  std::unique_ptr<child_process> node_;
};

/// The rows of docs/trouble-table.md.
class Trouble : public world {};

/// For EXPECT_TRUE(succeeded(reply)): prints the reply when it is a failure.
[[nodiscard]] ::testing::AssertionResult succeeded(const json::value& reply);
/// A failure with that error code.
[[nodiscard]] ::testing::AssertionResult failed_with(const json::value& reply,
                                                     const std::string& code);

} // namespace dockhost::e2e
