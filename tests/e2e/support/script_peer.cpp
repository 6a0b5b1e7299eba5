// SPDX-License-Identifier: MIT
#include "tests/e2e/support/script_peer.hpp"

#include "tests/e2e/support/json_path.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace dockhost::e2e {

using clock = std::chrono::steady_clock;

script_peer::predicate is(std::string type, std::string name, std::string value) {
  return [type = std::move(type), name = std::move(name), value = std::move(value)](const auto& m) {
    return text(m, "t") == type && (name.empty() || text(m, name) == value);
  };
}

script_peer::script_peer(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)) {}

json::value script_peer::launch(const std::string& program, const json::object& config,
                                const std::string& first, std::vector<std::string> before) {
  before.insert(before.end(),
                {"node", DOCKHOST_E2E_FOLDER "/servers/" + program, json::dump(config)});
  const std::size_t from = messages_.size();
  process_ = std::make_unique<child_process>(process_options{.argv = std::move(before),
                                                             .environment = {},
                                                             .without = {"DEBUG"},
                                                             .log = folder_ / (name_ + ".log"),
                                                             .control = true});
  return wait(is(first), from, milliseconds(20'000), "the " + name_);
}

void script_peer::kill() {
  process_->signal(SIGKILL);
  process_->wait(milliseconds(5'000));
  while (const auto line = process_->read_line(milliseconds(0))) {
    if (auto parsed = json::parse(*line)) messages_.push_back(std::move(parsed).value());
  }
}

void script_peer::pump(milliseconds timeout) {
  const auto line = process_->read_line(timeout);
  if (!line) return;
  auto parsed = json::parse(*line);
  if (!parsed) throw std::runtime_error("the " + name_ + " said: " + *line);
  messages_.push_back(std::move(parsed).value());
}

std::size_t script_peer::mark() {
  std::size_t before = messages_.size();
  do {
    before = messages_.size();
    pump(milliseconds(0));
  } while (messages_.size() > before);
  return messages_.size();
}

json::value script_peer::wait(const predicate& fits, std::size_t from, milliseconds timeout,
                              const std::string& what) {
  const auto end = clock::now() + timeout;
  for (std::size_t i = from;;) {
    for (; i < messages_.size(); ++i)
      if (fits(messages_[i])) return messages_[i];
    const auto left = std::chrono::duration_cast<milliseconds>(end - clock::now());
    if (left.count() <= 0) break;
    pump(std::min(left, milliseconds(1'000)));
    if (messages_.size() == i && !process_->running()) break;
  }
  throw std::runtime_error("waited in vain for " + what);
}

std::vector<json::value> script_peer::all(const predicate& fits, std::size_t from) {
  mark();
  std::vector<json::value> out;
  std::copy_if(messages_.begin() + static_cast<std::ptrdiff_t>(from), messages_.end(),
               std::back_inserter(out), fits);
  return out;
}

std::size_t script_peer::count(const predicate& fits, std::size_t from) {
  return all(fits, from).size();
}

bool script_peer::seen(const predicate& fits, std::size_t from) {
  return count(fits, from) > 0;
}

std::int64_t script_peer::post(const std::string& op, json::object fields) {
  const std::int64_t id = next_id_++;
  fields.emplace_back("id", id);
  fields.emplace_back("op", op);
  if (!process_->write_line(json::dump(fields)))
    throw std::runtime_error("the " + name_ + " has ended");
  const auto answer =
      wait([&](const auto& m) { return text(m, "t") == "reply" && number(m, "id") == id; }, 0,
           milliseconds(10'000), "the " + name_ + "'s answer to " + op);
  if (answer.find("error") != nullptr) throw std::runtime_error(op + ": " + text(answer, "error"));
  return id;
}

json::value script_peer::outcome(std::int64_t id, milliseconds timeout, const std::string& what) {
  const auto message =
      wait([&](const auto& m) { return text(m, "t") == "ack" && number(m, "id") == id; }, 0,
           timeout, "an answer to " + what);
  if (message.find("error") != nullptr)
    throw std::runtime_error(what + ": " + text(message, "error"));
  return at(message, "value");
}

json::value script_peer::call(const std::string& op, json::object fields) {
  const std::int64_t id = post(op, std::move(fields));
  const auto answer =
      wait([&](const auto& m) { return text(m, "t") == "reply" && number(m, "id") == id; }, 0,
           milliseconds(0), op);
  return at(answer, "value");
}

} // namespace dockhost::e2e
