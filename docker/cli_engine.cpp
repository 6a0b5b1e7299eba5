// SPDX-License-Identifier: MIT
#include "docker/cli_engine.hpp"

#include "docker/call_gate.hpp"
#include "docker/cli_arguments.hpp"
#include "docker/cli_process.hpp"
#include "docker/engine_errors.hpp"
#include "docker/engine_json.hpp"
#include "docker/engine_stats.hpp"
#include "docker/event_sink.hpp"
#include "docker/json_lines.hpp"
#include "docker/log_sink.hpp"
#include "docker/names.hpp"
#include "docker/open_streams.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

using time_point = std::chrono::steady_clock::time_point;
using summaries = std::vector<container_summary>;

constexpr std::size_t max_archive = 16 * 1024 * 1024;
/// Containers per inspect: a command line must not grow without bound.
constexpr std::size_t inspected_at_once = 500;

time_point in(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

engine_error no_container(std::string_view id) {
  return {engine_errc::not_found, "No such container: " + std::string(id.substr(0, 200))};
}

engine_error bad_request(std::string message) {
  return {engine_errc::bad_request, std::move(message)};
}

/// Where the engine is, before every command.
std::vector<std::string> global_arguments(const cli_options& options) {
  std::vector<std::string> out{"--host=" + options.host};
  if (!options.tls) return out;
  out.emplace_back(options.tls_verify ? "--tlsverify" : "--tls");
  if (!options.ca_file.empty()) out.push_back("--tlscacert=" + options.ca_file);
  if (!options.client_cert.empty()) out.push_back("--tlscert=" + options.client_cert);
  if (!options.client_key.empty()) out.push_back("--tlskey=" + options.client_key);
  return out;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  line_splitter splitter(text.size());
  const auto add = [&](std::string_view line) { out.emplace_back(line); };
  splitter.feed(text, add);
  splitter.finish(add);
  return out;
}

} // namespace

struct cli_engine::impl {
  explicit impl(cli_options opts)
      : options(std::move(opts)),
        runner(options.program, global_arguments(options),
               // What would override the command line.
               {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY",
                "DOCKER_CERT_PATH", "DOCKER_API_VERSION", "DOCKER_DEFAULT_PLATFORM"}) {}

  using text_fn = std::function<void(engine_result<std::string>)>;
  using process_fn = std::function<void(engine_result<process_result>)>;

  /// The program's outcome, whatever its exit status.
  void run(process_request request, process_fn fn) {
    runner.run(std::move(request),
               [gate = gate, fn = std::move(fn)](engine_result<process_result> result) {
                 const call_gate::pass pass(gate);
                 if (pass) fn(std::move(result));
               });
  }

  /// Its stdout, if it exited with 0. What it wrote to stderr then is of no account.
  void ask(call_kind kind, arguments args, time_point deadline, text_fn fn,
           std::string input = {}) {
    process_request request;
    request.args = std::move(args);
    request.input = std::move(input);
    request.deadline = deadline;
    if (kind == call_kind::get_archive) request.max_output = max_archive;
    run(std::move(request), [kind, fn = std::move(fn)](engine_result<process_result> result) {
      if (!result) return fn(fail(std::move(result).err()));
      if (result->exit_code != 0) return fn(fail(error_from_cli(kind, result->err)));
      fn(std::move(result->out));
    });
  }

  void look(call_kind kind, const std::string& id, time_point deadline,
            std::function<void(engine_result<container_details>)> fn) {
    ask(kind, cli_inspect({id}), deadline, [fn = std::move(fn)](engine_result<std::string> text) {
      if (!text) return fn(fail(std::move(text).err()));
      fn(decode_details(*text));
    });
  }

  /// Looks, and changes what is not yet so: the program does not tell 204 from 304.
  void change(call_kind kind, const std::string& id, time_point deadline, arguments args,
              std::function<bool(const std::string& status)> already, done<effect> answer) {
    look(kind, id, deadline,
         [this, kind, deadline, args = std::move(args), already = std::move(already),
          answer = std::move(answer)](engine_result<container_details> now) {
           if (!now) return answer(fail(std::move(now).err()));
           if (already(now->status)) return answer(effect::already);
           if (kind == call_kind::start && now->status == "paused")
             return answer(fail(engine_error{engine_errc::conflict,
                                             "cannot start a paused container, try unpause"}));
           ask(kind, args, deadline, [answer](engine_result<std::string> text) {
             if (!text) return answer(fail(std::move(text).err()));
             answer(effect::changed);
           });
         });
  }

