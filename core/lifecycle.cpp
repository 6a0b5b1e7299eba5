// SPDX-License-Identifier: MIT
#include "core/lifecycle.hpp"

#include <utility>

namespace dockhost::lifecycle {

namespace {

using state = container_state;

constexpr int max_name_conflicts = 8;

error to_error(const call_failure& f, std::string_view doing) {
  const std::string text = std::string(doing) + ": " + f.message;
  switch (f.what) {
  case fault::unreachable: return {errc::engine_unavailable, text};
  case fault::timeout: return {errc::timeout, text};
  case fault::not_found: return {errc::not_found, text};
  case fault::no_such_image: return {errc::image_unavailable, text};
  case fault::name_taken:
  case fault::conflict: return {errc::conflict, text};
  case fault::port_taken: return {errc::ports_exhausted, text};
  case fault::failed: return {errc::internal, text};
  }
  return {errc::internal, text};
}

/// One event's worth of work on a model. Every handler below leaves it in a step whose answer is on
/// its way, or idle.
class machine {
public:
  machine(model m, const policy& rules) : m_(std::move(m)), rules_(rules) {}

  transition take() && { return {std::move(m_), std::move(actions_)}; }

  // ---- commands
  // -------------------------------------------------------------------------------------------------------------

  void on(const create_wanted& e) {
    if (m_.busy()) return;
    if (m_.state == state::unknown) return refuse(engine_gone());
    if (m_.state != state::absent) {
      return refuse({errc::conflict, "the user already has a container"}, true);
    }
    m_.op = operation{command_kind::create, e.op_id, e.image, e.port_hint, 0, 0, false, false,
                      std::nullopt};
    m_.facts = {};
    m_.state = state::creating;
    if (rules_.pull == pull_policy::always) {
      go(step::pulling, pull_image{e.image});
    } else {
      go(step::reserving, reserve_ports{e.port_hint});
    }
  }

  void on(const start_wanted&) {
    if (!may_begin()) return;
    begin(command_kind::start);
    if (m_.state == state::paused) {
      go(step::unpausing, unpause_container{m_.facts.id});
    } else {
      if (m_.state != state::running) m_.state = state::starting;
      go(step::starting, start_container{m_.facts.id});
    }
  }

  void on(const stop_wanted&) {
    if (!may_begin()) return;
    begin(command_kind::stop);
    if (m_.state != state::stopped) m_.state = state::stopping;
    go(step::stopping, stop_container{m_.facts.id});
  }

  void on(const delete_wanted&) {
    if (m_.busy()) return;
    if (m_.state == state::absent) return succeed("the user has no container", false);
    if (m_.state == state::unknown && m_.facts.id.empty()) return refuse(engine_gone());
    begin(command_kind::remove);
    m_.state = state::deleting;
    go(step::removing, remove_container{m_.facts.id});
  }

  // ---- the create, step by step
  // -----------------------------------------------------------------------------------------------

  void on(const image_pulled&) {
    if (m_.at != step::pulling) return;
    m_.op->pulled = true;
    if (m_.facts.block) {
      go(step::creating, create_container{m_.op->op_id, m_.op->image, *m_.facts.block});
    } else {
      go(step::reserving, reserve_ports{m_.op->hint});
    }
  }

  void on(const ports_reserved& e) {
    if (m_.at != step::reserving) return;
    m_.facts.block = e.block;
    ++m_.op->blocks_tried;
    if (m_.op->failure) return roll_back();
    go(step::creating, create_container{m_.op->op_id, m_.op->image, e.block});
  }

  void on(const ports_refused& e) {
    if (m_.at == step::reserving) fail_create(e.why);
  }

  void on(const container_created& e) {
    if (m_.at != step::creating) return;
    m_.facts.id = e.id;
    m_.facts.created = e.created;
    m_.facts.fingerprint = e.fingerprint;
    m_.facts.image = m_.op->image;
    m_.facts.op_id = m_.op->op_id;
    if (m_.op->failure) return roll_back();
    go(step::installing, install_files{e.id});
  }

