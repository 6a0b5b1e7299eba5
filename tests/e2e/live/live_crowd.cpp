// SPDX-License-Identifier: MIT
#include "tests/e2e/live/live_crowd.hpp"

#include "tests/e2e/support/json_path.hpp"

namespace dockhost::e2e {
namespace {

/// For what waits for answers of the node: longer than the crowd itself does.
constexpr milliseconds patience{90'000};

json::object with(crowd_part who, json::object fields) {
  fields.emplace_back("first", who.first);
  fields.emplace_back("count", who.count);
  return fields;
}

crowd_figures read(const json::value& from) {
  crowd_figures out;
  out.lines = number(from, "lines");
  out.missed = number(from, "missed");
  out.unmarked = number(from, "unmarked");
  out.late = number(from, "late");
  out.stopped = number(from, "stopped");
  out.end = text(from, "end");
  const json::value gaps = at(from, "gaps");
  for (const auto& [reason, count] : *gaps.as_object()) {
    const auto times = number(gaps, reason);
    out.gaps += times;
    if (reason == "slow_client") out.slow_client += times;
  }
  return out;
}

} // namespace

live_crowd::live_crowd(const std::filesystem::path& folder, const std::string& name,
                       std::vector<std::string> before)
    : script_peer(folder, name) {
  launch("live_crowd.mjs", {}, "ready", std::move(before));
}

json::value live_crowd::run(const std::string& op, crowd_part who, json::object fields) {
  const auto id = post(op, with(who, std::move(fields)));
  return outcome(id, patience, op);
}

crowd_part live_crowd::join(const std::string& url, int count, json::object options) {
  const crowd_part who{last_ + 1, count};
  last_ += count;
  run("join", who, {{"url", url}, {"options", std::move(options)}});
  return who;
}

void live_crowd::follow(crowd_part who, const std::string& container, json::value next,
                        json::object more) {
  json::object fields = {{"container", container}, {"more", std::move(more)}};
  if (!next.is_null()) fields.emplace_back("next", std::move(next));
  run("follow", who, std::move(fields));
}

void live_crowd::unfollow(crowd_part who, const std::string& container) {
  run("unfollow", who, {{"container", container}});
}

void live_crowd::loop(crowd_part who, const std::vector<std::string>& containers, int times) {
  run("loop", who,
      {{"containers", json::array(containers.begin(), containers.end())}, {"times", times}});
}

std::vector<crowd_figures> live_crowd::figures(crowd_part who) {
  const json::value told = call("figures", with(who, {}));
  std::vector<crowd_figures> out;
  for (const auto& each : *told.as_array())
    out.push_back(read(each));
  return out;
}

void live_crowd::pause(crowd_part who) {
  call("pause", with(who, {}));
}

void live_crowd::resume(crowd_part who) {
  call("resume", with(who, {}));
}

void live_crowd::destroy(crowd_part who, bool reset) {
  call("destroy", with(who, {{"reset", reset}}));
}

void live_crowd::close(crowd_part who) {
  call("close", with(who, {}));
}

} // namespace dockhost::e2e
