// SPDX-License-Identifier: MIT
// RAII over SQLite's handles. For store's own sources only.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3; // <sqlite3.h> is included by sources only
struct sqlite3_stmt;

namespace dockhost::store::detail {

class database {
public:
  /// The code is SQLite's: SQLITE_OK, or why it could not be opened.
  int open(const std::string& path);

  /// Runs statements that give no rows.
  int run(const char* sql);
  /// The first column of the first row as a number, as a text.
  int query(const char* sql, std::int64_t& out);
  int query(const char* sql, std::string& out);

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] failure<error> failed(std::string_view doing, int code) const;

private:
  struct closer {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

/// A prepared statement that is kept. Parameters are given in order by bind(), each a copy-free
/// view that must live until the step.
class statement {
public:
  int prepare(const database& db, std::string_view sql);

  statement& bind(std::string_view text);
  statement& bind(std::int64_t number);
  /// SQLITE_ROW or SQLITE_DONE, else an error.
  int step();
  /// Steps a statement without rows to its end and makes it ready again.
  int run();
  void reset();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

private:
  struct finalizer {
    void operator()(sqlite3_stmt* s) const;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
  int bound_ = 0;
};

} // namespace dockhost::store::detail
