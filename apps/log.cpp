// SPDX-License-Identifier: MIT
#include "apps/log.hpp"

#include "apps/log_format.hpp"
#include "platform/log.hpp"

#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

namespace dockhost::apps {

namespace {

spdlog::level::level_enum spdlog_level(platform::log_level level) {
  switch (level) {
  case platform::log_level::trace: return spdlog::level::trace;
  case platform::log_level::debug: return spdlog::level::debug;
  case platform::log_level::info: return spdlog::level::info;
  case platform::log_level::warn: return spdlog::level::warn;
  case platform::log_level::error: return spdlog::level::err;
  case platform::log_level::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

enum class style { terminal, plain, json };

} // namespace

void start_log(const settings& values, std::string_view debug) {
  platform::add_secret(values.server.api_key);
  platform::log_level level = platform::log_level::info;
  if (!platform::parse_log_level(values.log.level, level)) level = platform::log_level::info;
  platform::set_log_level(level);
  platform::set_log_debug(debug);

  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool color = terminal && values.log.color && std::getenv("NO_COLOR") == nullptr;
  const style look = values.log.format == log_format::json ? style::json
                     : terminal                            ? style::terminal
                                                           : style::plain;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      color ? spdlog::color_mode::always : spdlog::color_mode::never);
  // Which lines pass is decided before they come here.
  auto logger = std::make_shared<spdlog::logger>("dockhost", std::move(sink));
  logger->set_level(spdlog::level::trace);
  logger->set_error_handler([](const std::string&) {}); // a closed stderr must not end the node
  logger->set_pattern(look == style::json       ? "%v"
                      : look == style::terminal ? "%H:%M:%S.%e %^%-7l%$ %v"
                                                : "%Y-%m-%dT%H:%M:%S.%e%z %v");
  platform::set_log_sink([logger = std::move(logger), look, color](const auto& record) {
    const std::string line = look == style::json       ? json_line(record)
                             : look == style::terminal ? terminal_line(record, color)
                                                       : plain_line(record);
    logger->log(record.time, spdlog::source_loc{}, spdlog_level(record.level), line);
  });
}

void stop_log() {
  platform::set_log_sink({});
}

} // namespace dockhost::apps
