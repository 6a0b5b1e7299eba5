// SPDX-License-Identifier: MIT
#include "protocol/reply_encoder.hpp"

#include "core/username.hpp"

#include <algorithm>
#include <array>

namespace dockhost::protocol {
namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value ports_of(const container_view& container) {
  if (!container.block) return {};
  return json::object{{"ssh", int{container.block->ssh()}},
                      {"http", int{container.block->http()}},
                      {"https", int{container.block->https()}}};
}

json::value container_data(const reply_address& to, const container_view& container) {
  json::object out{{"containerId", text_or_null(container.id)}};
  if (to.event == "delete-container") return out;
  out.emplace_back("ports", ports_of(container));
  out.emplace_back("sshHostKey", text_or_null(container.fingerprint));
  return out;
}

json::value list_data(const std::vector<container_view>& containers) {
  json::array list;
  for (const auto& c : containers)
    list.emplace_back(json::object{{"containerId", text_or_null(c.id)},
                                   {"username", c.username},
                                   {"name", c.name},
                                   {"image", c.image},
                                   {"state", wire_state(c.state)},
                                   {"ports", ports_of(c)},
                                   {"createdAt", text_or_null(c.created)}});
  return json::object{{"containers", std::move(list)}};
}

json::value encode_documented(const reply_address& to, const outcome& ended) {
  json::value data;
  if (ended.container) data = container_data(to, *ended.container);
  if (ended.containers) data = list_data(*ended.containers);
  json::object out{{"success", !ended.failure},
                   {"message", ended.failure ? ended.failure->message : ended.message},
                   {"data", std::move(data)}};
  if (!to.request_id.empty()) out.emplace_back("requestId", to.request_id);
  if (ended.failure)
    out.emplace_back("error", json::object{{"code", to_string(ended.failure->code)},
                                           {"retryable", retryable(ended.failure->code)}});
  return out;
}

/// What that server's own nodes say; it looks at `status` and, of a create, at PORT_NO.
struct v2_success {
  std::string_view event;
  int status;
  std::string_view message;
};

constexpr std::array<v2_success, 4> v2_successes = {{
    {"start_container", 201, "Instance spawned successfully"},
    {"stop_container", 200, "Instance stopped successfully"},
    {"resume_container", 200, "Instance resumed successfully"},
    {"delete_container", 200, "Instance deleted successfully"},
}};

json::value v2_failure(int status, const std::string& message) {
  return json::object{{"status", status}, {"success", false}, {"message", message}};
}

json::value encode_v2(const reply_address& to, const outcome& ended) {
  if (is_check(to.event)) return !ended.failure && ended.holds.value_or(false);
  if (ended.failure) return v2_failure(v2_status(ended.failure->code), ended.failure->message);
  const auto words = std::find_if(v2_successes.begin(), v2_successes.end(),
                                  [&](const auto& w) { return w.event == to.event; });
  if (words == v2_successes.end()) return v2_failure(500, "unknown command");
  json::object out{{"status", words->status}, {"success", true}, {"message", words->message}};
  if (to.event == "start_container") {
    // Without a number there, that server corrupts its record of the user.
    if (!ended.container || !ended.container->block)
      return v2_failure(500, "the container's ports are not known");
    out.emplace_back("PORT_NO", int{ended.container->block->base});
  }
  return out;
}

} // namespace

int v2_status(errc code) {
  switch (code) {
  case errc::invalid_request:
  case errc::invalid_username:
  case errc::invalid_key: return 400;
  case errc::not_found: return 404;
  case errc::conflict: return 409;
  case errc::engine_unavailable:
  case errc::shutting_down: return 503;
  case errc::timeout: return 504;
  case errc::capacity:
  case errc::ports_exhausted: return 507;
  case errc::image_unavailable:
  case errc::internal: return 500;
  }
  return 500;
}

json::value encode_reply(const reply_address& to, const outcome& ended) {
  switch (to.spoken) {
  case dialect::documented: return encode_documented(to, ended);
  case dialect::v2: return encode_v2(to, ended);
  }
  return {};
}

std::optional<reply_event> encode_reply_event(const reply_address& to, const outcome& ended) {
  auto payload = encode_reply(to, ended);
  switch (to.spoken) {
  case dialect::documented: {
    auto named = to;
    if (named.username.empty() && ended.container) named.username = ended.container->username;
    return as_response_event(named, std::move(payload));
  }
  case dialect::v2:
    if (to.username.empty() || is_reserved_event(to.username)) return std::nullopt;
    return reply_event{to.username, std::move(payload)};
  }
  return std::nullopt;
}

reply_event as_response_event(const reply_address& to, json::value payload) {
  if (auto* members = payload.as_object(); members != nullptr && !to.username.empty())
    members->emplace_back("username", to.username);
  return {to.event + "-response", std::move(payload)};
}

json::value reply_too_long(const json::value& payload) {
  json::object out{{"success", false},
                   {"message", "the reply is longer than the server's maxPayload; ask for less"},
                   {"data", nullptr}};
  for (const char* kept : {"requestId", "username"}) {
    if (const auto* value = payload.find(kept)) out.emplace_back(kept, *value);
  }
  out.emplace_back("error", json::object{{"code", std::string(to_string(errc::internal))},
                                         {"retryable", retryable(errc::internal)}});
  return out;
}

} // namespace dockhost::protocol