  void list_details(std::shared_ptr<std::vector<std::string>> ids, std::size_t from,
                    std::shared_ptr<summaries> found, time_point deadline, done<summaries> answer) {
    if (from >= ids->size()) return answer(std::move(*found));
    const auto to = std::min(ids->size(), from + inspected_at_once);
    process_request request;
    request.args = cli_inspect({ids->begin() + static_cast<std::ptrdiff_t>(from),
                                ids->begin() + static_cast<std::ptrdiff_t>(to)});
    request.deadline = deadline;
    run(std::move(request),
        [this, ids, to, found, deadline, answer](engine_result<process_result> result) {
          if (!result) return answer(fail(std::move(result).err()));
          // One that was removed meanwhile makes the program fail, and the others are told all the
          // same.
          if (result->exit_code != 0) {
            auto problem = error_from_cli(call_kind::list, result->err);
            if (problem.code != engine_errc::not_found) return answer(fail(std::move(problem)));
          }
          for (const auto& line : lines_of(result->out)) {
            const auto details = decode_details(line);
            if (!details) return answer(fail(details.err()));
            found->push_back(summarize(*details));
          }
          list_details(ids, to, found, deadline, answer);
        });
  }

  /// Answers on the runner's thread, like everything else.
  template <class T>
  void refuse(const done<T>& answer, engine_error reason) {
    runner.post([gate = gate, answer, reason = std::move(reason)] {
      const call_gate::pass pass(gate);
      if (pass) answer(fail(engine_error(reason)));
    });
  }

  template <class T>
  bool plausible(const std::string& id, const done<T>& answer) {
    if (valid_container_reference(id)) return true;
    refuse(answer, no_container(id));
    return false;
  }

  template <class T>
  bool plausible_image(const std::string& image, const done<T>& answer) {
    if (valid_image_reference(image)) return true;
    refuse(answer, bad_request("invalid reference format"));
    return false;
  }

  const cli_options options;
  call_gate gate;
  process_runner runner;
  open_streams<event_sink> event_streams;
  open_streams<log_sink> log_streams;
};

cli_engine::cli_engine(cli_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

cli_engine::~cli_engine() {
  const engine_error reason{engine_errc::unreachable, "the engine's client was closed"};
  impl_->gate.close(reason);
  impl_->event_streams.end_all(reason);
  impl_->log_streams.end_all(reason);
}

void cli_engine::info(milliseconds timeout, done<engine_info> done) {
  auto answer = impl_->gate.track(std::move(done));
  const auto deadline = in(timeout);
  impl_->ask(call_kind::info, cli_version(), deadline,
             [this, deadline, answer](engine_result<std::string> version) {
               if (!version) return answer(fail(std::move(version).err()));
               impl_->ask(call_kind::info, cli_info(), deadline,
                          [this, answer, version = *version](engine_result<std::string> text) {
                            if (!text) return answer(fail(std::move(text).err()));
                            auto info = decode_info(*text);
                            if (!info) return answer(std::move(info));
                            info->api_version = decode_client_api_version(version);
                            info->remote = impl_->options.remote;
                            info->published_host = impl_->options.published_host;
                            if (info->remote) info->root_dir.clear();
                            answer(std::move(info));
                          });
             });
}

void cli_engine::list(list_filter filter, milliseconds timeout, done<summaries> done) {
  auto answer = impl_->gate.track(std::move(done));
  const auto deadline = in(timeout);
  impl_->ask(call_kind::list, cli_list(filter), deadline,
             [this, deadline, answer](engine_result<std::string> text) {
               if (!text) return answer(fail(std::move(text).err()));
               auto ids = std::make_shared<std::vector<std::string>>(lines_of(*text));
               impl_->list_details(std::move(ids), 0, std::make_shared<summaries>(), deadline,
                                   answer);
             });
}

void cli_engine::inspect(std::string id, milliseconds timeout, done<container_details> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->look(call_kind::inspect, id, in(timeout), std::move(answer));
}

void cli_engine::stats(std::string id, milliseconds timeout, done<container_usage> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->ask(call_kind::stats, cli_stats(id), in(timeout),
               [answer](engine_result<std::string> text) {
                 if (!text) return answer(fail(std::move(text).err()));
                 answer(decode_printed_stats(*text));
               });
}

void cli_engine::create(container_spec spec, milliseconds timeout, done<std::string> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible_image(spec.image, answer)) return;
  if (!valid_container_reference(spec.name))
    return impl_->refuse(answer, bad_request("Invalid container name (" + spec.name + ")"));
  for (const auto& variable : spec.env)
    if (variable.find('=') == variable.npos)
      return impl_->refuse(answer, bad_request("an environment entry has no value: " + variable));
  impl_->ask(call_kind::create, cli_create(spec), in(timeout),
             [answer](engine_result<std::string> text) {
               if (!text) return answer(fail(std::move(text).err()));
               answer(trimmed(*std::move(text)));
             });
}

