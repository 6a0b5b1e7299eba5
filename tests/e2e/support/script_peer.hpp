// SPDX-License-Identifier: MIT
// A peer of a test: a Node.js program below servers/ in a process of its own, which is told lines
// of JSON and says lines of JSON.
#pragma once

#include "tests/e2e/support/child_process.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::e2e {

/// Everything it says is kept in order; a position in that list is how a test says "from here on".
/// All waits have a deadline and throw std::runtime_error when it passes.
class script_peer {
public:
  /// Its stderr goes to `folder`/`name`.log; `name` is also what messages call it.
  script_peer(std::filesystem::path folder, std::string name);

  /// SIGKILL: for who talks to it, the machine is gone.
  void kill();
  void signal(int number) const { process_->signal(number); }

  /// How many messages there are: the position of the next one.
  std::size_t mark();
  using predicate = std::function<bool(const json::value&)>;
  /// The first message from `from` on that fits.
  json::value wait(const predicate& fits, std::size_t from, milliseconds timeout,
                   const std::string& what);
  /// Whether one is there that fits, without waiting.
  [[nodiscard]] bool seen(const predicate& fits, std::size_t from);
  [[nodiscard]] std::size_t count(const predicate& fits, std::size_t from);
  /// All of them, without waiting.
  [[nodiscard]] std::vector<json::value> all(const predicate& fits, std::size_t from);

  /// An operation of the program; its value.
  json::value call(const std::string& op, json::object fields = {});

protected:
  ~script_peer() = default;
  /// Starts servers/`program`; gives its first message of type `first`. `before`: a program and its
  /// words that becomes Node.js, such as unshare.
  json::value launch(const std::string& program, const json::object& config,
                     const std::string& first, std::vector<std::string> before = {});
  /// An operation whose outcome comes later; the number that names it.
  std::int64_t post(const std::string& op, json::object fields);
  /// That outcome's value; throws when it is an error. `what` is what messages call it.
  json::value outcome(std::int64_t id, milliseconds timeout, const std::string& what);

private:
  void pump(milliseconds timeout);

  std::filesystem::path folder_;
  std::string name_;
  std::unique_ptr<child_process> process_;
  std::int64_t next_id_ = 1;
  std::vector<json::value> messages_;
};

/// Fits a message of type `t` whose member `name` (if not empty) is `value`.
script_peer::predicate is(std::string type, std::string name = {}, std::string value = {});

} // namespace dockhost::e2e
