// SPDX-License-Identifier: MIT
#include "store/journal.hpp"

#include "store/detail/database.hpp"
#include "store/detail/schema.hpp"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace dockhost::store {

using detail::database;
using detail::statement;

struct journal::impl {
  database db; // before the statements: they go first
  journal_limits limits;
  std::string note;
  statement begin, answer, deliver, forget, load, purge, trim;
  statement set_quarantine, clear_quarantine, quarantines;

  int prepare();
  result<unit> open(const std::string& path, int& code);
};

namespace {

constexpr std::string_view memory_path = ":memory:";

/// What only a new file can mend.
bool damaged(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

/// Moves a damaged file and what belongs to it out of the way; gives its new name.
result<std::string> set_aside(const std::string& path) {
  const std::string wanted = path + ".corrupt-" + std::to_string(std::time(nullptr));
  std::string target = wanted;
  for (int i = 1; ::access(target.c_str(), F_OK) == 0; ++i) {
    target = wanted + "-" + std::to_string(i);
  }
  if (std::rename(path.c_str(), target.c_str()) != 0) {
    const int code = errno;
    return fail(error{errc::internal, "journal: cannot set the damaged file " + path +
                                          " aside: " + std::generic_category().message(code)});
  }
  for (const char* suffix : {"-wal", "-shm"}) { // a stale one would be read into the new file
    if (std::rename((path + suffix).c_str(), (target + suffix).c_str()) != 0 && errno != ENOENT) {
      ::unlink((path + suffix).c_str());
    }
  }
  return target;
}

/// SQLite would make the file readable for all; its -wal and -shm take over the file's mode.
void make_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd); // a failure shows again, with its reason, when SQLite opens it
}

failure<error> too_long(std::string_view what) {
  return fail(error{errc::invalid_request, "journal: " + std::string(what) + " is too long"});
}

} // namespace

