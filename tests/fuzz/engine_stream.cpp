// SPDX-License-Identifier: MIT
// The engine's streams and answers of JSON. The input: a piece of cuts, what the engine sends.
#include "docker/engine_json.hpp"
#include "docker/engine_stats.hpp"
#include "docker/json_lines.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "json/json.hpp"

#include <string>
#include <vector>

namespace dockhost::fuzz {
namespace {

constexpr std::size_t max_line = 500;

/// The lines, and at last whether they kept to the limit.
std::vector<std::string> read(const std::vector<std::string_view>& parts) {
  std::vector<std::string> out;
  docker::line_splitter lines(max_line);
  const auto add = [&](std::string_view line) { out.emplace_back(line); };
  bool sound = true;
  for (const auto part : parts) {
    const bool fed = lines.feed(part, add);
    require(sound || !fed, "broken is for good");
    sound = fed;
  }
  lines.finish(add);
  out.emplace_back(sound ? "sound" : "broken");
  return out;
}

void judge(std::string_view text) {
  if (const auto event = docker::decode_event(text))
    require(!event->id.empty(), "an event is of a container");
  (void)docker::decode_pull_line(text);
  (void)docker::decode_details(text);
  (void)docker::decode_info(text);
  (void)docker::decode_id(text);
  (void)docker::decode_client_api_version(text);
  (void)docker::decode_stats(text);
  (void)docker::decode_printed_stats(text);
  require(docker::decode_message(text).size() <= 4096, "a message is cut");
  if (auto list = docker::decode_list(text, 1'700'000'000)) {
    for (auto& c : *list) {
      auto ports = c.ports;
      docker::normalize(ports);
      require(ports == c.ports, "ports come in order");
    }
  }
  const auto parsed = json::parse(text);
  if (!parsed) return;
  const auto dumped = json::dump(*parsed);
  const auto again = json::parse(dumped);
  require(again && json::dump(*again) == dumped, "JSON has one spelling");
}

} // namespace

void engine_stream(std::string_view bytes) {
  input in(bytes);
  const auto cuts = in.piece();
  const auto sent = in.rest();
  const auto whole = read({sent});
  require(read(chunks(sent, cuts)) == whole, "the same lines however they come");
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    require(!whole[i].empty() && whole[i].size() <= max_line &&
                whole[i].find_first_of("\r\n\x1e") == std::string::npos,
            "a line is one");
    judge(whole[i]);
  }
  judge(sent);
}

} // namespace dockhost::fuzz