void cli_engine::put_archive(std::string id, std::string tar, milliseconds timeout,
                             done<unit> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible(id, answer)) return;
  const auto deadline = in(timeout);
  impl_->ask(
      call_kind::put_archive, cli_put_archive(id), deadline,
      [this, id, deadline, answer](engine_result<std::string> text) {
        if (text) return answer(unit{});
        auto problem = std::move(text).err();
        if (problem.code != engine_errc::failed) return answer(fail(std::move(problem)));
        // Whatever is wrong, the program says that "/" must be a directory: a look tells.
        impl_->look(call_kind::put_archive, id, deadline,
                    [answer, problem](engine_result<container_details> now) {
                      answer(fail(now ? problem : std::move(now).err()));
                    });
      },
      std::move(tar));
}

void cli_engine::get_archive(std::string id, std::string path, milliseconds timeout,
                             done<std::string> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->ask(call_kind::get_archive, cli_get_archive(id, path), in(timeout), std::move(answer));
}

void cli_engine::start(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::start, id, in(timeout), cli_change("start", id),
        [](const std::string& status) { return status == "running"; }, std::move(answer));
}

void cli_engine::stop(std::string id, std::chrono::seconds grace, milliseconds timeout,
                      done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::stop, id, in(timeout), cli_stop(id, grace),
        [](const std::string& status) {
          return status != "running" && status != "paused" && status != "restarting";
        },
        std::move(answer));
}

void cli_engine::unpause(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::unpause, id, in(timeout), cli_change("unpause", id),
        [](const std::string& status) { return status != "paused"; }, std::move(answer));
}

void cli_engine::pause(std::string id, milliseconds timeout, done<effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::pause, id, in(timeout), cli_change("pause", id),
        [](const std::string& status) { return status == "paused"; }, std::move(answer));
}

void cli_engine::remove(std::string id, milliseconds timeout, docker::done<effect> fn) {
  auto tracked = impl_->gate.track(std::move(fn));
  // Who is not there was removed already, also when somebody else was faster.
  const done<effect> answer = [tracked](const engine_result<effect>& result) {
    if (result.ok()) return tracked(result.value());
    if (result.err().code == engine_errc::not_found) return tracked(effect::already);
    tracked(fail(engine_error(result.err())));
  };
  if (impl_->plausible(id, answer))
    impl_->change(
        call_kind::remove, id, in(timeout), cli_remove(id),
        [](const std::string&) { return false; }, answer);
}

void cli_engine::has_image(std::string image, milliseconds timeout, done<bool> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible_image(image, answer)) return;
  impl_->ask(call_kind::has_image, cli_image_inspect(image), in(timeout),
             [answer](engine_result<std::string> text) {
               if (text) return answer(true);
               if (text.err().code == engine_errc::no_such_image) return answer(false);
               answer(fail(std::move(text).err()));
             });
}

void cli_engine::pull(std::string image, milliseconds stall,
                      std::function<void(std::string)> progress, done<unit> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!impl_->plausible_image(image, answer)) return;
  process_request request;
  request.args = cli_pull(image);
  request.stall = stall;
  auto lines = std::make_shared<line_splitter>();
  request.on_output = [lines, progress = std::move(progress),
                       gate = impl_->gate](std::string_view bytes) {
    const call_gate::pass pass(gate);
    if (!pass) return;
    lines->feed(bytes, [&](std::string_view line) {
      if (progress) progress(std::string(line));
    });
  };
  impl_->run(std::move(request), [answer](engine_result<process_result> result) {
    if (!result) return answer(fail(std::move(result).err()));
    if (result->exit_code != 0) return answer(fail(error_from_cli(call_kind::pull, result->err)));
    answer(unit{});
  });
}

