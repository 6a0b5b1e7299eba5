// SPDX-License-Identifier: MIT
#include "docker/engine_api.hpp"

#include "docker/engine_errors.hpp"
#include "docker/engine_json.hpp"
#include "docker/json_lines.hpp"
#include "docker/names.hpp"
#include "net/io_thread.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

using std::chrono::milliseconds;

net::endpoint endpoint_of(const engine_address& address) {
  net::endpoint out;
  out.unix_path = address.unix_path;
  out.host = address.host;
  out.port = address.port;
  out.tls = address.tls;
  out.tls_settings = {address.tls_verify, address.ca_file, address.client_cert, address.client_key};
  return out;
}

net::http_client_options client_options() {
  net::http_client_options out;
  out.max_connections = 32; // who calls bounds what is in flight (the docker gateway's slots)
  out.max_body = std::size_t{128} * 1024 * 1024; // a list of very many containers
  return out;
}

milliseconds left_until(engine_api::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
}

engine_error too_late() {
  return {engine_errc::timeout, "the engine did not answer in time"};
}

net::http_request to_http(engine_api::request what, std::string target) {
  net::http_request out;
  out.method = std::move(what.method);
  out.target = std::move(target);
  out.body = std::move(what.body);
  if (!what.content_type.empty()) out.headers.emplace_back("Content-Type", what.content_type);
  return out;
}

} // namespace

engine_error to_engine_error(const net::net_error& e) {
  switch (e.code) {
  case net::net_errc::timeout: return {engine_errc::timeout, e.message};
  case net::net_errc::too_large:
  case net::net_errc::protocol: return {engine_errc::failed, e.message};
  case net::net_errc::resolve:
  case net::net_errc::refused:
  case net::net_errc::connect:
  case net::net_errc::tls:
  case net::net_errc::handshake:
  case net::net_errc::closed:
  case net::net_errc::cancelled: break;
  }
  return {engine_errc::unreachable, e.message};
}

engine_api::engine_api(net::io_thread& io, net::io_thread& log_io, const engine_address& address,
                       call_gate gate)
    : io_(io), endpoint_(endpoint_of(address)), base_path_(address.base_path),
      gate_(std::move(gate)), client_(io, endpoint_, client_options()),
      log_client_(log_io, endpoint_, client_options()) {}

void engine_api::post(std::function<void()> fn) {
  io_.post([gate = gate_, fn = std::move(fn)] {
    const call_gate::pass pass(gate);
    if (pass) fn();
  });
}

std::string engine_api::target(api_version version, std::string_view path) const {
  return (base_path_ + "/v" + version.text()).append(path);
}

void engine_api::forget_version() {
  const std::lock_guard lock(mutex_);
  version_.reset();
}

void engine_api::with_version(time_point deadline,
                              std::function<void(engine_result<api_version>)> fn) {
  std::optional<api_version> known;
  {
    const std::lock_guard lock(mutex_);
    known = version_;
  }
  if (known) return fn(*known);
  call_unversioned(
      {.path = "/_ping"}, deadline,
      [this, fn = std::move(fn)](engine_result<net::http_response> answer) {
        if (!answer) return fn(fail(std::move(answer).err()));
        if (answer->status != 200)
          return fn(fail(
              error_from_status(call_kind::info, answer->status, decode_message(answer->body))));
        const std::string theirs(answer->header("Api-Version"));
        const auto parsed = parse_api_version(theirs);
        if (!parsed)
          return fn(fail(engine_error{
              engine_errc::failed, "what answers there is no container engine (no Api-Version)"}));
        const auto agreed = agree(*parsed);
        if (!agreed)
          return fn(fail(engine_error{engine_errc::failed, "the engine's API " + theirs +
                                                               " is too old: " + oldest_api.text() +
                                                               " (Docker 20.10) is needed"}));
        {
          const std::lock_guard lock(mutex_);
          version_ = agreed;
        }
        fn(*agreed);
      });
}

void engine_api::call_unversioned(request what, time_point deadline, response_fn fn) {
  const auto left = left_until(deadline);
  if (left.count() <= 0) return post([fn = std::move(fn)] { fn(fail(too_late())); });
  auto path = base_path_ + what.path;
  client_.send(
      to_http(std::move(what), std::move(path)), left,
      [this, gate = gate_, fn = std::move(fn)](net::net_result<net::http_response> answer) {
        const call_gate::pass pass(gate);
        if (!pass) return;
        if (answer) return fn(std::move(answer).value());
        auto problem = to_engine_error(answer.err());
        // Another engine may stand there the next time.
        if (problem.code == engine_errc::unreachable) forget_version();
        fn(fail(std::move(problem)));
      });
}