  void on(const files_installed&) {
    if (m_.at != step::installing) return;
    if (m_.op->failure) return roll_back();
    go(step::first_start, start_container{m_.facts.id});
  }

  void on(const container_started& e) {
    if (m_.at != step::first_start && m_.at != step::starting) return;
    // Of one that ran already only the engine knows.
    if (!e.already) m_.facts.started = e.at;
    if (m_.at == step::first_start) {
      if (m_.op->failure) return roll_back();
      m_.state = state::running;
      if (!rules_.wait_for_ssh) return succeed("container created", true);
      m_.state = state::creating;
      return go(step::awaiting_ssh, await_ssh{*m_.facts.block});
    }
    m_.state = state::running;
    succeed(e.already ? "the container is already running" : "container started", true);
  }

  void on(const ssh_answered&) {
    if (m_.at != step::awaiting_ssh) return;
    m_.state = state::running;
    succeed("container created", true);
  }

  void on(const ssh_silent& e) {
    if (m_.at == step::awaiting_ssh) {
      fail_create({errc::timeout, "the container's SSH server did not answer: " + e.why});
    }
  }

  // ---- the short commands
  // -------------------------------------------------------------------------------------------------------

  void on(const container_unpaused& e) {
    if (m_.at != step::unpausing) return;
    m_.state = state::running;
    // It was not paused after all, so something else forbade the start: the engine knows what.
    if (e.already) m_.look_needed = true;
    succeed("the container was paused and runs again", true);
  }

  void on(const container_stopped& e) {
    if (m_.at != step::stopping) return;
    m_.state = state::stopped;
    m_.facts.started = {};
    succeed(e.already ? "the container is already stopped" : "container stopped", true);
  }

  void on(const container_removed&) {
    switch (m_.at) {
    case step::next_block:
      m_.facts.id.clear();
      if (m_.op->failure) return finish_create_failure();
      return go(step::reserving, reserve_ports{m_.op->hint});
    case step::rolling_back: return finish_create_failure();
    case step::removing:
      actions_.emplace_back(release_ports{});
      m_.state = state::absent;
      succeed("container deleted", true);
      m_.facts = {};
      return;
    case step::idle:
    case step::pulling:
    case step::reserving:
    case step::creating:
    case step::installing:
    case step::first_start:
    case step::awaiting_ssh:
    case step::finding_leftover:
    case step::finding_owner:
    case step::starting:
    case step::unpausing:
    case step::stopping:
    case step::remove_again:
    case step::looking: return;
    }
  }

  void on(const retry_due&) {
    if (m_.at == step::remove_again) go(step::removing, remove_container{m_.facts.id});
  }

  // ---- failures
  // -------------------------------------------------------------------------------------------------------------------

