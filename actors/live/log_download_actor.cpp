// SPDX-License-Identifier: MIT
#include "actors/live/log_download_actor.hpp"

#include "actors/live/api_answer.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::engine_errc;
using docker::engine_error;

constexpr auto look_timeout = 10s;
constexpr auto request_slack = 2s;
/// How long the engine may keep silent in the middle of a log that has an end.
constexpr auto patience = 30s;

/// A file name that every system takes.
std::string file_name(const std::string& container, log_file_format format) {
  std::string out;
  for (const char c : container) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !out.empty());
    out += plain ? c : '_';
  }
  return out + "." + std::string(file_ending(format));
}

} // namespace

log_download_state::log_download_state(self_ptr self) : self_(self) {}

log_download_actor::behavior_type
log_download_state::behave(environment_ptr env, docker_actor docker, log_download what) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::log_download);
  docker_ = std::move(docker);
  what_ = std::move(what);
  file_ = std::make_unique<log_file_writer>(what_.query.format, what_.query.timestamps);
  const log_download_actor me(self_);
  body_ = what_.to.begin({[me](std::size_t bytes) { caf::anon_send(me, body_room{bytes}); },
                          [me] { caf::anon_send(me, body_gone{}); }});
  moved_ = self_->clock().now();
  self_->delayed_send(self_, patience, log_due{});
  self_
      ->request(
          docker_, look_timeout + request_slack,
          engine_call{"log " + what_.container_id, op_inspect{what_.container_id}, look_timeout})
      .then([this](const engine_answer& answer) { looked(answer); },
            [this](const caf::error&) {
              refuse({engine_errc::timeout, "the engine did not answer in time"});
            });
  return {
      [this](const log_arrived& a) { arrived(a); },
      [this](const log_ended& e) { ended(e); },
      [this](const body_room& r) {
        owed_ -= r.bytes;
        freed_ += r.bytes;
        moved_ = self_->clock().now();
        read_on();
      },
      [this](body_gone) { self_->quit(); },
      [this](log_due) { look_after(); },
  };
}

void log_download_state::looked(const engine_answer& answer) {
  if (const auto* problem = std::get_if<engine_error>(&answer.value)) return refuse(*problem);
  const auto* details = std::get_if<docker::container_details>(&answer.value);
  if (!what_.head) return open(details != nullptr && details->tty);
  begin_answer();
  body_->finish();
  self_->quit();
}

void log_download_state::open(bool tty) {
  docker::log_request request;
  request.id = what_.container_id;
  request.tty = tty;
  request.tail = what_.query.tail;
  request.since_unix_nano = what_.query.since_unix_nano;
  const log_download_actor me(self_);
  docker::log_handlers handlers;
  handlers.on_data = [me](shared_log_batch batch) {
    caf::anon_send(me, log_arrived{0, std::move(batch)});
  };
  handlers.on_end = [me](std::optional<engine_error> why) {
    caf::anon_send(me, log_ended{0, std::move(why)});
  };
  self_->request(docker_, look_timeout, open_log{std::move(request), std::move(handlers)})
      .then(
          [this](log_opened& opened) {
            stream_ = opened.stream;
            read_on();
          },
          [this](const caf::error&) {
            refuse({engine_errc::unreachable, "no engine"});
          });
}

/// The first bytes may have come, and be taken, before the stream's handle is here.
void log_download_state::read_on() {
  if (stream_ && freed_ > 0) stream_->consumed(std::exchange(freed_, 0));
}

/// As late as possible: an engine that refuses has a status of its own.
void log_download_state::begin_answer() {
  if (std::exchange(begun_, true)) return;
  auto headers = what_.headers;
  headers.emplace_back("Content-Type", content_type(what_.query.format));
  if (what_.query.download) {
    headers.emplace_back("Content-Disposition", "attachment; filename=\"" +
                                                    file_name(what_.name, what_.query.format) +
                                                    "\"");
  }
  body_->begin(200, std::move(headers));
}

void log_download_state::arrived(const log_arrived& a) {
  begin_answer();
  moved_ = self_->clock().now();
  lines_.feed(*a.batch, *file_);
  owed_ += a.batch->bytes.size();
  body_->write(file_->take(), a.batch->bytes.size());
}

void log_download_state::ended(const log_ended& e) {
  if (e.why && !begun_) return refuse(*e.why);
  // In the middle there is no other way to say it than to break off.
  if (e.why) return self_->quit();
  begin_answer();
  lines_.finish(*file_);
  file_->end();
  body_->write(file_->take(), 0);
  body_->finish();
  self_->quit();
}

void log_download_state::refuse(const engine_error& why) {
  const auto [status, code] = api_status_of(why.code);
  what_.to(api_refusal(status, code, why.message, what_.headers));
  self_->quit();
}

/// While the peer takes nothing, net's own limit counts.
void log_download_state::look_after() {
  if (owed_ > 0 || self_->clock().now() - moved_ < patience)
    return self_->delayed_send(self_, patience, log_due{});
  if (!begun_) return refuse({engine_errc::timeout, "the engine did not answer in time"});
  self_->quit();
}

log_download_actor::behavior_type
log_download_behavior(self_pointer<log_download_actor, log_download_state> self,
                      environment_ptr env, docker_actor docker, log_download what) {
  return self->state.behave(std::move(env), std::move(docker), std::move(what));
}

} // namespace dockhost::actors
