// SPDX-License-Identifier: MIT
#include "apps/doctor_command.hpp"

#include "apps/doctor.hpp"
#include "apps/doctor_gather.hpp"
#include "apps/engine_options.hpp"
#include "apps/load.hpp"
#include "docker/engine_factory.hpp"
#include "net/io_thread.hpp"
#include "platform/log.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

namespace dockhost::apps {

namespace {

constexpr auto patience = std::chrono::seconds(5); // for one answer of the engine or the server

} // namespace

int run_doctor(const command_line& line) {
  const auto sources = find_sources(line.config);
  auto config = load_config(sources, make_address_checks());
  platform::add_secret(config.values.server.api_key);

  doctor_facts facts;
  facts.config_file = sources.file;
  facts.config_problems = std::move(config.problems);
  facts.values = std::move(config.values);
  facts.now_unix = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  net::io_thread io; // outlives the engine
  gather_engine_socket(facts);
  if (auto engine = docker::make_engine(engine_options_of(facts.values.engine), io)) {
    gather_engine(facts, *engine.value(), patience);
  } else {
    facts.engine.failure = engine.err();
  }
  gather_server(facts, io, patience);
  gather_machine(facts);

  const auto findings = diagnose(facts);
  const bool color = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  std::cout << platform::redact(line.json ? findings_json(findings) + "\n"
                                          : findings_text(findings, color));
  return any_failed(findings) ? exit_failure : exit_ok;
}

} // namespace dockhost::apps
