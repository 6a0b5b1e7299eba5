// SPDX-License-Identifier: MIT
// The engine of the test run, asked through the docker program: independent of the node's own ways.
#pragma once

#include "tests/e2e/support/child_process.hpp"
#include "json/json.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace dockhost::e2e {

/// Whether this run has an engine of its own (scripts/with-test-engine.sh).
[[nodiscard]] bool engine_is_there();
/// The instance image of this run.
[[nodiscard]] std::string test_image();

/// `docker` with these words; throws unless it ends with 0. Gives stdout.
std::string docker(std::vector<std::string> words, milliseconds timeout = milliseconds(60'000));

/// Full ids of all containers, running or not, with that label ("key=value").
[[nodiscard]] std::vector<std::string> containers_with_label(const std::string& label);
/// What `docker inspect` says of one container.
[[nodiscard]] json::value inspect(const std::string& id);
/// `State.Status`; empty when there is no such container.
[[nodiscard]] std::string status_of(const std::string& id);
/// Runs a program inside; gives its stdout.
std::string inside(const std::string& id, std::vector<std::string> words);
/// Starts a container that no node made; gives its full id.
std::string start_foreign(const std::string& name, std::vector<std::string> flags = {});
void remove_container(const std::string& id);

/// The engine's process.
[[nodiscard]] pid_t engine_pid();
/// SIGKILL. This version's engine stops what ran before when it comes back, and starts none of it
/// again.
void kill_engine();
/// SIGTERM: containers end, and those that shall run come back with the engine.
void stop_engine();
/// Starts it again; returns when it answers.
void start_engine();

} // namespace dockhost::e2e
