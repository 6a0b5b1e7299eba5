// SPDX-License-Identifier: MIT
// The lifecycle's actions as words, and the rules that hold for every turn of it.
#pragma once

#include "core/lifecycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace dockhost::lifecycle::test {

inline std::string block_text(const port_block& b) {
  return std::to_string(b.base);
}

inline std::string word(const action& wanted) {
  return std::visit(
      [](const auto& a) -> std::string {
        using type = std::decay_t<decltype(a)>;
        if constexpr (std::is_same_v<type, pull_image>) return "pull";
        if constexpr (std::is_same_v<type, reserve_ports>) return "reserve";
        if constexpr (std::is_same_v<type, release_ports>) return "release";
        if constexpr (std::is_same_v<type, adopt_ports>) return "adopt:" + block_text(a.block);
        if constexpr (std::is_same_v<type, quarantine_ports>)
          return "quarantine:" + block_text(a.block);
        if constexpr (std::is_same_v<type, create_container>)
          return "create:" + block_text(a.block);
        if constexpr (std::is_same_v<type, install_files>) return "install:" + a.id;
        if constexpr (std::is_same_v<type, start_container>) return "start:" + a.id;
        if constexpr (std::is_same_v<type, await_ssh>) return "ssh:" + block_text(a.block);
        if constexpr (std::is_same_v<type, unpause_container>) return "unpause:" + a.id;
        if constexpr (std::is_same_v<type, stop_container>) return "stop:" + a.id;
        if constexpr (std::is_same_v<type, remove_container>) return "remove:" + a.id;
        if constexpr (std::is_same_v<type, look_again>) return "look";
        if constexpr (std::is_same_v<type, pause_then_retry>) return "pause";
        if constexpr (std::is_same_v<type, answer>) {
          std::string text =
              a.failure ? "err:" + std::string(dockhost::to_string(a.failure->code)) : "ok";
          if (a.data) text += "+data";
          return text;
        }
        return "?";
      },
      wanted);
}

inline std::string words(const std::vector<action>& all) {
  std::string out;
  for (const auto& a : all)
    out += (out.empty() ? "" : " ") + word(a);
  return out;
}

/// An action whose end comes back as an event; the step that waits for it.
inline bool waits_for(const action& a, std::vector<step>& where) {
  where.clear();
  if (std::holds_alternative<pull_image>(a)) where = {step::pulling};
  if (std::holds_alternative<reserve_ports>(a)) where = {step::reserving};
  if (std::holds_alternative<create_container>(a)) where = {step::creating};
  if (std::holds_alternative<install_files>(a)) where = {step::installing};
  if (std::holds_alternative<start_container>(a)) where = {step::first_start, step::starting};
  if (std::holds_alternative<await_ssh>(a)) where = {step::awaiting_ssh};
  if (std::holds_alternative<unpause_container>(a)) where = {step::unpausing};
  if (std::holds_alternative<stop_container>(a)) where = {step::stopping};
  if (std::holds_alternative<remove_container>(a))
    where = {step::next_block, step::rolling_back, step::removing};
  if (std::holds_alternative<look_again>(a))
    where = {step::looking, step::finding_leftover, step::finding_owner};
  if (std::holds_alternative<pause_then_retry>(a)) where = {step::remove_again};
  return !where.empty();
}

inline bool open_command(const model& m) {
  return m.op && !m.op->answered;
}

inline bool is_command(const event& e) {
  return std::holds_alternative<create_wanted>(e) || std::holds_alternative<start_wanted>(e) ||
         std::holds_alternative<stop_wanted>(e) || std::holds_alternative<delete_wanted>(e);
}

/// What is true of every turn, whatever the event. Empty, or what is wrong.
inline std::string broken_rule(const model& before, const event& what, const transition& turn) {
  const auto& after = turn.next;
  int waits = 0;
  int answers = 0;
  bool released = false;
  std::vector<step> where;
  for (const auto& a : turn.actions) {
    if (waits_for(a, where)) {
      ++waits;
      if (std::find(where.begin(), where.end(), after.at) == where.end())
        return word(a) + " was asked for, but the step is " + std::string(to_string(after.at));
    }
    if (std::holds_alternative<answer>(a)) ++answers;
    if (std::holds_alternative<release_ports>(a)) released = true;
  }
  if (waits > 1) return "more than one thing asked for in one turn";
  if (waits == 1 && !after.busy()) return "not busy, though something was asked for";
  if (after.busy() && after.at != before.at && waits == 0) return "busy, waiting for nothing";
  const bool open_before = open_command(before) || (is_command(what) && !before.busy());
  const int due = static_cast<int>(open_before) - static_cast<int>(open_command(after));
  if (answers != due)
    return std::to_string(answers) + " answers where " + std::to_string(due) + " were due";
  if (!after.busy() && after.op) return "idle, but an operation is left over";
  if (after.state == container_state::absent && !after.facts.id.empty()) return "absent with an id";
  if (after.state == container_state::absent && before.state != container_state::absent &&
      !released)
    return "absent, but its ports were not released";
  return {};
}

/// A model that is driven event by event, every turn of it checked.
class life {
public:
  explicit life(policy rules = {}) : rules_(rules) {}

  /// The turn's actions in words.
  std::string turn(const event& what) {
    auto t = advance(now, what, rules_);
    EXPECT_EQ(broken_rule(now, what, t), "")
        << "at " << to_string(now.at) << ", event " << what.index() << ": " << words(t.actions);
    now = std::move(t.next);
    last = std::move(t.actions);
    return words(last);
  }

  [[nodiscard]] const answer& answered() const {
    static const answer none{error{errc::internal, "no answer in the last turn"}, {}, {}};
    for (const auto& a : last) {
      if (const auto* found = std::get_if<answer>(&a)) return *found;
    }
    return none;
  }

  model now;
  std::vector<action> last;

private:
  policy rules_;
};

} // namespace dockhost::lifecycle::test