  void on(const call_failed& e) {
    const call_failure& f = e.failure;
    switch (m_.at) {
    case step::idle:
    case step::reserving:
    case step::awaiting_ssh:
    case step::remove_again: return;
    case step::pulling: {
      error why = to_error(f, "the image " + m_.op->image + " could not be pulled");
      if (why.code == errc::internal || why.code == errc::not_found)
        why.code = errc::image_unavailable;
      return fail_create(std::move(why));
    }
    case step::creating: return create_call_failed(f);
    case step::installing:
      return fail_create(to_error(f, "Unable to create container: the key could not be installed"));
    case step::first_start:
      if (f.what == fault::port_taken) return take_next_block(f);
      return fail_create(to_error(f, "Unable to create container: it did not start"));
    case step::next_block:
    case step::rolling_back:
      // What can't be removed now is found again by the next look at the engine, which holds its
      // ports until it is gone.
      if (!m_.op->failure) m_.op->failure = to_error(f, "Unable to create container");
      m_.state = state::unknown;
      m_.doomed_op = m_.op->op_id;
      // A look at once, but only the first time: what can't be removed now is tried again at the
      // next news of it, not in a circle.
      if (m_.op->answered) return settle();
      return give_up(*m_.op->failure);
    case step::finding_leftover:
      m_.state = state::unknown;
      return give_up(m_.op->failure.value_or(to_error(f, "Unable to create container")));
    case step::finding_owner:
      actions_.emplace_back(release_ports{});
      m_.state = state::absent;
      m_.facts = {};
      return give_up({errc::conflict,
                      "the container's name is taken, and its owner can't be found: " + f.message});
    case step::starting:
      if (f.what == fault::conflict) return go(step::unpausing, unpause_container{m_.facts.id});
      return short_command_failed(f, "the container could not be started");
    case step::unpausing: return short_command_failed(f, "the container could not be resumed");
    case step::stopping: return short_command_failed(f, "the container could not be stopped");
    case step::removing:
      if (f.what == fault::not_found) return on(container_removed{});
      if (f.what == fault::conflict) {
        m_.at = step::remove_again;
        actions_.emplace_back(pause_then_retry{});
        return;
      }
      return short_command_failed(f, "the container could not be deleted");
    case step::looking:
      m_.at = step::idle;
      if (f.what == fault::unreachable || f.what == fault::timeout) m_.state = state::unknown;
      return;
    }
  }

  void on(const deadline_passed&) {
    if (!m_.op || m_.op->answered) return;
    const error late{errc::timeout, "the deadline of the command passed"};
    if (m_.op->kind == command_kind::create && m_.at != step::rolling_back) {
      // What waits without a call on the container ends now, the rest as soon as its call has come
      // back.
      answer_now(late);
      if (m_.at == step::pulling || m_.at == step::awaiting_ssh) return fail_create(late);
      m_.op->failure = late;
      return;
    }
    answer_now(m_.op->failure.value_or(late));
  }

  void on(const shutdown_begun&) {
    if (m_.at == step::pulling) fail_create({errc::shutting_down, "the node is shutting down"});
  }

  // ---- facts from elsewhere
  // -----------------------------------------------------------------------------------------------------

  void on(const engine_lost&) {
    if (m_.busy()) {
      m_.look_needed = true;
    } else if (m_.state != state::absent) {
      m_.state = state::unknown;
    }
  }

  void on(const look_wanted&) {
    if (m_.busy()) {
      m_.look_needed = true;
    } else {
      go(step::looking, look_again{});
    }
  }

  void on(const news_heard& e) {
    if (m_.busy()) {
      m_.news = e;
    } else if (!agrees(e)) {
      go(step::looking, look_again{});
    }
  }

  void on(const container_observed& e) {
    if (m_.at == step::finding_leftover) {
      if (e.facts.op_id == m_.op->op_id) {
        m_.facts.id = e.facts.id;
        return roll_back();
      }
      // Not what we made, but this user's all the same.
      actions_.emplace_back(release_ports{});
      m_.facts = {};
      adopt(e);
      if (e.state == state::created) m_.look_needed = true;
      return give_up(m_.op->failure.value_or(error{errc::internal, "Unable to create container"}));
    }
    if (m_.at == step::finding_owner) {
      if (e.state == state::created) {
        // An earlier create of this user's that was cut off: out of the way with it.
        m_.facts.id = e.facts.id;
        return go(step::next_block, remove_container{e.facts.id});
      }
      actions_.emplace_back(release_ports{});
      m_.facts = {};
      adopt(e);
      return give_up({errc::conflict, "the user already has a container"}, true);
    }
    if (m_.busy() && m_.at != step::looking) {
      m_.look_needed = true;
      return;
    }
    adopt(e);
    const bool doomed = !m_.doomed_op.empty() && m_.doomed_op == e.facts.op_id;
    if (e.state == state::created || (doomed && e.state != state::deleting)) {
      // Created and never started: a create that was cut off. Its key may be missing, so it can't
      // be finished. Or a create that was answered as failed and could not be rolled back then.
      m_.op = operation{command_kind::create,
                        e.facts.op_id,
                        e.facts.image,
                        {},
                        0,
                        0,
                        false,
                        true,
                        error{errc::shutting_down, "the create was interrupted"}};
      return roll_back();
    }
    settle();
  }