void engine_api::call(request what, time_point deadline, response_fn fn) {
  with_version(deadline, [this, what = std::move(what), deadline,
                          fn = std::move(fn)](engine_result<api_version> version) mutable {
    if (!version) return fn(fail(std::move(version).err()));
    auto versioned = what;
    versioned.path = "/v" + version->text() + what.path;
    call_unversioned(std::move(versioned), deadline,
                     [this, what = std::move(what), deadline, version = *version,
                      fn = std::move(fn)](engine_result<net::http_response> answer) mutable {
                       if (answer && answer->status == 400)
                         return retry_with_new_version(std::move(what), deadline, version,
                                                       std::move(answer).value(), std::move(fn));
                       fn(std::move(answer));
                     });
  });
}

// A 400 may mean that the version has become too new or too old: the engine was exchanged under a
// connection that lived on. Asking again tells, without reading the words of the refusal.
void engine_api::retry_with_new_version(request what, time_point deadline, api_version tried,
                                        net::http_response refused, response_fn fn) {
  forget_version();
  with_version(deadline,
               [this, what = std::move(what), deadline, tried, refused = std::move(refused),
                fn = std::move(fn)](engine_result<api_version> version) mutable {
                 if (!version || *version == tried) return fn(std::move(refused));
                 what.path.insert(0, "/v" + version->text());
                 call_unversioned(std::move(what), deadline, std::move(fn));
               });
}

// --- events
// ---------------------------------------------------------------------------------------

void engine_api::events(std::int64_t since_unix_nano, std::weak_ptr<event_sink> sink) {
  const auto deadline = std::chrono::steady_clock::now() + client_options().connect_timeout;
  with_version(deadline, [this, since_unix_nano, sink](engine_result<api_version> version) {
    const auto alive = sink.lock();
    if (!alive) return;
    if (!version) return alive->end(std::move(version).err());
    open_events(*version, since_unix_nano, sink);
  });
}

void engine_api::open_events(api_version version, std::int64_t since,
                             std::weak_ptr<event_sink> sink) {
  struct reading {
    line_splitter lines;
    int status = 0;
    std::string body; // of a refusal
  };
  auto state = std::make_shared<reading>();
  // Without a gate: the sink says whether anybody listens, and nothing here touches the engine.
  net::http_stream_handlers handlers;
  handlers.on_headers = [state](const net::http_response& head) { state->status = head.status; };
  handlers.on_data = [state, sink](std::string_view bytes) {
    const auto alive = sink.lock();
    if (!alive) return;
    if (state->status != 200) {
      constexpr std::size_t enough = 64 * 1024;
      state->body.append(bytes.substr(0, enough - std::min(enough, state->body.size())));
      return;
    }
    const bool whole = state->lines.feed(bytes, [&](std::string_view line) {
      if (auto event = decode_event(line)) alive->deliver(*std::move(event));
    });
    if (!whole) alive->end({engine_errc::failed, "the engine sent an event of more than 1 MiB"});
  };
  handlers.on_end = [state, sink](net::net_result<unit> result) {
    const auto alive = sink.lock();
    if (!alive) return;
    if (!result) return alive->end(to_engine_error(result.err()));
    if (state->status != 200)
      return alive->end(
          error_from_status(call_kind::events, state->status, decode_message(state->body)));
    alive->end({engine_errc::unreachable, "the engine ended the event stream"});
  };
  auto path = "/events?filters=" + url_encode(R"({"type":["container"]})");
  if (since > 0) path += "&since=" + encode_since(since);
  net::http_request http;
  http.target = target(version, path);
  std::shared_ptr<net::http_stream> stream = client_.open(std::move(http), std::move(handlers));
  if (const auto alive = sink.lock()) alive->hold(std::move(stream));
}

// --- pull
// -------------------------------------------------------------------------------------------

