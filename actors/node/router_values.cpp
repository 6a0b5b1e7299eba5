// SPDX-License-Identifier: MIT
#include "actors/node/router_values.hpp"

#include <type_traits>
#include <variant>

namespace dockhost::actors {

namespace {

using lifecycle::command_kind;

const protocol::target* target_of(const protocol::command& what) {
  return std::visit(
      [](const auto& c) -> const protocol::target* {
        if constexpr (requires { c.which; }) {
          return &c.which;
        } else {
          return nullptr;
        }
      },
      what);
}

const container_view* find(const inventory& all, const std::string& username) {
  for (const auto& view : all.containers) {
    if (view.username == username) return &view;
  }
  return nullptr;
}

} // namespace

std::optional<command_kind> kind_of(const protocol::command& what) {
  return std::visit(
      [](const auto& c) -> std::optional<command_kind> {
        using type = std::decay_t<decltype(c)>;
        if constexpr (std::is_same_v<type, protocol::create_container>) {
          return command_kind::create;
        } else if constexpr (std::is_same_v<type, protocol::start_container>) {
          return command_kind::start;
        } else if constexpr (std::is_same_v<type, protocol::stop_container>) {
          return command_kind::stop;
        } else if constexpr (std::is_same_v<type, protocol::delete_container>) {
          return command_kind::remove;
        } else {
          static_assert(std::is_same_v<type, protocol::list_containers> ||
                        std::is_same_v<type, protocol::container_exists> ||
                        std::is_same_v<type, protocol::container_running>);
          return std::nullopt;
        }
      },
      what);
}

std::optional<command_kind> kind_of_event(std::string_view event) {
  if (event == "create-container") return command_kind::create;
  if (event == "start-container") return command_kind::start;
  if (event == "stop-container") return command_kind::stop;
  if (event == "delete-container") return command_kind::remove;
  return std::nullopt;
}

std::string_view word_of(command_kind kind) {
  switch (kind) {
  case command_kind::create: return "create";
  case command_kind::start: return "start";
  case command_kind::stop: return "stop";
  case command_kind::remove: return "delete";
  }
  return "start";
}

std::string target_id_of(const protocol::command& what) {
  const auto* which = target_of(what);
  return which != nullptr && which->username.empty() ? which->container_id : std::string();
}

bool chooses_image(const protocol::command& what, const container_settings& config) {
  const auto* create = std::get_if<protocol::create_container>(&what);
  if (create == nullptr || config.allow_request_image) return false;
  const auto& image = create->arguments.image;
  return !image.empty() && image != config.image && image != config.image + ":latest" &&
         image + ":latest" != config.image;
}

user_command to_user_command(const protocol::command& what) {
  user_command command;
  command.kind = kind_of(what).value_or(command_kind::start);
  if (const auto* create = std::get_if<protocol::create_container>(&what)) {
    command.username = create->username;
    command.create = create->arguments;
  } else if (const auto* which = target_of(what)) {
    command.username = which->username;
    command.container_id = which->container_id;
  }
  return command;
}

protocol::outcome to_reply(const command_outcome& ended) {
  protocol::outcome result;
  result.failure = ended.failure;
  result.message = ended.message;
  result.container = ended.container;
  return result;
}

protocol::outcome list_outcome(const inventory& all, const std::optional<std::string>& username) {
  protocol::outcome result;
  if (!all.loaded) {
    result.failure = error{errc::engine_unavailable, "the container engine can't be reached"};
    return result;
  }
  result.message = "containers of this node";
  result.containers.emplace();
  for (const auto& view : all.containers) {
    if (!username || view.username == *username) result.containers->push_back(view);
  }
  return result;
}

protocol::outcome check_outcome(const inventory& all, const std::string& username, bool running) {
  protocol::outcome result;
  const auto* view = all.loaded && all.reachable ? find(all, username) : nullptr;
  if (view == nullptr) {
    result.holds = false;
  } else if (running) {
    result.holds = view->state == container_state::running;
  } else {
    result.holds = !view->id.empty();
  }
  return result;
}

std::string to_hex(const std::array<std::uint8_t, 32>& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const auto byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

} // namespace dockhost::actors
