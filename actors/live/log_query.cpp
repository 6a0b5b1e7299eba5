// SPDX-License-Identifier: MIT
#include "actors/live/log_query.hpp"

#include "protocol/live_requests.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace dockhost::actors {

namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number out{};
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

std::optional<bool> flag_of(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

} // namespace

std::optional<std::string> logs_path(std::string_view path) {
  constexpr std::string_view before = "/api/containers/";
  constexpr std::string_view after = "/logs";
  if (!path.starts_with(before)) return std::nullopt;
  path.remove_prefix(before.size());
  if (!path.ends_with(after)) return std::nullopt;
  path.remove_suffix(after.size());
  if (path.empty() || path.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(path);
}

basic_result<log_query, std::string> parse_log_query(std::string container,
                                                     const net::server_request& r) {
  // The rules of start_log_stream hold here, too.
  json::object asked{{"container_id", container}};
  log_query out;
  bool all = false;
  if (const auto tail = r.parameter("tail")) {
    all = *tail == "all";
    if (const auto lines = number_of<std::int64_t>(*tail)) {
      asked.emplace_back("tail", *lines);
    } else if (!all) {
      return fail(std::string("tail must be a number of lines, or \"all\""));
    }
  }
  if (const auto since = r.parameter("since")) {
    const auto seconds = number_of<double>(*since);
    asked.emplace_back("since", seconds ? json::value(*seconds) : json::value(std::string(*since)));
  }
  const auto read =
      protocol::decode_live_request("start_log_stream", json::value(std::move(asked)));
  if (!read) return fail(read.err());
  const auto& what = std::get<protocol::start_log_request>(*read);
  out.container = std::move(container);
  if (!all) out.tail = what.options.tail;
  out.since_unix_nano = what.options.since_unix_nano;
  for (const auto& [name, into] :
       {std::pair("timestamps", &out.timestamps), std::pair("download", &out.download)}) {
    const auto given = r.parameter(name);
    if (!given) continue;
    const auto flag = flag_of(*given);
    if (!flag) return fail(std::string(name) + " must be true or false");
    *into = *flag;
  }
  if (const auto format = r.parameter("format")) {
    if (*format == "json") {
      out.format = log_file_format::json;
    } else if (*format == "ndjson") {
      out.format = log_file_format::ndjson;
    } else if (*format == "text") {
      out.format = log_file_format::text;
    } else {
      return fail(std::string("format must be one of: json, ndjson, text"));
    }
  }
  return out;
}

} // namespace dockhost::actors
