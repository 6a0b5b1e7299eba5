// SPDX-License-Identifier: MIT
#include "docker/socket_engine.hpp"

#include "docker/engine_api.hpp"
#include "docker/engine_errors.hpp"
#include "docker/engine_json.hpp"
#include "docker/engine_stats.hpp"
#include "docker/names.hpp"
#include "docker/open_streams.hpp"
#include "net/io_thread.hpp"

namespace dockhost::docker {
namespace {

using net::http_response;
using request = engine_api::request;
using time_point = engine_api::time_point;

constexpr std::size_t max_archive = 16 * 1024 * 1024;

time_point in(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

std::int64_t unix_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

engine_error complaint(call_kind kind, const http_response& answer) {
  return error_from_status(kind, answer.status, decode_message(answer.body));
}

engine_error no_container(std::string_view id) {
  return {engine_errc::not_found, "No such container: " + std::string(id.substr(0, 200))};
}

std::string container_path(const std::string& id, std::string_view rest) {
  return ("/containers/" + url_encode(id)).append(rest);
}

/// Answers `answer` with what `decode` makes of a response with one of these statuses.
template <class T, class Decode>
engine_api::response_fn expect(call_kind kind, int status, done<T> answer, Decode decode) {
  return [kind, status, answer = std::move(answer),
          decode = std::move(decode)](engine_result<http_response> response) {
    if (!response) return answer(fail(std::move(response).err()));
    if (response->status != status) return answer(fail(complaint(kind, *response)));
    answer(decode(*response));
  };
}

} // namespace

struct socket_engine::impl {
  impl(net::io_thread& io, net::io_thread& for_logs, engine_address where)
      : log_io(for_logs), address(std::move(where)), api(io, log_io, address, gate) {}

  /// The engine's 204 and 304.
  void change(call_kind kind, request what, milliseconds timeout, done<effect> answer) {
    api.call(std::move(what), in(timeout),
             [kind, answer = std::move(answer)](engine_result<http_response> response) {
               if (!response) return answer(fail(std::move(response).err()));
               if (response->status == 204) return answer(effect::changed);
               if (response->status == 304) return answer(effect::already);
               answer(fail(complaint(kind, *response)));
             });
  }

  /// Pause and unpause have no 304, and engines refuse with differing statuses: the container's
  /// state tells whether there was nothing to do.
  void freeze(call_kind kind, const std::string& id, milliseconds timeout, done<effect> answer) {
    const auto deadline = in(timeout);
    const bool wanted_paused = kind == call_kind::pause;
    request what{.method = "POST",
                 .path = container_path(id, wanted_paused ? "/pause" : "/unpause")};
    api.call(std::move(what), deadline,
             [this, kind, id, deadline, wanted_paused,
              answer = std::move(answer)](engine_result<http_response> response) {
               if (!response) return answer(fail(std::move(response).err()));
               if (response->status == 204) return answer(effect::changed);
               auto problem = complaint(kind, *response);
               if (problem.code == engine_errc::not_found) return answer(fail(std::move(problem)));
               look(id, deadline,
                    [answer, wanted_paused,
                     problem = std::move(problem)](const engine_result<container_details>& now) {
                      if (now && (now->status == "paused") == wanted_paused)
                        return answer(effect::already);
                      answer(fail(engine_error(problem)));
                    });
             });
  }

  void look(const std::string& id, time_point deadline,
            std::function<void(engine_result<container_details>)> fn) {
    api.call(
        {.path = container_path(id, "/json")}, deadline,
        expect<container_details>(call_kind::inspect, 200, std::move(fn),
                                  [](const http_response& r) { return decode_details(r.body); }));
  }

  /// True when the engine could know the container; otherwise `answer` gets not_found.
  template <class T>
  bool plausible(const std::string& id, const done<T>& answer) {
    if (valid_container_reference(id)) return true;
    api.post([answer, id] { answer(fail(no_container(id))); });
    return false;
  }

  /// The same for an image's name.
  template <class T>
  bool plausible_image(const std::string& image, const done<T>& answer) {
    if (valid_image_reference(image)) return true;
    api.post([answer] {
      answer(fail(engine_error{engine_errc::bad_request, "invalid reference format"}));
    });
    return false;
  }

