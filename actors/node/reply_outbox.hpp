// SPDX-License-Identifier: MIT
#pragma once

#include "actors/node/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace dockhost::actors {

/// The replies that may be replayed, until the main server is known to have them. No I/O.
///
/// A packet that was handed to a socket can still be lost: a server that loses its power says
/// nothing, and the link ends a minute later by the ping that does not come. What shows that the
/// server has read a reply is its heartbeat: by Engine.IO 4 it sends the next ping only after it
/// has got the answer to the last one, and packets keep their order. So what was sent before the
/// answer to one ping has arrived when the next ping comes. What was not proved so when the link
/// is lost is sent once more on the next one: a reply may come twice, with the same requestId, but
/// is not lost.
class reply_outbox {
public:
  /// At most `bound` wait, and as many are remembered on their way.
  explicit reply_outbox(std::size_t bound);

  /// Waits for a link. Gives the oldest one where it has to be dropped for this one.
  [[nodiscard]] std::optional<reply_ready> keep(reply_ready r);
  /// Hands out all that wait, oldest first.
  [[nodiscard]] std::deque<reply_ready> take_waiting();

  /// It is handed to the present link. Gives the number under which sent(), unsent() or refused()
  /// speak of it; another one they ignore.
  std::uint64_t on_its_way(reply_ready r);
  /// The link has sent it. Gives the op_id of its journalled command; empty where there is none.
  std::string sent(std::uint64_t number);
  /// The link could not send it: it waits for the next. Gives the one that is dropped, as keep().
  [[nodiscard]] std::optional<reply_ready> unsent(std::uint64_t number);
  /// No link would send it. Gives it back.
  [[nodiscard]] std::optional<reply_ready> refused(std::uint64_t number);
  /// A ping of the server came, and was answered.
  void heartbeat();
  /// The present link is over. In order: the server had read all that was sent. Gives how many wait
  /// that had been sent already.
  std::size_t link_ended(bool in_order);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }

private:
  struct sending {
    std::uint64_t number = 0;
    reply_ready reply;
    std::optional<std::uint64_t> sent_at; ///< heartbeats before it was sent
  };
  std::deque<sending>::iterator find(std::uint64_t number);

  std::size_t bound_;
  std::uint64_t last_number_ = 0;
  std::uint64_t heartbeats_ = 0;
  std::deque<reply_ready> waiting_;
  std::deque<sending> under_way_; ///< by number
};

} // namespace dockhost::actors
