// SPDX-License-Identifier: MIT
// What labels on containers can't hold: requests and their answers, replies not yet delivered, and
// ports that rest. Losing it loses no container. A write that has returned survives the process
// being killed; the last ones may be missing after a power cut (WAL, synchronous=NORMAL).
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::store {

struct journal_entry {
  std::string op_id;          ///< the label dockhost.op_id of what the request made; unique
  std::string request_id;     ///< the sender's own id; may be empty
  std::string event;          ///< the request's event name
  std::string username;       ///< as it was sent
  std::string payload_digest; ///< SHA-256 of the request, hex: tells a repeat from another request
  std::string payload;        ///< the request's JSON, without secrets
  std::string dialect;        ///< "documented" or "v2"
  bool wants_ack = false;
  std::string answer;       ///< JSON; empty: still running
  bool undelivered = false; ///< answered while nobody was connected
  std::int64_t begun_ms = 0;
  std::int64_t answered_ms = 0; ///< 0: still running

  friend bool operator==(const journal_entry&, const journal_entry&) = default;
};

struct quarantine_entry {
  std::uint16_t port_base = 0;
  std::int64_t until_ms = 0;

  friend bool operator==(const quarantine_entry&, const quarantine_entry&) = default;
};

struct journal_limits {
  std::int64_t max_entries = 10'000;          ///< kept by purge()
  std::int64_t max_bytes = 256 * 1024 * 1024; ///< of the file; then writes fail as on a full disk
  std::size_t max_text = 1024 * 1024;         ///< of one payload or answer
};

/// One thread at a time. Times are milliseconds since 1970, of the caller's clock. Errors are
/// errc::internal with SQLite's reason (disk full, read-only, ...), unless said otherwise; a failed
/// call has changed nothing.
class journal {
public:
  /// Opens or makes the file at `path`; ":memory:" keeps nothing. A damaged file is set aside as
  /// PATH.corrupt-TIMESTAMP and a new one begun: note() then says so. A file of a newer schema is
  /// an error, so that a downgrade loses nothing.
  [[nodiscard]] static result<std::unique_ptr<journal>> open(const std::string& path,
                                                             const journal_limits& limits = {});
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  /// What the log should say about the opening; empty when there is nothing.
  [[nodiscard]] const std::string& note() const;

  /// Writes a new entry as it is. conflict: the op_id is there. invalid_request: a text is too
  /// long.
  [[nodiscard]] result<unit> begin(const journal_entry& entry);

  /// Ends a running entry, or replaces its answer. not_found: no such op_id. invalid_request: an
  /// empty or too long answer.
  [[nodiscard]] result<unit> answer(std::string_view op_id, std::string_view text, bool undelivered,
                                    std::int64_t at_ms);

  /// Its answer has gone out. An absent entry is fine.
  [[nodiscard]] result<unit> mark_delivered(std::string_view op_id);

  /// Removes an entry. An absent one is fine.
  [[nodiscard]] result<unit> forget(std::string_view op_id);

  /// All entries in the order of begin().
  [[nodiscard]] result<std::vector<journal_entry>> load();

  /// Removes what was answered and delivered before `answered_before_ms`. Of more than
  /// `max_entries` left, the oldest go too: delivered ones first, then undelivered, then running.
  [[nodiscard]] result<unit> purge(std::int64_t answered_before_ms);

  /// `port_base` rests until then; a later call replaces the time.
  [[nodiscard]] result<unit> set_quarantine(std::uint16_t port_base, std::int64_t until_ms);
  [[nodiscard]] result<unit> clear_quarantine(std::uint16_t port_base);
  /// In the order of their ports, those whose time is over included.
  [[nodiscard]] result<std::vector<quarantine_entry>> quarantines();

private:
  struct impl;
  explicit journal(std::unique_ptr<impl> opened);
  std::unique_ptr<impl> impl_;
};

} // namespace dockhost::store