  net::io_thread& log_io;
  const engine_address address;
  call_gate gate;
  engine_api api;
  open_streams<event_sink> event_streams;
  open_streams<log_sink> log_streams;
};

socket_engine::socket_engine(net::io_thread& io, engine_address address, net::io_thread* log_io)
    : impl_(std::make_unique<impl>(io, log_io == nullptr ? io : *log_io, std::move(address))) {}

socket_engine::~socket_engine() {
  const engine_error reason{engine_errc::unreachable, "the engine's client was closed"};
  impl_->gate.close(reason);
  impl_->event_streams.end_all(reason);
  impl_->log_streams.end_all(reason);
}

void socket_engine::info(milliseconds timeout, done<engine_info> done) {
  auto answer = impl_->gate.track(std::move(done));
  const auto deadline = in(timeout);
  impl_->api.with_version(deadline, [this, deadline, answer](engine_result<api_version> version) {
    if (!version) return answer(fail(std::move(version).err()));
    impl_->api.call({.path = "/info"}, deadline,
                    expect<engine_info>(call_kind::info, 200, answer,
                                        [this, version = *version](const http_response& response) {
                                          auto info = decode_info(response.body);
                                          if (!info) return info;
                                          info->api_version = version.text();
                                          info->remote = impl_->address.remote();
                                          info->published_host = impl_->address.published_host();
                                          if (info->remote)
                                            info->root_dir.clear(); // a path on another machine
                                          return info;
                                        }));
  });
}

void socket_engine::list(list_filter filter, milliseconds timeout,
                         done<std::vector<container_summary>> done) {
  auto answer = impl_->gate.track(std::move(done));
  const auto filters = url_encode(encode_list_filters(filter));
  impl_->api.call({.path = "/containers/json?all=1&filters=" + filters}, in(timeout),
                  expect<std::vector<container_summary>>(
                      call_kind::list, 200, std::move(answer),
                      [](const http_response& r) { return decode_list(r.body, unix_now()); }));
}

void socket_engine::inspect(std::string id, milliseconds timeout, done<container_details> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer)) impl_->look(id, in(timeout), std::move(answer));
}

void socket_engine::stats(std::string id, milliseconds timeout, done<container_usage> done) {
  auto answer = impl_->gate.track(std::move(done));
  // One look: the engine would wait a second or two for a second one, to compare them.
  if (impl_->plausible(id, answer))
    impl_->api.call(
        {.path = container_path(id, "/stats?stream=false&one-shot=true")}, in(timeout),
        expect<container_usage>(call_kind::stats, 200, std::move(answer),
                                [](const http_response& r) { return decode_stats(r.body); }));
}

void socket_engine::create(container_spec spec, milliseconds timeout, done<std::string> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (spec.name.empty()) { // the engine would choose one
    impl_->api.post([answer] {
      answer(fail(engine_error{engine_errc::bad_request, "the name is empty"}));
    });
    return;
  }
  impl_->api.call({.method = "POST",
                   .path = "/containers/create?name=" + url_encode(spec.name),
                   .body = encode_create(spec),
                   .content_type = "application/json"},
                  in(timeout),
                  expect<std::string>(call_kind::create, 201, std::move(answer),
                                      [](const http_response& r) { return decode_id(r.body); }));
}

void socket_engine::put_archive(std::string id, std::string tar, milliseconds timeout,
                                done<unit> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible(id, answer)) return;
  impl_->api.call({.method = "PUT",
                   .path = container_path(id, "/archive?path=%2F"),
                   .body = std::move(tar),
                   .content_type = "application/x-tar"},
                  in(timeout),
                  expect<unit>(call_kind::put_archive, 200, std::move(answer),
                               [](const http_response&) { return engine_result<unit>(unit{}); }));
}