struct engine_api::pull_job {
  image_reference image;
  milliseconds stall{0};
  std::function<void(std::string)> progress;
  done<unit> answer;
  line_splitter lines;
  int status = 0;
  std::string body; // of a refusal
  std::optional<std::string> error;
  std::chrono::steady_clock::time_point last_told;
  std::unique_ptr<timer_handle> watchdog;
  std::unique_ptr<net::http_client> client; // its connect_timeout is the stall
  std::unique_ptr<net::http_stream> stream;
};

engine_api::~engine_api() {
  // The gate is closed, so no handler runs; what holds its own handlers must still be let go.
  for (const auto& pull : pulls_)
    if (const auto job = pull.lock()) {
      job->watchdog.reset();
      job->stream.reset();
      job->client.reset();
    }
}

void engine_api::pull(std::string image, milliseconds stall,
                      std::function<void(std::string)> progress, done<unit> answer) {
  auto job = std::make_shared<pull_job>();
  job->image = split_image(image);
  job->stall = stall;
  job->progress = std::move(progress);
  job->answer = std::move(answer);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(pulls_, [](const auto& other) { return other.expired(); });
    pulls_.push_back(job);
  }
  with_version(std::chrono::steady_clock::now() + stall,
               [this, job](engine_result<api_version> version) {
                 if (!version) return job->answer(fail(std::move(version).err()));
                 post([this, job, version = *version] { open_pull(version, job); });
               });
}

void engine_api::open_pull(api_version version, std::shared_ptr<pull_job> job) {
  net::http_stream_handlers handlers;
  handlers.on_headers = [this, gate = gate_, job](const net::http_response& head) {
    const call_gate::pass pass(gate);
    if (!pass) return;
    job->status = head.status;
    pull_moved(job);
  };
  handlers.on_data = [this, gate = gate_, job](std::string_view bytes) {
    const call_gate::pass pass(gate);
    if (!pass) return;
    pull_moved(job);
    if (job->status != 200) {
      constexpr std::size_t enough = 64 * 1024;
      job->body.append(bytes.substr(0, enough - std::min(enough, job->body.size())));
      return;
    }
    job->lines.feed(bytes, [&](std::string_view text) {
      auto line = decode_pull_line(text);
      if (line.error) job->error = std::move(line.error);
      // The engine tells of every chunk: once in a while is enough for a person.
      const auto now = std::chrono::steady_clock::now();
      if (line.text.empty() || !job->progress || now - job->last_told < milliseconds(500)) return;
      job->last_told = now;
      job->progress(std::move(line.text));
    });
  };
  handlers.on_end = [this, gate = gate_, job](net::net_result<unit> result) {
    const call_gate::pass pass(gate);
    if (!pass) return;
    if (!result) return end_pull(job, fail(to_engine_error(result.err())));
    if (job->status != 200)
      return end_pull(
          job, fail(error_from_status(call_kind::pull, job->status, decode_message(job->body))));
    if (job->error) return end_pull(job, fail(error_from_pull_stream(*job->error)));
    end_pull(job, unit{});
  };
  net::http_client_options options;
  options.connect_timeout = job->stall;
  job->client = std::make_unique<net::http_client>(io_, endpoint_, options);
  net::http_request http;
  http.method = "POST";
  http.target = target(version, "/images/create?fromImage=" + url_encode(job->image.name) +
                                    "&tag=" + url_encode(job->image.tag));
  pull_moved(job);
  job->stream = job->client->open(std::move(http), std::move(handlers));
}

void engine_api::pull_moved(const std::shared_ptr<pull_job>& job) {
  job->watchdog = io_.after(job->stall, [this, gate = gate_, weak = std::weak_ptr(job)] {
    const call_gate::pass pass(gate);
    const auto alive = weak.lock();
    if (!pass || !alive) return;
    end_pull(alive, fail(engine_error{engine_errc::timeout,
                                      "the pull made no progress for " +
                                          std::to_string(alive->stall.count()) + " ms"}));
  });
}

void engine_api::end_pull(const std::shared_ptr<pull_job>& job, engine_result<unit> result) {
  // Not within their own callbacks.
  io_.post([stream = std::shared_ptr(std::move(job->stream)),
            client = std::shared_ptr(std::move(job->client)),
            watchdog = std::shared_ptr(std::move(job->watchdog))]() mutable {
    stream.reset();
    client.reset();
  });
  job->answer(std::move(result));
}

} // namespace dockhost::docker
