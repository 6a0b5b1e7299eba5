// SPDX-License-Identifier: MIT
// What the actions of the lifecycle machine do: engine calls, ports, key material, the SSH probe.
#include "actors/node/container_actor.hpp"
#include "actors/node/engine_faults.hpp"
#include "core/host_key.hpp"
#include "core/instance_files.hpp"
#include "core/labels.hpp"
#include "core/tar.hpp"
#include "docker/engine_json.hpp"
#include "docker/rfc3339.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::effect;
using docker::engine_errc;
using docker::engine_error;
using platform::log_level;

/// Above the engine call's own timeout: the docker actor answers within it, so this only guards
/// against its death.
constexpr auto request_slack = 10s;
constexpr auto create_timeout = 60s;
constexpr auto archive_timeout = 60s;
constexpr auto removal_retry_pause = 300ms;
constexpr auto ssh_attempt_timeout = 2s;
constexpr auto ssh_pause_first = 15ms;
constexpr auto ssh_pause_last = 250ms;
constexpr const char* sshd_config_path = "/etc/ssh/sshd_config";
constexpr std::int64_t mebibyte = 1024 * 1024;

std::string hostname_of(const std::string& container_name) {
  // RFC 1123 labels: letters, digits and hyphens, at most 63.
  std::string host = container_name.substr(0, 63);
  for (char& c : host) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!fine) c = '-';
  }
  while (!host.empty() && host.back() == '-')
    host.pop_back();
  while (!host.empty() && host.front() == '-')
    host.erase(host.begin());
  return host.empty() ? "instance" : host;
}

} // namespace

void container_actor_state::call(engine_operation operation, std::chrono::milliseconds timeout,
                                 answer_handler on_answer) {
  const auto serial = serial_;
  self_
      ->request(docker_, timeout + request_slack,
                engine_call{container_name_, std::move(operation), timeout})
      .then(
          [this, serial, on_answer](const engine_answer& answer) {
            if (serial == serial_) on_answer(answer);
          },
          [this, serial](const caf::error& e) {
            if (serial == serial_) {
              dispatch(lifecycle::call_failed{
                  {lifecycle::fault::unreachable, "engine actor: " + caf::to_string(e)}});
            }
          });
}

template <class Value, class OnSuccess>
void container_actor_state::call_for(engine_operation operation, std::chrono::milliseconds timeout,
                                     OnSuccess on_success) {
  call(std::move(operation), timeout, [this, on_success](const engine_answer& answer) {
    if (const auto* failed = std::get_if<engine_error>(&answer.value)) {
      dispatch(lifecycle::call_failed{to_call_failure(*failed)});
    } else if (const auto* value = std::get_if<Value>(&answer.value)) {
      dispatch(on_success(*value));
    } else {
      dispatch(lifecycle::call_failed{
          {lifecycle::fault::failed, "the engine's answer is of another kind"}});
    }
  });
}

void container_actor_state::do_act(const lifecycle::pull_image& a) {
  // The machine may come here after the shutdown began: a pull could outlast the stop timeout.
  if (shutting_down_) return dispatch(lifecycle::shutdown_begun{});
  const auto stall = env_->config.engine.pull_stall;
  // The command's own deadline bounds the whole pull; the engine's only says when nothing moves.
  const auto serial = serial_;
  self_
      ->request(docker_,
                std::max<std::chrono::milliseconds>(env_->config.deadlines.create, stall) +
                    request_slack,
                engine_call{{}, op_pull{a.image}, stall})
      .then(
          [this, serial](const engine_answer& answer) {
            if (serial != serial_) return;
            const auto* failed = std::get_if<engine_error>(&answer.value);
            if (failed != nullptr) {
              dispatch(lifecycle::call_failed{to_call_failure(*failed)});
            } else {
              dispatch(lifecycle::image_pulled{});
            }
          },
          [this, serial](const caf::error& e) {
            if (serial != serial_) return;
            dispatch(
                lifecycle::call_failed{{lifecycle::fault::timeout, "pull: " + caf::to_string(e)}});
          });
}

