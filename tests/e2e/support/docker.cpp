// SPDX-License-Identifier: MIT
#include "tests/e2e/support/docker.hpp"

#include "tests/e2e/support/eventually.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dockhost::e2e {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

void end_engine(int signal) {
  const pid_t pid = engine_pid();
  ::kill(pid, signal);
  const auto gone = [pid] { return !std::filesystem::exists("/proc/" + std::to_string(pid)); };
  if (!eventually(gone, milliseconds(30'000))) throw std::runtime_error("the engine did not end");
}

} // namespace

bool engine_is_there() {
  return !variable("DOCKHOST_TEST_ENGINE_DIR").empty();
}

std::string test_image() {
  return variable("DOCKHOST_TEST_IMAGE");
}

std::string docker(std::vector<std::string> words, milliseconds timeout) {
  words.insert(words.begin(), "docker");
  return run_ok(std::move(words), timeout);
}

std::vector<std::string> containers_with_label(const std::string& label) {
  std::istringstream lines(
      docker({"ps", "-a", "--no-trunc", "--filter", "label=" + label, "--format", "{{.ID}}"}));
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) ids.push_back(line);
  return ids;
}

json::value inspect(const std::string& id) {
  auto parsed = json::parse(docker({"inspect", id}));
  if (!parsed || parsed->as_array() == nullptr || parsed->as_array()->empty())
    throw std::runtime_error("docker inspect " + id + " gave no list");
  return parsed->as_array()->front();
}

std::string status_of(const std::string& id) {
  run_result result = run({"docker", "inspect", "-f", "{{.State.Status}}", id});
  if (result.status != 0) return {};
  if (!result.out.empty()) result.out.pop_back();
  return result.out;
}

std::string inside(const std::string& id, std::vector<std::string> words) {
  words.insert(words.begin(), {"exec", id});
  return docker(std::move(words));
}

std::string start_foreign(const std::string& name, std::vector<std::string> flags) {
  std::vector<std::string> words = {"run", "-d", "--name", name};
  words.insert(words.end(), flags.begin(), flags.end());
  words.push_back(test_image());
  return docker(std::move(words));
}

void remove_container(const std::string& id) {
  docker({"rm", "-f", "-v", id});
}

pid_t engine_pid() {
  std::ifstream file(std::filesystem::path(variable("DOCKHOST_TEST_ENGINE_DIR")) / "engine.pid");
  pid_t pid = 0;
  file >> pid;
  if (pid <= 1) throw std::runtime_error("no engine.pid");
  return pid;
}

void kill_engine() {
  end_engine(SIGKILL);
}

void stop_engine() {
  end_engine(SIGTERM);
}

void start_engine() {
  run_ok({variable("DOCKHOST_TEST_ENGINE_DIR") + "/start-engine"}, milliseconds(60'000));
}

} // namespace dockhost::e2e
