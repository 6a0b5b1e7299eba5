// SPDX-License-Identifier: MIT
#include "tests/e2e/support/world.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace dockhost::e2e {
namespace {

std::string toml_text(const std::string& s) {
  return "\"" + s + "\"";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string program() {
  const char* other = std::getenv("DOCKHOST_TEST_PROGRAM");
  return other == nullptr ? DOCKHOST_PROGRAM : other;
}

void print_end(const std::filesystem::path& file, std::size_t bytes) {
  const std::string content = read_file(file);
  std::cout << "---- end of " << file << "\n"
            << content.substr(content.size() > bytes ? content.size() - bytes : 0) << "----\n";
}

} // namespace

world::world() : first_port_(static_cast<std::uint16_t>(12'000 + ::getpid() % 60 * 300)) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(info->test_suite_name()) + "." + info->name();
  std::ranges::replace(name, '/', '_');
  folder_ = std::filesystem::path(DOCKHOST_E2E_OUTPUT) / name;
  std::getline(std::ifstream("/proc/sys/kernel/random/uuid") >> std::ws, node_id_);
  const std::string tag = "t" + node_id_.substr(0, 6);
  prefix_ = tag + "-";
  config["server"]["api_key"] = toml_text("e2e-key");
  config["server"]["connect_timeout"] = toml_text("5s");
  config["server"]["backoff_base"] = toml_text("100ms");
  config["server"]["backoff_cap"] = toml_text("500ms");
  config["server"]["backoff_reset_after"] = toml_text("1s");
  config["server"]["rehandshake"] = toml_text("never");
  config["node"]["id"] = toml_text(node_id_);
  config["node"]["state_dir"] = toml_text((folder_ / "state").string());
  config["engine"]["kind"] = toml_text("socket");
  config["engine"]["relist_interval"] = toml_text("5s");
  config["containers"]["image"] = toml_text(test_image());
  config["containers"]["name_prefix"] = toml_text(prefix_);
  config["containers"]["network"] = toml_text(tag);
  config["containers"]["stop_grace"] = toml_text("5s");
  config["ports"]["first"] = std::to_string(first_port_);
  config["ports"]["last"] = std::to_string(first_port_ + 3 * blocks - 1);
  config["capacity"]["max_containers"] = "200";
  config["capacity"]["min_free_memory_mb"] = "64";
  config["live"]["port"] = "0";
  config["log"]["level"] = toml_text("debug");
}

void world::SetUp() {
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  ASSERT_TRUE(engine_is_there())
      << "these tests need an engine of their own: scripts/with-test-engine.sh ctest ...";
  key_ = make_key(folder_);
}

void world::TearDown() {
  if (node_) node_->signal(SIGKILL);
  node_.reset();
  server_.reset();
  if (!engine_is_there()) return;
  if (run({"docker", "version"}, milliseconds(10'000)).status != 0) start_engine();
  for (const auto& id : own_containers())
    foreign.push_back(id);
  for (const auto& id : foreign)
    run({"docker", "rm", "-f", "-v", id});
  run({"docker", "network", "rm", prefix_.substr(0, prefix_.size() - 1)});
  if (HasFailure()) {
    print_end(folder_ / "node.log", 12'000);
    print_end(folder_ / "main-server.log", 2'000);
  } else {
    std::filesystem::remove_all(folder_);
  }
}

main_server& world::start_server(server_options options) {
  server_ = std::make_unique<main_server>(folder_, std::move(options));
  config["server"].try_emplace("url", toml_text(server_->url()));
  return *server_;
}

void world::write_config() const {
  std::ofstream file(folder_ / "dockhost.toml");
  for (const auto& [section, keys] : config) {
    file << "[" << section << "]\n";
    for (const auto& [name, value] : keys)
      file << name << " = " << value << "\n";
  }
}

void world::launch_node() {
  write_config();
  node_ = std::make_unique<child_process>(process_options{
      .argv = {program(), "node", "--config", (folder_ / "dockhost.toml").string()},
      .environment = environment,
      .without = {"DEBUG", "DOCKHOST_API_KEY", "MAIN_SERVER", "MAIN_SERVER_BACKEND_URL"},
      .log = folder_ / "node.log",
      .control = false});
}

void world::start_node() {
  const std::size_t from = server_->mark();
  launch_node();
  const auto hello = is("event", "name", "node-hello");
  eventually([&] { return !node_->running() || server_->seen(hello, from); }, milliseconds(30'000));
  if (!node_->running()) {
    const auto status = node_->wait(milliseconds(0));
    throw std::runtime_error("the node has ended by itself, with " + std::to_string(*status));
  }
  server_->wait_node(from);
}

void world::start_both(server_options options) {
  start_server(std::move(options));
  start_node();
}

std::optional<int> world::stop_node(milliseconds timeout) {
  node_->signal(SIGTERM);
  return node_->wait(timeout);
}

void world::kill_node() {
  node_->signal(SIGKILL);
  node_->wait(milliseconds(10'000));
}

std::string world::node_log() const {
  return read_file(folder_ / "node.log");
}

bool world::node_logs(const std::string& wanted, milliseconds timeout) {
  return eventually([&] { return node_log().find(wanted) != std::string::npos; }, timeout);
}

std::int64_t world::node_memory_kb() const {
  std::ifstream file("/proc/" + std::to_string(node_->pid()) + "/status");
  for (std::string word; file >> word;) {
    std::int64_t kb = 0;
    if (word == "VmRSS:" && file >> kb) return kb;
  }
  return -1;
}

std::int64_t world::node_cpu_ms() const {
  // Fields 14 and 15 (utime, stime), counted after the name's closing bracket.
  const std::string line = read_file("/proc/" + std::to_string(node_->pid()) + "/stat");
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field <= 13; ++field)
    rest >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  rest >> user >> system;
  return (user + system) * 1'000 / ::sysconf(_SC_CLK_TCK);
}

json::object world::request(const std::string& user) const {
  return {{"username", user}, {"sshPublicKey", key_->public_line}};
}

json::value world::create(const std::string& user, json::object more) {
  json::object fields = request(user);
  for (auto& member : more)
    fields.push_back(std::move(member));
  const json::value reply = server_->command("create-container", std::move(fields));
  EXPECT_TRUE(succeeded(reply));
  return at(reply, "data");
}

std::vector<std::string> world::own_containers() const {
  return containers_with_label("dockhost.node_id=" + node_id_);
}

std::vector<std::uint16_t> world::own_ports() const {
  std::vector<std::uint16_t> ports;
  for (const auto& id : own_containers()) {
    const json::value bindings = at(inspect(id), "HostConfig.PortBindings");
    if (bindings.as_object() == nullptr) continue;
    for (const auto& [inside_port, hosts] : *bindings.as_object())
      for (const auto& host : *hosts.as_array())
        ports.push_back(static_cast<std::uint16_t>(std::stoi(text(host, "HostPort"))));
  }
  return ports;
}

::testing::AssertionResult succeeded(const json::value& reply) {
  if (truth(reply, "success")) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << json::dump(reply);
}

::testing::AssertionResult failed_with(const json::value& reply, const std::string& code) {
  if (!truth(reply, "success") && text(reply, "error.code") == code)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "expected " << code << ", got " << json::dump(reply);
}

} // namespace dockhost::e2e