void container_actor_state::do_act(const lifecycle::reserve_ports& a) {
  const auto serial = serial_;
  self_->request(ports_, request_slack, reserve_block{username_, a.hint})
      .then(
          [this, serial](const block_answer& answer) {
            if (serial != serial_) return;
            if (answer.block.ok()) {
              dispatch(lifecycle::ports_reserved{answer.block.value()});
            } else {
              dispatch(lifecycle::ports_refused{answer.block.err()});
            }
          },
          [this, serial](const caf::error& e) {
            if (serial != serial_) return;
            dispatch(
                lifecycle::ports_refused{{errc::internal, "port registry: " + caf::to_string(e)}});
          });
}

void container_actor_state::do_act(const lifecycle::release_ports&) {
  self_->send(ports_, release_block{username_});
}

void container_actor_state::do_act(const lifecycle::adopt_ports& a) {
  self_->send(ports_, adopt_block{username_, a.block});
}

void container_actor_state::do_act(const lifecycle::quarantine_ports& a) {
  platform::log(log_level::warn, name, "ports.taken", "Port already in use: trying another block",
                {{"user", username_}, {"port", std::to_string(a.block.base)}});
  self_->send(ports_, quarantine_block{username_, a.block});
}

void container_actor_state::do_act(const lifecycle::create_container& a) {
  const auto key = env_->new_host_key();
  if (!key.ok()) {
    return dispatch(lifecycle::call_failed{{lifecycle::fault::failed, key.err().message}});
  }
  host_key_ = key.value();
  const auto& config = env_->config.containers;
  const auto& wanted = current_->request.command.create;
  const auto print = fingerprint(host_key_->public_key, env_->sha256);

  docker::container_spec spec;
  spec.name = container_name_;
  spec.image = a.image;
  spec.hostname = hostname_of(container_name_);
  spec.env = {"SSH_PUB_KEY=" + wanted.public_key};
  spec.labels = make_labels({env_->node_id, username_, a.op_id, print, a.block});
  spec.ports = {{22, config.bind_address, a.block.ssh()},
                {80, config.bind_address, a.block.http()},
                {443, config.bind_address, a.block.https()}};
  spec.network = config.network;
  spec.memory_bytes = wanted.memory_mb.value_or(config.memory_mb) * mebibyte;
  spec.nano_cpus = static_cast<std::int64_t>(wanted.cpus.value_or(config.cpus) * 1e9);
  spec.pids_limit = wanted.pids.value_or(config.pids);
  spec.log_max_size = config.log_max_size;
  spec.log_max_files = static_cast<int>(config.log_max_files);
  spec.no_new_privileges = config.no_new_privileges;
  spec.storage_size = config.storage_size;

  const auto created = iso_time(env_->unix_ms() / 1000);
  call_for<std::string>(op_create{std::move(spec)}, create_timeout,
                        [print, created](const std::string& id) {
                          return lifecycle::container_created{id, created, print};
                        });
}

void container_actor_state::do_act(const lifecycle::install_files& a) {
  const auto id = a.id;
  call(op_get_archive{id, sshd_config_path}, archive_timeout,
       [this, id](const engine_answer& answer) {
         if (const auto* failed = std::get_if<engine_error>(&answer.value)) {
           if (failed->code == engine_errc::not_found) return install(id, std::nullopt);
           return dispatch(lifecycle::call_failed{to_call_failure(*failed)});
         }
         std::optional<std::string> text;
         if (const auto* archive = std::get_if<std::string>(&answer.value)) {
           if (const auto found = find_file(*archive, "sshd_config")) text = std::string(*found);
         }
         install(id, std::move(text));
       });
}

void container_actor_state::install(const std::string& id, std::optional<std::string> sshd_config) {
  instance_files_input files;
  files.authorized_key = current_->request.command.create.public_key;
  const auto check = static_cast<std::uint32_t>(env_->uniform() * 4294967295.0);
  files.host_private_key =
      openssh_private_key(host_key_->seed, host_key_->public_key, check, container_name_);
  files.host_public_key = openssh_public_line(host_key_->public_key, container_name_);
  files.sshd_config = std::move(sshd_config);
  files.mtime = env_->unix_ms() / 1000;
  call_for<unit>(op_put_archive{id, instance_archive(files)}, archive_timeout,
                 [](unit) { return lifecycle::files_installed{}; });
  host_key_.reset();
}