  void on(const container_absent&) {
    if (m_.at == step::finding_leftover) return finish_create_failure();
    if (m_.at == step::finding_owner) {
      // It went away in between: the name is free now. Or it is not yet there, where an earlier
      // create that was lost is still at work: no use in asking for ever.
      if (m_.op->failure) return finish_create_failure();
      if (++m_.op->name_conflicts >= max_name_conflicts) {
        return fail_create({errc::conflict, "the container's name is taken, and nothing has it"});
      }
      return go(step::creating, create_container{m_.op->op_id, m_.op->image, *m_.facts.block});
    }
    if (m_.busy() && m_.at != step::looking) {
      m_.look_needed = true;
      return;
    }
    if (m_.state != state::absent || m_.facts.block) actions_.emplace_back(release_ports{});
    m_.state = state::absent;
    m_.facts = {};
    m_.doomed_op.clear();
    settle();
  }

private:
  template <class Action>
  void go(step next, Action a) {
    m_.at = next;
    actions_.emplace_back(std::move(a));
  }

  [[nodiscard]] std::optional<container_facts> data_if(bool wanted) const {
    return wanted ? std::optional(m_.facts) : std::nullopt;
  }

  static error engine_gone() {
    return {errc::engine_unavailable, "the container engine can't be reached"};
  }

  void begin(command_kind kind) {
    m_.op = operation{kind, {}, {}, {}, 0, 0, false, false, std::nullopt};
  }

  bool may_begin() {
    if (m_.busy()) return false;
    if (m_.state == state::absent) {
      refuse({errc::not_found, "the user has no container"});
      return false;
    }
    if (m_.state == state::unknown) {
      refuse(engine_gone());
      return false;
    }
    return true;
  }

  void refuse(error why, bool with_data = false) {
    actions_.emplace_back(answer{std::move(why), {}, data_if(with_data)});
  }

  void answer_now(error why, bool with_data = false) {
    if (m_.op) {
      if (m_.op->answered) return;
      m_.op->answered = true;
    }
    actions_.emplace_back(answer{std::move(why), {}, data_if(with_data)});
  }

  void succeed(std::string message, bool with_data) {
    if (!m_.op || !m_.op->answered)
      actions_.emplace_back(answer{std::nullopt, std::move(message), data_if(with_data)});
    settle();
  }

  void give_up(error why, bool with_data = false) {
    answer_now(std::move(why), with_data);
    if (m_.state == state::unknown) m_.look_needed = true;
    settle();
  }

  /// The operation is over. What was heard of meanwhile is looked at now.
  void settle() {
    m_.op.reset();
    m_.at = step::idle;
    const auto news = std::exchange(m_.news, std::nullopt);
    const bool surprised = news && !agrees(*news);
    if (std::exchange(m_.look_needed, false) || surprised) go(step::looking, look_again{});
  }

  /// Whether what was heard is already known.
  [[nodiscard]] bool agrees(const news_heard& e) const {
    if (!e.implies) return false;
    if (m_.state == state::absent) return *e.implies == state::absent;
    if (e.id != m_.facts.id) return false;
    // That a container was made says nothing against what became of it since.
    return *e.implies == m_.state || *e.implies == state::created;
  }

