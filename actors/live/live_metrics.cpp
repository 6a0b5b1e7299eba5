// SPDX-License-Identifier: MIT
// The live actor's answer to /metrics: what it knows itself, and what others tell it in time.
#include "actors/live/live_actor.hpp"
#include "actors/live/metrics_page.hpp"
#include "platform/process.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;

/// An actor that hangs holds up the text no longer than this: scrapers give up after ten seconds.
constexpr auto part_timeout = 1s;
constexpr std::size_t max_scrapes = 16; ///< under way

net::server_response text(int status, std::string body, net::header_list headers) {
  auto out =
      net::make_response(status, std::move(body), "text/plain; version=0.0.4; charset=utf-8");
  for (auto& each : headers)
    out.headers.push_back(std::move(each));
  return out;
}

} // namespace

struct live_state::scrape {
  net::header_list headers;
  http_answer to;
  metrics_sample sample;
  int waiting = 0; ///< for so many parts
};

void live_state::begin_scrape(page_request& r) {
  if (scrapes_ >= max_scrapes)
    return r.to(text(503, "too many scrapes are under way\n", std::move(r.headers)));
  ++scrapes_;
  const auto s = std::make_shared<scrape>();
  s->headers = std::move(r.headers);
  s->to = std::move(r.to);
  s->waiting = 2;
  const auto come = [this, s] {
    if (--s->waiting == 0) end_scrape(*s);
  };
  const auto missing = [this, come](const caf::error&) {
    env_->metrics->scrape_parts_missing.add();
    come();
  };
  self_->request(ports_, part_timeout, get_port_counts{})
      .then(
          [s, come](const port_counts& ports) {
            s->sample.ports = ports;
            come();
          },
          missing);
  self_->request(logs_, part_timeout, get_log_counts{})
      .then(
          [s, come](const log_counts& logs) {
            s->sample.logs = logs;
            come();
          },
          missing);
}

void live_state::end_scrape(scrape& s) {
  --scrapes_;
  auto& now = s.sample;
  now.version = env_->version;
  now.engine_reachable = health_ && health_->reachable;
  now.main_server = main_server_;
  for (const auto& [id, entry] : directory_.all())
    ++now.containers[{wire_state(entry.report.state), entry.own}];
  for (const auto& [id, c] : clients_) {
    if (c.server) {
      now.server_queued += c.outlet->queued_bytes();
    } else {
      ++(c.who.role == live_role::operator_ ? now.operators : now.viewers);
    }
  }
  if (server_) now.http = server_->stats();
  if (auto process = platform::read_process_figures()) {
    now.process = *process;
  } else {
    env_->metrics->scrape_parts_missing.add();
  }
  s.to(text(200, metrics_page(*env_->metrics, now), std::move(s.headers)));
}

} // namespace dockhost::actors
