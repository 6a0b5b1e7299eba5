// SPDX-License-Identifier: MIT
#include "tests/e2e/live/live_world.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace dockhost::e2e {

live_world::live_world() {
  config["live"]["local_role"] = "\"operator\"";
}

void live_world::SetUp() {
  world::SetUp();
  if (HasFatalFailure()) return;
  // In the engine's own folder: the path of a socket has to be short.
  const std::string here =
      std::string("unix://") + std::getenv("DOCKHOST_TEST_ENGINE_DIR") + "/way.sock";
  way_to_engine_ = std::make_unique<test::fault_proxy>(here, std::getenv("DOCKER_HOST"));
  environment.emplace_back("DOCKER_HOST", here);
}

void live_world::TearDown() {
  browsers_.reset();
  world::TearDown();
  way_to_engine_.reset();
}

std::string live_world::url() const {
  return address_;
}

void live_world::start_view() {
  start_both();
  // "the live view is at http://127.0.0.1:PORT/", or https://
  const std::string before = "the live view is at ";
  if (!node_logs(before)) throw std::runtime_error("the node does not serve the live view");
  const std::string log = node_log();
  const auto begin = log.find(before) + before.size();
  const auto end = log.find('/', log.find("//", begin) + 2);
  address_ = log.substr(begin, end - begin);
  config["live"]["port"] = address_.substr(address_.rfind(':') + 1);
  browsers_ = std::make_unique<live_clients>(folder());
}

void live_world::restart_view() {
  start_node();
}

std::int64_t live_world::metric(const std::string& sample) {
  const auto page = browsers().get(url() + "/metrics");
  std::istringstream lines(text(page, "body"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(sample + " ")) return std::stoll(line.substr(sample.size() + 1));
  return -1;
}

std::string live_world::new_token(const std::string& role, const std::string& expires) {
  std::vector<std::string> words = {DOCKHOST_PROGRAM, "token", "new", "--name", role,
                                    "--role",         role};
  if (!expires.empty()) words.insert(words.end(), {"--expires", expires});
  const std::string said = run_ok(words);
  const auto token = said.find("dht_");
  const auto entry = said.find('"', said.find("tokens = "));
  if (token == std::string::npos || entry == std::string::npos)
    throw std::runtime_error("token new said: " + said);
  tokens_.push_back(said.substr(entry, said.find('"', entry + 1) + 1 - entry));
  std::string list;
  for (const auto& each : tokens_)
    list += (list.empty() ? "" : ", ") + each;
  config["live"]["tokens"] = "[" + list + "]";
  return said.substr(token, said.find('\n', token) - token);
}

std::string live_world::run_script(const std::string& name, const std::string& script,
                                   const std::vector<std::string>& flags) {
  std::vector<std::string> words = {"run", "-d", "--init", "--name", prefix() + name};
  words.insert(words.end(), flags.begin(), flags.end());
  words.insert(words.end(), {test_image(), "sh", "-c", script});
  foreign.push_back(docker(words));
  return foreign.back();
}

std::string live_world::run_quiet(const std::string& name, const std::vector<std::string>& flags) {
  return run_script(name, "exec sleep 1000000", flags);
}

std::string live_world::run_flood(const std::string& name, int each_20_ms) {
  const auto step = std::to_string(each_20_ms);
  return run_script(name, "i=0; while :; do "
                          "seq -f '%.0f is the number of this line' $((i + 1)) $((i + " +
                              step + ")); i=$((i + " + step + ")); sleep 0.02; done");
}

void live_world::say(const std::string& id, const std::string& line, bool to_stderr) {
  const std::string out = to_stderr ? "/proc/1/fd/2" : "/proc/1/fd/1";
  inside(id, {"sh", "-c", "printf '%s\\n' \"$1\" > " + out, "sh", line});
}

void live_world::say_many(const std::string& id, const std::string& prefix, int first, int last) {
  inside(id, {"sh", "-c", "seq -f \"$1%.0f\" \"$2\" \"$3\" > /proc/1/fd/1", "sh", prefix,
              std::to_string(first), std::to_string(last)});
}

void live_world::say_numbers(const std::string& id, int first, int last) {
  docker({"exec", "-d", id, "sh", "-c", "seq -f \"%.0f $1\" \"$2\" \"$3\" > /proc/1/fd/1", "sh",
          std::string(92, '.'), std::to_string(first), std::to_string(last)});
}

std::vector<std::string> live_world::engine_log(const std::string& id) {
  std::istringstream text(docker({"logs", "-t", id}));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  return lines;
}

std::vector<std::string> live_world::states(int client, const std::string& id, std::size_t from) {
  std::vector<std::string> out;
  for (const auto& told : browsers().events(client, "container_state_change", from))
    if (text(told, "container_id") == id) out.push_back(text(told, "state"));
  return out;
}

json::value live_world::wait_state(int client, const std::string& id, const std::string& state,
                                   std::size_t from, milliseconds timeout) {
  const auto fits = [&](const json::value& told) {
    return text(told, "container_id") == id && text(told, "state") == state;
  };
  return browsers().wait_event(client, "container_state_change", fits, from, timeout);
}

::testing::AssertionResult refused_with(const json::value& ack, const std::string& code) {
  if (text(ack, "code") == code && !text(ack, "error").empty())
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "expected " << code << ", got " << json::dump(ack);
}

} // namespace dockhost::e2e