void cli_engine::ensure_network(network_spec spec, milliseconds timeout,
                                done<network_effect> done) {
  auto answer = impl_->gate.track(std::move(done));
  if (!valid_container_reference(spec.name))
    return impl_->refuse(answer, bad_request("invalid network name"));
  const auto deadline = in(timeout);
  const auto exists = [this, name = spec.name, deadline](impl::text_fn fn) {
    impl_->ask(call_kind::ensure_network, cli_network_inspect(name), deadline, std::move(fn));
  };
  exists([this, answer, deadline, exists, spec](engine_result<std::string> there) {
    if (there) return answer(decode_network(*there));
    const auto code = there.err().code;
    if (code == engine_errc::unreachable || code == engine_errc::timeout)
      return answer(fail(std::move(there).err()));
    impl_->ask(call_kind::ensure_network, cli_network_create(spec), deadline,
               [answer, exists](engine_result<std::string> made) {
                 if (made) return answer(network_effect::made);
                 // Somebody else may have made it in between.
                 exists([answer, problem = made.err()](const engine_result<std::string>& now) {
                   if (now) return answer(decode_network(*now));
                   answer(fail(engine_error(problem)));
                 });
               });
  });
}

std::unique_ptr<subscription> cli_engine::events(std::int64_t since_unix_nano,
                                                 std::function<void(container_event)> on_event,
                                                 std::function<void(engine_error)> on_end) {
  auto sink = std::make_shared<event_sink>(std::move(on_event), std::move(on_end));
  impl_->event_streams.add(sink);
  process_request request;
  request.args = cli_events(since_unix_nano);
  auto lines = std::make_shared<line_splitter>();
  request.on_output = [lines, weak = std::weak_ptr(sink)](std::string_view bytes) {
    const auto alive = weak.lock();
    if (!alive) return;
    const bool whole = lines->feed(bytes, [&](std::string_view line) {
      if (auto event = decode_event(line)) alive->deliver(*std::move(event));
    });
    if (!whole) alive->end({engine_errc::failed, "the engine sent an event of more than 1 MiB"});
  };
  auto process = impl_->runner.run_held(
      std::move(request), [weak = std::weak_ptr(sink)](engine_result<process_result> result) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (!result) return alive->end(std::move(result).err());
        auto problem = error_from_cli(call_kind::events, result->err);
        // The stream has no other end than the engine's.
        problem.code = engine_errc::unreachable;
        alive->end(std::move(problem));
      });
  sink->hold(std::move(process));
  return subscribe(std::move(sink));
}

std::unique_ptr<log_stream> cli_engine::logs(log_request what, log_handlers handlers) {
  auto sink = std::make_shared<log_sink>(what, std::move(handlers), nullptr);
  impl_->log_streams.add(sink);
  if (!valid_container_reference(what.id)) {
    impl_->runner.post([sink, id = what.id] { sink->end(no_container(id)); });
    return make_log_stream(std::move(sink));
  }
  // The program has taken the frames off, and what it says itself comes like a container's stderr:
  // at the end, where no timestamp stands before it.
  struct reading {
    std::string last_words;
  };
  auto state = std::make_shared<reading>();
  const auto add = [weak = std::weak_ptr(sink)](std::string_view bytes, log_channel channel) {
    const auto alive = weak.lock();
    if (!alive) return;
    auto batch = std::make_shared<log_batch>();
    batch->add(bytes, channel, false);
    alive->deliver(std::move(batch));
  };
  process_request request;
  request.args = cli_logs(what);
  request.on_output = [add](std::string_view bytes) { add(bytes, log_channel::out); };
  request.on_error_output = [add, state](std::string_view bytes) {
    constexpr std::size_t enough = 4 * 1024;
    state->last_words.append(bytes);
    if (state->last_words.size() > 2 * enough)
      state->last_words.erase(0, state->last_words.size() - enough);
    add(bytes, log_channel::err);
  };
  auto process =
      impl_->runner.run_held(std::move(request), [weak = std::weak_ptr(sink),
                                                  state](engine_result<process_result> result) {
        const auto alive = weak.lock();
        if (!alive) return;
        if (!result) return alive->end(std::move(result).err());
        if (result->exit_code == 0) return alive->end(std::nullopt);
        alive->end(error_from_cli(call_kind::logs, state->last_words));
      });
  sink->hold(process, [process](bool stop) { process->pause(stop); });
  return make_log_stream(std::move(sink));
}

} // namespace dockhost::docker