void socket_engine::get_archive(std::string id, std::string path, milliseconds timeout,
                                done<std::string> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible(id, answer)) return;
  impl_->api.call(
      {.path = container_path(id, "/archive?path=" + url_encode(path))}, in(timeout),
      expect<std::string>(
          call_kind::get_archive, 200, std::move(answer),
          [](const http_response& r) -> engine_result<std::string> {
            if (r.body.size() <= max_archive) return r.body;
            return fail(engine_error{engine_errc::failed, "the archive is larger than 16 MiB"});
          }));
}

void socket_engine::start(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(call_kind::start, {.method = "POST", .path = container_path(id, "/start")},
                  timeout, std::move(answer));
}

void socket_engine::stop(std::string id, std::chrono::seconds grace, milliseconds timeout,
                         done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::stop,
        {.method = "POST", .path = container_path(id, "/stop?t=" + std::to_string(grace.count()))},
        timeout, std::move(answer));
}

void socket_engine::unpause(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->freeze(call_kind::unpause, id, timeout, std::move(answer));
}

void socket_engine::pause(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer)) impl_->freeze(call_kind::pause, id, timeout, std::move(answer));
}

void socket_engine::remove(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!valid_container_reference(id)) return impl_->api.post([answer] { answer(effect::already); });
  impl_->api.call({.method = "DELETE", .path = container_path(id, "?force=1&v=1")}, in(timeout),
                  [answer](engine_result<http_response> response) {
                    if (!response) return answer(fail(std::move(response).err()));
                    if (response->status == 204) return answer(effect::changed);
                    if (response->status == 404) return answer(effect::already);
                    answer(fail(complaint(call_kind::remove, *response)));
                  });
}

void socket_engine::has_image(std::string image, milliseconds timeout, done<bool> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible_image(image, answer)) return;
  impl_->api.call({.path = "/images/" + url_encode(split_image(image).text(), "/:@") + "/json"},
                  in(timeout), [answer](engine_result<http_response> response) {
                    if (!response) return answer(fail(std::move(response).err()));
                    if (response->status == 200) return answer(true);
                    if (response->status == 404) return answer(false);
                    answer(fail(complaint(call_kind::has_image, *response)));
                  });
}

void socket_engine::pull(std::string image, milliseconds stall,
                         std::function<void(std::string)> progress, done<unit> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible_image(image, answer))
    impl_->api.pull(std::move(image), stall, std::move(progress), std::move(answer));
}

void socket_engine::ensure_network(network_spec spec, milliseconds timeout,
                                   done<network_effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  const auto deadline = in(timeout);
  impl_->api.call(
      {.method = "POST",
       .path = "/networks/create",
       .body = encode_network(spec),
       .content_type = "application/json"},
      deadline, [this, answer, deadline, name = spec.name](engine_result<http_response> response) {
        if (!response) return answer(fail(std::move(response).err()));
        if (response->status == 201) return answer(network_effect::made);
        // 409: it exists. The predefined networks ("bridge") refuse with 403, and exist.
        auto problem = complaint(call_kind::ensure_network, *response);
        if (response->status != 409 && response->status != 403)
          return answer(fail(std::move(problem)));
        impl_->api.call({.path = "/networks/" + url_encode(name)}, deadline,
                        [answer, problem](const engine_result<http_response>& there) {
                          if (there && there->status == 200)
                            return answer(decode_network(there->body));
                          answer(fail(engine_error(problem)));
                        });
      });
}

std::unique_ptr<subscription> socket_engine::events(std::int64_t since_unix_nano,
                                                    std::function<void(container_event)> on_event,
                                                    std::function<void(engine_error)> on_end) {
  auto sink = std::make_shared<event_sink>(std::move(on_event), std::move(on_end));
  impl_->event_streams.add(sink);
  impl_->api.events(since_unix_nano, sink);
  return subscribe(std::move(sink));
}

std::unique_ptr<log_stream> socket_engine::logs(log_request request, log_handlers handlers) {
  auto sink = std::make_shared<log_sink>(request, std::move(handlers), &impl_->log_io);
  impl_->log_streams.add(sink);
  if (valid_container_reference(request.id))
    impl_->api.logs(std::move(request), sink);
  else
    impl_->api.post([sink, id = request.id] { sink->end(no_container(id)); });
  return make_log_stream(std::move(sink));
}

} // namespace dockhost::docker
