// SPDX-License-Identifier: MIT
#include "docker/engine_api.hpp"

#include "docker/engine_errors.hpp"
#include "docker/engine_json.hpp"
#include "docker/names.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::string_view multiplexed = "application/vnd.docker.multiplexed-stream";
constexpr std::string_view raw = "application/vnd.docker.raw-stream";
/// From here on the engine says whether it frames the messages; before, it calls all of it raw.
constexpr api_version tells_framing{1, 42};

bool framed(const net::http_response& head, api_version version, bool tty) {
  const auto type = head.header("Content-Type");
  if (type.starts_with(multiplexed)) return true;
  if (type.starts_with(raw) && !(version < tells_framing)) return false;
  return !tty;
}

std::string path_of(const log_request& what) {
  auto path = "/containers/" + url_encode(what.id) + "/logs?stdout=1&stderr=1&timestamps=1";
  if (what.follow) path += "&follow=1";
  if (what.tail) path += "&tail=" + std::to_string(*what.tail);
  if (what.since_unix_nano > 0) path += "&since=" + encode_since(what.since_unix_nano);
  return path;
}

} // namespace

void engine_api::logs(log_request what, std::weak_ptr<log_sink> sink) {
  with_version(std::chrono::steady_clock::now() + patience,
               [this, what = std::move(what), sink](engine_result<api_version> version) {
                 const auto alive = sink.lock();
                 if (!alive) return;
                 if (!version) return alive->end(std::move(version).err());
                 open_logs(*version, what, sink);
               });
}

void engine_api::open_logs(api_version version, const log_request& what,
                           std::weak_ptr<log_sink> sink) {
  struct reading {
    std::optional<log_demux> demux; // none: refused
    int status = 0;
    std::string body; // of a refusal
  };
  auto state = std::make_shared<reading>();
  // Without a gate: the sink says whether anybody listens, and nothing here touches the engine.
  net::http_stream_handlers handlers;
  handlers.on_headers = [state, version, tty = what.tty](const net::http_response& head) {
    state->status = head.status;
    if (head.status == 200) state->demux.emplace(framed(head, version, tty));
  };
  handlers.on_data = [state, sink](std::string_view bytes) {
    const auto alive = sink.lock();
    if (!alive) return;
    if (!state->demux) {
      constexpr std::size_t enough = 64 * 1024;
      state->body.append(bytes.substr(0, enough - std::min(enough, state->body.size())));
      return;
    }
    if (!alive->feed(*state->demux, bytes))
      alive->end(engine_error{engine_errc::failed, "the engine sent a log without its frames"});
    if (const auto& said = state->demux->complaint(); !said.empty())
      alive->end(engine_error{engine_errc::failed, said});
  };
  handlers.on_end = [state, sink](net::net_result<unit> result) {
    const auto alive = sink.lock();
    if (!alive) return;
    if (!result) return alive->end(to_engine_error(result.err()));
    if (!state->demux)
      return alive->end(
          error_from_status(call_kind::logs, state->status, decode_message(state->body)));
    if (!state->demux->between_frames())
      return alive->end(engine_error{engine_errc::unreachable, "the log ended inside a frame"});
    alive->end(std::nullopt);
  };
  net::http_request http;
  http.target = target(version, path_of(what));
  std::shared_ptr<net::http_stream> stream = log_client_.open(std::move(http), std::move(handlers));
  const auto flow = [weak = std::weak_ptr(stream)](bool stop) {
    const auto open = weak.lock();
    if (!open) return;
    if (stop)
      open->pause();
    else
      open->resume();
  };
  if (const auto alive = sink.lock()) alive->hold(stream, flow);
}

} // namespace dockhost::docker
