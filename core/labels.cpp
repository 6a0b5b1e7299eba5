// SPDX-License-Identifier: MIT
#include "core/labels.hpp"

#include "core/username.hpp"
#include "core/utc_time.hpp"

#include <charconv>

namespace dockhost {

namespace {

constexpr const char* managed = "dockhost.managed";
constexpr const char* node = "dockhost.node_id";
constexpr const char* user = "dockhost.user";
constexpr const char* operation = "dockhost.op_id";
constexpr const char* port_base = "dockhost.port_base";
constexpr const char* schema = "dockhost.schema";
constexpr const char* host_key = "dockhost.ssh_host_key";

std::string get(const label_map& labels, const char* key) {
  const auto it = labels.find(key);
  return it == labels.end() ? std::string() : it->second;
}

} // namespace

label_map make_labels(const container_identity& identity) {
  return {{managed, "true"},
          {node, identity.node_id},
          {user, identity.username},
          {operation, identity.op_id},
          {port_base, std::to_string(identity.block.base)},
          {schema, "1"},
          {host_key, identity.fingerprint}};
}

std::optional<std::string> owner_of(const label_map& labels, std::string_view node_id) {
  if (get(labels, managed) != "true" || get(labels, node) != node_id) return std::nullopt;
  auto username = get(labels, user);
  if (!check_username(username).ok()) return std::nullopt;
  return username;
}

container_view view_from_labels(const label_map& labels) {
  container_view view;
  view.username = get(labels, user);
  view.op_id = get(labels, operation);
  view.fingerprint = get(labels, host_key);
  const auto text = get(labels, port_base);
  std::uint16_t base = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), base);
  if (ec == std::errc() && end == text.data() + text.size() && base > 0 && base <= 65533) {
    view.block = port_block{base};
  }
  return view;
}

std::string iso_time(std::int64_t unix_seconds) {
  return utc_date_and_time(unix_seconds) + ".000000+00:00";
}

} // namespace dockhost
