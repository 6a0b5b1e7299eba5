// SPDX-License-Identifier: MIT
#include "store/detail/schema.hpp"

#include <array>
#include <string>

#include <sqlite3.h>

namespace dockhost::store::detail {

namespace {

/// Step N brings a file of user_version N to N + 1. Steps are never changed once released: files
/// in the field are at each of them.
constexpr std::array steps{
    // 0: the request journal. `position` keeps the order of arrival.
    "CREATE TABLE requests ("
    " position INTEGER PRIMARY KEY AUTOINCREMENT,"
    " op_id TEXT NOT NULL UNIQUE,"
    " request_id TEXT NOT NULL,"
    " event TEXT NOT NULL,"
    " username TEXT NOT NULL,"
    " payload_digest TEXT NOT NULL,"
    " payload TEXT NOT NULL,"
    " dialect TEXT NOT NULL,"
    " wants_ack INTEGER NOT NULL,"
    " answer TEXT NOT NULL,"
    " undelivered INTEGER NOT NULL,"
    " begun_ms INTEGER NOT NULL,"
    " answered_ms INTEGER NOT NULL"
    ") STRICT;",
    // 1: ports that rest.
    "CREATE TABLE quarantine ("
    " port_base INTEGER PRIMARY KEY,"
    " until_ms INTEGER NOT NULL"
    ") STRICT;",
};

} // namespace

result<unit> migrate(database& db, int& code) {
  std::int64_t version = 0;
  code = db.query("PRAGMA user_version", version);
  if (code != SQLITE_OK) return db.failed("read the version", code);
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version < 0 || version > newest) {
    return fail(error{errc::internal, "journal: made by a newer version of this program (schema " +
                                          std::to_string(version) + ", this one knows " +
                                          std::to_string(newest) + ")"});
  }
  for (; version < newest; ++version) {
    const std::string sql = "BEGIN IMMEDIATE;" +
                            std::string(steps[static_cast<std::size_t>(version)]) +
                            "PRAGMA user_version=" + std::to_string(version + 1) + ";COMMIT;";
    code = db.run(sql.c_str());
    if (code != SQLITE_OK) {
      auto failed = db.failed("bring the schema up to date", code);
      db.run("ROLLBACK"); // fails when the COMMIT itself did: nothing is open then
      return failed;
    }
  }
  return unit{};
}

} // namespace dockhost::store::detail
