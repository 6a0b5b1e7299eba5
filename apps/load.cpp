// SPDX-License-Identifier: MIT
#include "apps/load.hpp"

#include "actors/link/server_url.hpp"
#include "docker/engine_address.hpp"
#include "platform/log.hpp"
#include "platform/log_text.hpp"

#include <array>
#include <iostream>
#include <string_view>

#include <unistd.h>

namespace dockhost::apps {

namespace {

std::string own_path() {
  std::array<char, 4096> path{};
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "/";
}

} // namespace

config_sources find_sources(const config_flags& flags) {
  config_sources out;
  out.file = flags.file.empty() ? default_config_file(own_path()) : flags.file;
  out.env_file = flags.env_file;
  if (out.env_file.empty() && ::access(".env", F_OK) == 0) out.env_file = ".env";
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view line = *each;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    out.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  out.flags = flags.overrides;
  return out;
}

address_checks make_address_checks() {
  return {[](const std::string& url) {
            const auto parsed = actors::parse_server_url(url);
            return parsed ? std::string() : "is wrong: " + parsed.err().message;
          },
          [](const std::string& host) {
            const auto parsed = docker::parse_engine_address(host, {});
            return parsed ? std::string() : "is wrong: " + parsed.err();
          }};
}

void print_problems(const std::vector<problem>& problems) {
  for (const auto& each : problems) {
    std::cerr << platform::printable(platform::redact(to_string(each)), 4096) << "\n";
  }
}

} // namespace dockhost::apps
