// SPDX-License-Identifier: MIT
// The live actor's answers to plain HTTP requests.
#include "actors/live/api_answer.hpp"
#include "actors/live/live_actor.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

net::server_response answer_of(page_request& r, int status, std::string body,
                               std::string_view type = "text/plain; charset=utf-8") {
  auto out = net::make_response(status, std::move(body), type);
  for (auto& each : r.headers)
    out.headers.push_back(std::move(each));
  return out;
}

} // namespace

void live_state::page(page_request& r) {
  switch (r.page) {
  case live_page::health: return r.to(answer_of(r, 200, "alive\n"));
  case live_page::readiness: {
    const bool reachable = health_ && health_->reachable;
    if (reachable && known()) return r.to(answer_of(r, 200, "ready\n"));
    return r.to(answer_of(r, 503,
                          reachable ? "the containers are not known yet\n"
                                    : "the container engine can't be reached\n"));
  }
  case live_page::metrics: return begin_scrape(r);
  case live_page::containers: {
    if (known()) return r.to(answer_of(r, 200, whole_text(), "application/json; charset=utf-8"));
    const auto code = to_string(errc::engine_unavailable);
    env_->metrics->refused(code);
    return r.to(api_refusal(503, code, "The containers are not known yet", std::move(r.headers)));
  }
  }
}

} // namespace dockhost::actors
