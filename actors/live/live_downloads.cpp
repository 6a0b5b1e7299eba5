// SPDX-License-Identifier: MIT
// The live actor, having containers' logs downloaded.
#include "actors/live/api_answer.hpp"
#include "actors/live/live_actor.hpp"
#include "actors/live/log_download_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

constexpr std::size_t max_downloads = 32; ///< each holds a connection to the engine, and a window

} // namespace

void live_state::download(log_page_request& r) {
  const auto refuse = [&](int status, std::string_view code, std::string_view message) {
    env_->metrics->refused(code);
    r.to(api_refusal(status, code, message, std::move(r.headers)));
  };
  const auto found = directory_.find(r.query.container);
  if (found.how == container_directory::found::several)
    return refuse(400, "invalid_request", "Several containers begin with that id");
  if (found.how == container_directory::found::none) {
    if (!known()) return refuse(503, "engine_unavailable", "The containers are not known yet");
    return refuse(404, "not_found", "No such container");
  }
  if (downloads_.size() >= max_downloads)
    return refuse(503, "capacity", "Too many logs are being downloaded");
  const auto& report = found.what->report;
  log_download what{report.container_id,  report.name,    std::move(r.query), r.head,
                    std::move(r.headers), std::move(r.to)};
  const auto made = self_->spawn(log_download_behavior, env_, docker_, std::move(what));
  self_->monitor(made);
  downloads_.push_back(made);
}

bool live_state::download_over(const caf::actor_addr& who) {
  return std::erase_if(downloads_, [&](const auto& each) { return each.address() == who; }) > 0;
}

} // namespace dockhost::actors