  void adopt(const container_observed& e) {
    const auto block = e.facts.block ? e.facts.block : m_.facts.block;
    // By our own clock at first: the engine's may be a second off, and that is no change.
    const bool same = e.facts.id == m_.facts.id;
    const auto created = same ? m_.facts.created : std::string();
    const bool runs = e.state == state::running || e.state == state::paused;
    const auto started =
        same && runs ? settled_start(m_.facts.started, e.facts.started) : e.facts.started;
    m_.facts = e.facts;
    m_.facts.block = block;
    m_.facts.started = started;
    if (!created.empty()) m_.facts.created = created;
    m_.state = e.state;
    if (block) actions_.emplace_back(adopt_ports{*block});
  }

  void fail_create(error why) {
    if (!m_.op->failure) m_.op->failure = std::move(why);
    roll_back();
  }

  void roll_back() {
    if (m_.facts.id.empty()) return finish_create_failure();
    go(step::rolling_back, remove_container{m_.facts.id});
  }

  void finish_create_failure() {
    actions_.emplace_back(release_ports{});
    m_.doomed_op.clear();
    m_.state = state::absent;
    m_.facts = {};
    give_up(m_.op->failure.value_or(error{errc::internal, "Unable to create container"}));
  }

  void create_call_failed(const call_failure& f) {
    switch (f.what) {
    case fault::no_such_image:
      if (m_.op->failure) return roll_back();
      if (rules_.pull == pull_policy::never || m_.op->pulled) {
        return fail_create({errc::image_unavailable,
                            "the image " + m_.op->image + " is not on this machine: " + f.message});
      }
      return go(step::pulling, pull_image{m_.op->image});
    case fault::name_taken: return go(step::finding_owner, look_again{});
    case fault::unreachable:
    case fault::timeout:
      if (!m_.op->failure) m_.op->failure = to_error(f, "Unable to create container");
      return go(step::finding_leftover, look_again{});
    case fault::not_found:
    case fault::port_taken:
    case fault::conflict:
    case fault::failed: return fail_create(to_error(f, "Unable to create container"));
    }
  }

  void take_next_block(const call_failure& f) {
    actions_.emplace_back(quarantine_ports{*m_.facts.block});
    m_.facts.block.reset();
    if (m_.op->failure) return roll_back();
    if (m_.op->blocks_tried >= rules_.max_blocks) {
      return fail_create(
          {errc::ports_exhausted, "Port already in use: " + std::to_string(m_.op->blocks_tried) +
                                      " blocks were tried; " + f.message});
    }
    go(step::next_block, remove_container{m_.facts.id});
  }

  void short_command_failed(const call_failure& f, std::string_view doing) {
    if (f.what == fault::not_found) {
      actions_.emplace_back(release_ports{});
      m_.state = state::absent;
      m_.facts = {};
      return give_up({errc::not_found, "the user has no container"});
    }
    error why = to_error(f, doing);
    if (f.what == fault::port_taken) why.message = "Port already in use: " + why.message;
    if (f.what == fault::unreachable || f.what == fault::timeout) m_.state = state::unknown;
    m_.look_needed = true;
    give_up(std::move(why));
  }

  model m_;
  const policy& rules_;
  std::vector<action> actions_;
};

} // namespace

std::string_view to_string(step s) {
  switch (s) {
  case step::idle: return "idle";
  case step::pulling: return "pulling";
  case step::reserving: return "reserving";
  case step::creating: return "creating";
  case step::installing: return "installing";
  case step::first_start: return "first_start";
  case step::awaiting_ssh: return "awaiting_ssh";
  case step::next_block: return "next_block";
  case step::rolling_back: return "rolling_back";
  case step::finding_leftover: return "finding_leftover";
  case step::finding_owner: return "finding_owner";
  case step::starting: return "starting";
  case step::unpausing: return "unpausing";
  case step::stopping: return "stopping";
  case step::removing: return "removing";
  case step::remove_again: return "remove_again";
  case step::looking: return "looking";
  }
  return "idle";
}

transition advance(model now, const event& what, const policy& rules) {
  machine m(std::move(now), rules);
  std::visit([&m](const auto& e) { m.on(e); }, what);
  return std::move(m).take();
}

} // namespace dockhost::lifecycle
