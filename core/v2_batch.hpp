// SPDX-License-Identifier: MIT
// Which V2 requests of one user are executed when, and which replies are sent (PROTOCOL.md 1b). The
// main server waits with `once(USERNAME)`: the first event named after the user answers every
// request of that user then waiting. A second one would answer a request that comes later, with a
// wrong result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace dockhost {

struct v2_request {
  std::uint64_t id = 0;       ///< the caller's; unique among the user's requests in flight
  std::string event;          ///< "start_container", ...
  std::string payload_digest; ///< equal for equal payloads
  bool is_check = false;      ///< answers with a boolean, changes nothing
};

enum class v2_arrival {
  queued,
  joined,  ///< an identical request in flight is executed for both
  refused, ///< there is no room for it
};

struct v2_arrived {
  v2_arrival fate = v2_arrival::queued;
  /// Of a refused one: whether the refusal may be sent. Where a reply is still to come it answers
  /// this one as well, and a refusal would answer all that wait for it.
  bool tell = false;
  std::optional<std::uint64_t> execute; ///< to be executed now
};

struct v2_finished {
  bool send = false; ///< whether the reply of the request that has finished is sent
  std::optional<std::uint64_t> execute; ///< to be executed next
};

/// One user's requests. They are executed one at a time in the order of arrival. Those that arrive
/// before a reply is sent form a batch, which that reply answers; what is still to be executed then
/// runs silently.
class v2_batch {
public:
  static constexpr std::size_t default_max_requests = 64;

  explicit v2_batch(std::size_t max_requests = default_max_requests) : max_(max_requests) {}

  /// A request joins an identical one in flight unless another command came in between: stop,
  /// resume, stop must end in a stop. One that joins a silent request gives it its voice back: it
  /// is waiting for a reply, and the silent one's is the true one.
  /// Without `room` it may only join.
  [[nodiscard]] v2_arrived arrived(v2_request request, bool room = true);

  /// The request that was to be executed has its reply. A command's reply is sent if nothing has
  /// answered its batch, a check's if there is no command in the batch either. An `id` that isn't
  /// being executed is ignored.
  [[nodiscard]] v2_finished finished(std::uint64_t id);

  /// Nobody waits any more: what is in flight is executed silently, since on a new connection its
  /// reply would answer whatever that user asks next.
  void connection_lost() { ++open_batch_; }

  /// Nothing in flight; the object may be dropped.
  [[nodiscard]] bool idle() const { return queue_.empty(); }

private:
  struct entry {
    v2_request request;
    std::uint64_t batch = 0; ///< silent if below open_batch_
  };

  std::size_t max_;
  std::uint64_t open_batch_ = 0;
  std::deque<entry> queue_; ///< the front is being executed
};

} // namespace dockhost
