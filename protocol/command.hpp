// SPDX-License-Identifier: MIT
// The commands of a main server as values, whatever dialect they came in. A new command joins the
// variant; docs/adding-a-command.md goes on from there.
#pragma once

#include "core/user_command.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dockhost::protocol {

/// Names one container; exactly one of the two is set.
struct target {
  std::string username; ///< valid
  std::string
      container_id; ///< a full id, a prefix of one, or a name; by its letters, not looked up

  friend bool operator==(const target&, const target&) = default;
};

struct create_container {
  std::string username;
  create_arguments arguments;
};
struct start_container {
  target which;
};
struct stop_container {
  target which;
};
struct delete_container {
  target which;
};
struct list_containers {
  std::optional<std::string> username; ///< none: everybody's
};
struct container_exists {
  std::string username;
};
struct container_running {
  std::string username;
};

using command = std::variant<create_container, start_container, stop_container, delete_container,
                             list_containers, container_exists, container_running>;

/// Which of the two vocabularies of PROTOCOL.md part 1; the event's name tells.
enum class dialect {
  documented, ///< 1a: replies are acknowledgements or `<event>-response`
  v2,         ///< 1b: replies are events named after the user
};

/// All that a reply's form depends on.
struct reply_address {
  dialect spoken = dialect::documented;
  std::string event;      ///< of the request
  std::string username;   ///< as the request gave it; empty where it gave none that can be used
  std::string request_id; ///< documented dialect; empty: none

  friend bool operator==(const reply_address&, const reply_address&) = default;
};

struct request {
  command what;
  reply_address from;
  /// Equal for requests that mean the same (event and payload, whatever the order of members, but
  /// for the request id): what a payload digest is made of. May be as long as the payload.
  std::string fingerprint;
};

/// An event of ours that can't be executed.
struct decode_failure {
  error why;
  reply_address to;
  std::string fingerprint;
};

/// Not an event that a node executes.
struct unknown_event {};

using decoded = std::variant<request, decode_failure, unknown_event>;

/// Whether the event is one of the two V2 checks, whose reply is a bare boolean.
[[nodiscard]] bool is_check(std::string_view event);

} // namespace dockhost::protocol