int journal::impl::prepare() {
  const std::pair<statement*, std::string_view> all[] = {
      {&begin, "INSERT INTO requests (op_id, request_id, event, username, payload_digest, payload,"
               " dialect, wants_ack, answer, undelivered, begun_ms, answered_ms)"
               " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"},
      {&answer, "UPDATE requests SET answer=?, undelivered=?, answered_ms=? WHERE op_id=?"},
      {&deliver, "UPDATE requests SET undelivered=0 WHERE op_id=?"},
      {&forget, "DELETE FROM requests WHERE op_id=?"},
      {&load, "SELECT op_id, request_id, event, username, payload_digest, payload, dialect,"
              " wants_ack, answer, undelivered, begun_ms, answered_ms FROM requests"
              " ORDER BY position"},
      {&purge, "DELETE FROM requests WHERE answer<>'' AND undelivered=0 AND answered_ms<?"},
      {&trim, "DELETE FROM requests WHERE position IN (SELECT position FROM requests"
              " ORDER BY answer='', undelivered, position"
              " LIMIT max(0, (SELECT count(*) FROM requests)-?))"},
      {&set_quarantine, "INSERT INTO quarantine (port_base, until_ms) VALUES (?,?)"
                        " ON CONFLICT (port_base) DO UPDATE SET until_ms=excluded.until_ms"},
      {&clear_quarantine, "DELETE FROM quarantine WHERE port_base=?"},
      {&quarantines, "SELECT port_base, until_ms FROM quarantine ORDER BY port_base"},
  };
  for (const auto& [target, sql] : all) {
    if (const int code = target->prepare(db, sql); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

result<unit> journal::impl::open(const std::string& path, int& code) {
  code = db.open(path);
  if (code != SQLITE_OK) return db.failed("open " + path, code);
  code = db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-256;"
                "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=4194304;"
                "PRAGMA wal_autocheckpoint=256;");
  if (code != SQLITE_OK) return db.failed("open " + path, code);
  std::string health;
  code = db.query("PRAGMA quick_check(1)", health);
  if (code == SQLITE_OK && health != "ok") code = SQLITE_CORRUPT;
  if (code != SQLITE_OK) return db.failed("check " + path, code);
  if (auto migrated = detail::migrate(db, code); !migrated) return migrated;
  std::int64_t page_size = 4096;
  code = db.query("PRAGMA page_size", page_size);
  if (code == SQLITE_OK) {
    const auto pages = std::to_string(limits.max_bytes / page_size);
    code = db.run(("PRAGMA max_page_count=" + pages).c_str());
  }
  if (code == SQLITE_OK) code = prepare();
  if (code != SQLITE_OK) return db.failed("prepare " + path, code);
  return unit{};
}

journal::journal(std::unique_ptr<impl> opened) : impl_(std::move(opened)) {}
journal::~journal() = default;

const std::string& journal::note() const {
  return impl_->note;
}

result<std::unique_ptr<journal>> journal::open(const std::string& path,
                                               const journal_limits& limits) {
  if (path != memory_path) make_private(path);
  auto opened = std::make_unique<impl>();
  opened->limits = limits;
  int code = SQLITE_OK;
  auto status = opened->open(path, code);
  if (!status && damaged(code) && path != memory_path) {
    const std::string reason = status.err().message;
    opened = std::make_unique<impl>(); // closes the damaged file before it is moved
    auto target = set_aside(path);
    if (!target) return fail(error{target.err()});
    opened->limits = limits;
    opened->note = reason + "; the file was set aside as " + *target + " and a new one begun";
    make_private(path);
    status = opened->open(path, code);
  }
  if (!status) return fail(error{status.err()});
  return std::unique_ptr<journal>(new journal(std::move(opened)));
}

result<unit> journal::begin(const journal_entry& entry) {
  auto& i = *impl_;
  if (entry.payload.size() > i.limits.max_text) return too_long("the payload");
  if (entry.answer.size() > i.limits.max_text) return too_long("the answer");
  const int code = i.begin.bind(entry.op_id)
                       .bind(entry.request_id)
                       .bind(entry.event)
                       .bind(entry.username)
                       .bind(entry.payload_digest)
                       .bind(entry.payload)
                       .bind(entry.dialect)
                       .bind(std::int64_t{entry.wants_ack})
                       .bind(entry.answer)
                       .bind(std::int64_t{entry.undelivered})
                       .bind(entry.begun_ms)
                       .bind(entry.answered_ms)
                       .run();
  if (code == SQLITE_CONSTRAINT_UNIQUE) {
    return fail(error{errc::conflict, "journal: there is an entry " + entry.op_id});
  }
  if (code != SQLITE_OK) return i.db.failed("write an entry", code);
  return unit{};
}

result<unit> journal::answer(std::string_view op_id, std::string_view text, bool undelivered,
                             std::int64_t at_ms) {
  auto& i = *impl_;
  if (text.empty()) return fail(error{errc::invalid_request, "journal: an answer can't be empty"});
  if (text.size() > i.limits.max_text) return too_long("the answer");
  const int code =
      i.answer.bind(text).bind(std::int64_t{undelivered}).bind(at_ms).bind(op_id).run();
  if (code != SQLITE_OK) return i.db.failed("write an answer", code);
  if (sqlite3_changes(i.db.handle()) == 0) {
    return fail(error{errc::not_found, "journal: there is no entry " + std::string(op_id)});
  }
  return unit{};
}

result<unit> journal::mark_delivered(std::string_view op_id) {
  const int code = impl_->deliver.bind(op_id).run();
  if (code != SQLITE_OK) return impl_->db.failed("mark a delivery", code);
  return unit{};
}

result<unit> journal::forget(std::string_view op_id) {
  const int code = impl_->forget.bind(op_id).run();
  if (code != SQLITE_OK) return impl_->db.failed("remove an entry", code);
  return unit{};
}

result<std::vector<journal_entry>> journal::load() {
  auto& s = impl_->load;
  std::vector<journal_entry> out;
  int code = SQLITE_OK;
  while ((code = s.step()) == SQLITE_ROW) {
    out.push_back({s.text(0), s.text(1), s.text(2), s.text(3), s.text(4), s.text(5), s.text(6),
                   s.number(7) != 0, s.text(8), s.number(9) != 0, s.number(10), s.number(11)});
  }
  s.reset();
  if (code != SQLITE_DONE) return impl_->db.failed("read the entries", code);
  return out;
}

result<unit> journal::purge(std::int64_t answered_before_ms) {
  int code = impl_->purge.bind(answered_before_ms).run();
  if (code == SQLITE_OK) code = impl_->trim.bind(impl_->limits.max_entries).run();
  if (code != SQLITE_OK) return impl_->db.failed("purge", code);
  return unit{};
}

result<unit> journal::set_quarantine(std::uint16_t port_base, std::int64_t until_ms) {
  const int code = impl_->set_quarantine.bind(std::int64_t{port_base}).bind(until_ms).run();
  if (code != SQLITE_OK) return impl_->db.failed("write a quarantine", code);
  return unit{};
}

result<unit> journal::clear_quarantine(std::uint16_t port_base) {
  const int code = impl_->clear_quarantine.bind(std::int64_t{port_base}).run();
  if (code != SQLITE_OK) return impl_->db.failed("remove a quarantine", code);
  return unit{};
}

result<std::vector<quarantine_entry>> journal::quarantines() {
  auto& s = impl_->quarantines;
  std::vector<quarantine_entry> out;
  int code = SQLITE_OK;
  while ((code = s.step()) == SQLITE_ROW) {
    out.push_back({static_cast<std::uint16_t>(s.number(0)), s.number(1)});
  }
  s.reset();
  if (code != SQLITE_DONE) return impl_->db.failed("read the quarantines", code);
  return out;
}

} // namespace dockhost::store
