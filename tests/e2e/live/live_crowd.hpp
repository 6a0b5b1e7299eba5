// SPDX-License-Identifier: MIT
// Many watchers of a test in one process of their own (servers/live_crowd.mjs), which count what
// comes. The containers that they watch log lines that begin with their number.
#pragma once

#include "tests/e2e/support/script_peer.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dockhost::e2e {

/// Clients of a crowd whose numbers follow on each other.
struct crowd_part {
  int first = 0;
  int count = 0;
};

/// What has come to one of them.
struct crowd_figures {
  std::int64_t lines = 0;
  std::int64_t missed = 0;      ///< lines that log_gaps stand for
  std::int64_t gaps = 0;        ///< of any reason
  std::int64_t slow_client = 0; ///< gaps because of the client itself
  std::int64_t unmarked = 0;    ///< lines that don't follow the one before, without a gap
  std::int64_t late = 0;        ///< updates of a container that is not watched
  std::int64_t stopped = 0;     ///< log_stream_stopped
  std::string end;              ///< why it is not connected any more
};

class live_crowd : public script_peer {
public:
  /// `name` is its log's, too; `before` as in script_peer::launch().
  live_crowd(const std::filesystem::path& folder, const std::string& name,
             std::vector<std::string> before = {});

  /// Connects so many more, and waits until each has its initial_state; `options` are
  /// socket.io-client's own.
  crowd_part join(const std::string& url, int count, json::object options = {});
  /// Each starts a stream without history and timestamps, unless `more` says otherwise. `next`: the
  /// number of the first line, where the test knows it.
  void follow(crowd_part who, const std::string& container, json::value next = {},
              json::object more = {});
  /// Each stops it, and has been told so.
  void unfollow(crowd_part who, const std::string& container);
  /// Each starts and stops streams of these, one after the other, so many times.
  void loop(crowd_part who, const std::vector<std::string>& containers, int times);
  std::vector<crowd_figures> figures(crowd_part who);

  /// They read nothing more until resume().
  void pause(crowd_part who);
  void resume(crowd_part who);
  /// Their sockets go without a word of WebSocket, with a reset or without.
  void destroy(crowd_part who, bool reset);
  void close(crowd_part who);

private:
  json::value run(const std::string& op, crowd_part who, json::object fields = {});

  int last_ = 0;
};

} // namespace dockhost::e2e