void container_actor_state::do_act(const lifecycle::start_container& a) {
  call_for<effect>(op_start{a.id}, env_->config.engine.start_timeout, [this](effect e) {
    return lifecycle::container_started{e == effect::already, {env_->unix_ms() / 1000, 0}};
  });
}

void container_actor_state::do_act(const lifecycle::await_ssh&) {
  ssh_deadline_ = self_->clock().now() + env_->config.containers.ssh_ready_timeout;
  ssh_attempts_ = 0;
  probe_ssh();
}

void container_actor_state::probe_ssh() {
  ++ssh_attempts_;
  const auto& bind = env_->config.containers.bind_address;
  const bool any = bind.empty() || bind == "0.0.0.0" || bind == "::";
  container_actor me = self_;
  const auto serial = serial_;
  env_->probe_ssh(any ? published_host_ : bind, model_.facts.block->ssh(), ssh_attempt_timeout,
                  [me, serial](probe_result r) {
                    caf::anon_send(me, ssh_probe_done{serial, r.answered, std::move(r.why)});
                  });
}

void container_actor_state::ssh_probed(const ssh_probe_done& d) {
  if (d.serial != serial_ || model_.at != lifecycle::step::awaiting_ssh) return;
  if (d.answered) return dispatch(lifecycle::ssh_answered{});
  if (self_->clock().now() >= ssh_deadline_) return dispatch(lifecycle::ssh_silent{d.why});
  // A container that is starting answers soon: look often at first, then less and less.
  const auto pause =
      std::min<std::chrono::milliseconds>(ssh_pause_last, ssh_pause_first * ssh_attempts_);
  self_->delayed_send(self_, pause, step_retry_due{serial_});
}

void container_actor_state::do_act(const lifecycle::unpause_container& a) {
  call_for<effect>(op_unpause{a.id}, env_->config.engine.start_timeout,
                   [](effect e) { return lifecycle::container_unpaused{e == effect::already}; });
}

void container_actor_state::do_act(const lifecycle::stop_container& a) {
  const auto grace = env_->config.containers.stop_grace;
  call_for<effect>(op_stop{a.id, grace}, grace + env_->config.deadlines.stop_margin,
                   [](effect e) { return lifecycle::container_stopped{e == effect::already}; });
}

void container_actor_state::do_act(const lifecycle::remove_container& a) {
  call_for<effect>(op_remove{a.id}, env_->config.engine.remove_timeout,
                   [](effect) { return lifecycle::container_removed{}; });
}

void container_actor_state::do_act(const lifecycle::pause_then_retry&) {
  self_->delayed_send(self_, removal_retry_pause, step_retry_due{serial_});
}

void container_actor_state::do_act(const lifecycle::look_again&) {
  call(op_inspect{model_.facts.id.empty() ? container_name_ : model_.facts.id},
       env_->config.engine.inspect_timeout, [this](const engine_answer& answer) {
         if (const auto* failed = std::get_if<engine_error>(&answer.value)) {
           if (failed->code == engine_errc::not_found)
             return dispatch(lifecycle::container_absent{});
           return dispatch(lifecycle::call_failed{to_call_failure(*failed)});
         }
         if (const auto* details = std::get_if<docker::container_details>(&answer.value))
           looked(*details);
       });
}

void container_actor_state::looked(const docker::container_details& found) {
  // The name alone proves nothing: only the labels say that it is ours and this user's.
  if (owner_of(found.labels, env_->node_id) != username_) {
    if (model_.at == lifecycle::step::finding_owner) {
      return dispatch(lifecycle::call_failed{
          {lifecycle::fault::conflict,
           "a container that is not this node's has the name " + container_name_}});
    }
    return dispatch(lifecycle::container_absent{});
  }
  const auto known = view_from_labels(found.labels);
  // Written as the listings write it: what differs in its digits would be told as a change.
  lifecycle::container_facts facts{
      found.id,          found.name,  found.image, iso_time(docker::unix_seconds(found.created)),
      known.fingerprint, known.op_id, known.block, docker::start_of(found)};
  dispatch(lifecycle::container_observed{state_from_engine(found.status), std::move(facts)});
}

} // namespace dockhost::actors
