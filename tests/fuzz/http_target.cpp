// SPDX-License-Identifier: MIT
// A request's path and query. The input: a byte that chooses the method, the target.
#include "core/utf8.hpp"
#include "net/detail/request_target.hpp"
#include "protocol/engineio_server_request.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>

namespace dockhost::fuzz {
namespace {

void judge_path(std::string_view path) {
  require(path.starts_with('/'), "a path begins with a slash");
  for (auto rest = path; !rest.empty();) {
    const auto c = take_code_point(rest);
    require(c && !is_control(*c) && *c != '\\', "a path is plain text");
  }
  const auto closed = std::string(path) + '/';
  require(closed.find("/../") == closed.npos && closed.find("/./") == closed.npos,
          "a path leads down only");
}

/// Two readers of one query must agree, or a check of one could be passed with the other's eyes.
void judge_query(const net::detail::request_target& t) {
  const auto question = t.target.find('?');
  const auto q = protocol::engineio::server::parse_query(
      question == t.target.npos ? std::string_view()
                                : std::string_view(t.target).substr(question + 1));
  const auto last = [&](std::string_view name) {
    std::string out;
    for (const auto& [key, value] : t.parameters)
      if (key == name) out = value;
    return out;
  };
  require(q.version == last("EIO") && q.transport == last("transport") && q.sid == last("sid"),
          "both readers of a query agree");
}

} // namespace

void http_target(std::string_view bytes) {
  input in(bytes);
  constexpr std::string_view methods[] = {"GET", "POST", "OPTIONS", "CONNECT"};
  const auto method = methods[in.byte() % std::size(methods)];
  const auto raw = in.rest();
  const auto t = net::detail::parse_target(method, raw);
  if (!t) return;
  require(method != "CONNECT" && raw.find('#') == raw.npos, "what must be refused is");
  if (t->path == "*") return require(raw == "*" && method == "OPTIONS", "* is of OPTIONS");
  judge_path(t->path);
  judge_query(*t);
  const auto again = net::detail::parse_target(method, t->target);
  require(again && again->target == t->target && again->path == t->path &&
              again->parameters == t->parameters,
          "the origin form means the same");
}

} // namespace dockhost::fuzz
