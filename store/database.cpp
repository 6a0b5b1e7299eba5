// SPDX-License-Identifier: MIT
#include "store/detail/database.hpp"

#include <sqlite3.h>

namespace dockhost::store::detail {

void database::closer::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

void statement::finalizer::operator()(sqlite3_stmt* s) const {
  sqlite3_finalize(s);
}

int database::open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  handle_.reset(raw); // set on failure too: it holds the message
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 2'000);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0); // 120 KB that we never need
  return SQLITE_OK;
}

int database::run(const char* sql) {
  return sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
}

int database::query(const char* sql, std::int64_t& out) {
  statement s;
  if (const int code = s.prepare(*this, sql); code != SQLITE_OK) return code;
  const int code = s.step();
  if (code == SQLITE_ROW) out = s.number(0);
  return code == SQLITE_ROW ? SQLITE_OK : code;
}

int database::query(const char* sql, std::string& out) {
  statement s;
  if (const int code = s.prepare(*this, sql); code != SQLITE_OK) return code;
  const int code = s.step();
  if (code == SQLITE_ROW) out = s.text(0);
  return code == SQLITE_ROW ? SQLITE_OK : code;
}

failure<error> database::failed(std::string_view doing, int code) const {
  std::string message = "journal: cannot " + std::string(doing) + ": ";
  message += sqlite3_errstr(code & 0xFF);
  if (handle_) {
    const std::string_view detail = sqlite3_errmsg(handle());
    if (detail != sqlite3_errstr(code & 0xFF) && detail != "not an error") {
      message.append(" (").append(detail).append(")");
    }
  }
  return fail(error{errc::internal, std::move(message)});
}

int statement::prepare(const database& db, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  handle_.reset(raw);
  return code;
}

statement& statement::bind(std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(handle_.get(), ++bound_, text.data() == nullptr ? "" : text.data(),
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

statement& statement::bind(std::int64_t number) {
  sqlite3_bind_int64(handle_.get(), ++bound_, number);
  return *this;
}

int statement::step() {
  return sqlite3_step(handle_.get());
}

int statement::run() {
  const int code = step();
  reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

void statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  bound_ = 0;
}

std::int64_t statement::number(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string statement::text(int column) const {
  // The pointer first, then its length: SQLite may convert in between.
  const auto* data = sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

} // namespace dockhost::store::detail
