// SPDX-License-Identifier: MIT
// What makes settings unusable or doubtful. Every message begins with the option's name.
#include "apps/api_key.hpp"
#include "apps/config.hpp"
#include "apps/options.hpp"
#include "core/access_token.hpp"
#include "core/web_origin.hpp"
#include "platform/file.hpp"
#include "platform/log.hpp"
#include "platform/machine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include <arpa/inet.h>
#include <unistd.h>

namespace dockhost::apps {

namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (hyphen ? c != '-' : !hex) return false;
  }
  return true;
}

/// A name as the engine takes them.
bool is_engine_name(std::string_view text) {
  return !text.empty() && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

/// A size as the engine takes them: a number without leading zero, then one of `units` or nothing.
bool is_engine_size(std::string_view text, std::string_view units) {
  if (!text.empty() && units.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return !text.empty() && text.size() < 16 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_image_name(std::string_view text) {
  return !text.empty() && text.size() <= 512 && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

class validator {
public:
  validator(const settings& values, std::vector<problem>& out) : s_(values), out_(out) {}

  void ranges() {
    for (const auto& each : options()) {
      if (each.max <= each.min) continue;
      const auto value = numeric(each.where, s_);
      if (!value || (*value >= each.min && *value <= each.max)) continue;
      settings low = s_;
      settings high = s_;
      set_number(each, each.min, low);
      set_number(each, each.max, high);
      error(each.name, "must be between " + toml_text(each.where, each.bytes, low) + " and " +
                           toml_text(each.where, each.bytes, high));
    }
  }

  void server(const address_checks& checks) {
    const auto& server = s_.server;
    if (server.url.empty()) {
      error("server.url", "is not set: give --server, MAIN_SERVER_BACKEND_URL, or the option");
    } else if (checks.server_url) {
      if (const auto why = checks.server_url(server.url); !why.empty()) error("server.url", why);
    }
    if (server.api_key.empty()) {
      warn("server.api_key", "is not set: a main server will refuse this node; set "
                             "DOCKHOST_API_KEY or server.api_key_file");
    } else if (std::any_of(server.api_key.begin(), server.api_key.end(),
                           [](char c) { return c <= ' ' || c > '~'; })) {
      warn("server.api_key", "holds blanks or unprintable characters: was it copied whole?");
    }
    if (!server.api_key_file.empty() && platform::open_to_others(server.api_key_file) &&
        !server.api_key_file.starts_with("/run/")) { // secrets of engines and systemd live there
      warn("server.api_key_file",
           "can be read by group or others: chmod 600 " + server.api_key_file);
    }
    address("server.lan_ip", server.lan_ip);
    order("server.backoff_base", server.backoff_base, "server.backoff_cap", server.backoff_cap);
    order("server.refused_key_min", server.refused_key_min, "server.refused_key_max",
          server.refused_key_max);
    pair("server.client_cert", server.client_cert, "server.client_key", server.client_key);
    for (const auto& [name, path] : {std::pair{"server.ca_file", server.ca_file},
                                     {"server.client_cert", server.client_cert},
                                     {"server.client_key", server.client_key}}) {
      readable(name, path);
    }
  }

  void node() {
    if (!s_.node.id.empty() && !is_uuid(s_.node.id)) {
      error("node.id", "must be a UUID, or empty");
    }
    if (!s_.node.state_dir.starts_with('/')) {
      error("node.state_dir", "must be an absolute path");
    }
  }

  void engine(const address_checks& checks) {
    const auto& engine = s_.engine;
    if (checks.engine_host) {
      if (const auto why = checks.engine_host(engine.host); !why.empty()) {
        error("engine.host", why);
      }
    }
    pair("engine.client_cert", engine.client_cert, "engine.client_key", engine.client_key);
    if (!engine.host.starts_with("tcp://") && !engine.host.starts_with("https://")) return;
    readable("engine.ca_file", engine.ca_file);
    readable("engine.client_cert", engine.client_cert);
    readable("engine.client_key", engine.client_key);
  }

  void containers() {
    const auto& c = s_.containers;
    constexpr std::size_t longest_prefix = 64; // 63 characters are left for the username
    if (!is_image_name(c.image)) error("containers.image", "must be the name of an image");
    if (!c.name_prefix.empty() &&
        (!is_engine_name(c.name_prefix) || c.name_prefix.size() > longest_prefix)) {
      error("containers.name_prefix",
            "must begin with a letter or digit and go on with those or _ . - (64 at most)");
    }
    if (!is_engine_name(c.network)) {
      error("containers.network",
            "must begin with a letter or digit and go on with those or _ . -");
    }
    if (!is_engine_size(c.log_max_size, "bkmgBKMG")) {
      error("containers.log_max_size", "must be a size as the engine writes it, such as \"10m\"");
    }
    if (!c.storage_size.empty() && !is_engine_size(c.storage_size, "bkmgtBKMGT")) {
      error("containers.storage_size",
            "must be a size as the engine writes it, such as \"10G\", or empty");
    }
    address("containers.bind_address", c.bind_address);
    if (c.memory_mb > 0 && c.memory_mb < 6) {
      error("containers.memory_mb", "must be 0 or at least 6: the engine accepts no less");
    }
    if (c.ssh_ready && c.ssh_ready_timeout >= s_.deadlines.create) {
      error("containers.ssh_ready_timeout", "must be shorter than deadlines.create");
    }
  }

  void ports() {
    const auto& p = s_.ports;
    if (p.last != 0 && p.last < p.first + 2) {
      error("ports.last", "must be 0, or at least ports.first + 2: a block is three ports");
      return;
    }
    if (p.first < 1024) warn("ports.first", "is below 1024: such ports are refused as hints");
    const auto ephemeral = platform::ephemeral_ports();
    const std::int64_t last = p.last != 0 ? p.last : ephemeral.first - 1;
    if (last < p.first + 2) {
      error("ports.first", "leaves no block of three ports below the ephemeral range (from " +
                               std::to_string(ephemeral.first) + "): set ports.last");
    } else if (last >= ephemeral.first && p.first <= ephemeral.last) {
      warn("ports.last", "reaches into the ephemeral range " + std::to_string(ephemeral.first) +
                             "-" + std::to_string(ephemeral.last) +
                             ": outgoing connections may hold such ports");
    }
  }

  void live() {
    const auto& live = s_.live;
    if (!live.enabled) return;
    if (live.address.empty()) error("live.address", "must be an IP address");
    address("live.address", live.address);
    if (live.tokens.empty() && !live.address.empty() && !is_loopback(live.address)) {
      error("live.address",
            "is open to other machines, and there are no live.tokens: make one with `dockhost "
            "token new`, or listen on 127.0.0.1");
    }
    if (!live.path.starts_with('/') || !live.path.ends_with('/') || live.path.size() < 2) {
      error("live.path", "must begin and end with a slash, such as \"/socket.io/\"");
    }
    std::set<std::string> names;
    for (const auto& each : live.tokens) {
      const auto token = parse_access_token(each);
      if (!token) {
        error("live.tokens", "has a wrong entry: " + token.err());
      } else if (!names.insert(token->name).second) {
        error("live.tokens", "has two entries named \"" + token->name + "\"");
      }
    }
    for (const auto& each : live.origins) {
      if (each != "*" && !is_origin(each)) {
        error("live.origins",
              "has a wrong entry: \"" + each + "\"; write scheme://host or scheme://host:port");
      }
    }
    if (live.cert_file.empty() && !live.key_file.empty()) {
      error("live.cert_file", "is missing: live.key_file is of no use without it");
    }
    readable("live.cert_file", live.cert_file);
    readable("live.key_file", live.key_file);
    if (live.cert_file.empty() && !live.address.empty() && !is_loopback(live.address)) {
      warn("live.cert_file", "is not set: tokens go over the network unencrypted");
    }
  }

  void log() {
    platform::log_level level{};
    if (!platform::parse_log_level(s_.log.level, level)) {
      error("log.level", "must be one of trace, debug, info, warn, error, off");
    }
  }

private:
  void add(severity level, std::string_view name, const std::string& message) {
    out_.push_back({level, "", std::string(name) + " " + message});
  }
  void error(std::string_view name, const std::string& message) {
    add(severity::error, name, message);
  }
  void warn(std::string_view name, const std::string& message) {
    add(severity::warning, name, message);
  }

  /// Sets a numeric option to a bound of its range, which is always one of its values.
  static void set_number(const option& which, double value, settings& out) {
    const auto text = describe_type(which.where, which.bytes) == "duration"
                          ? std::to_string(std::llround(value)) + "ms"
                          : std::to_string(std::llround(value));
    static_cast<void>(assign_text(which.where, which.bytes, text, out));
  }

  void address(std::string_view name, const std::string& value) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    if (value.empty() || ::inet_pton(AF_INET, value.c_str(), parsed.data()) == 1 ||
        ::inet_pton(AF_INET6, value.c_str(), parsed.data()) == 1) {
      return;
    }
    error(name, "must be an IP address, or empty");
  }

  template <class T>
  void order(std::string_view low_name, T low, std::string_view high_name, T high) {
    if (low > high) error(low_name, "must not be above " + std::string(high_name));
  }

  void pair(std::string_view a_name, const std::string& a, std::string_view b_name,
            const std::string& b) {
    if (a.empty() == b.empty()) return;
    error(a.empty() ? a_name : b_name,
          "is missing: " + std::string(a.empty() ? b_name : a_name) + " is of no use without it");
  }

  void readable(std::string_view name, const std::string& path) {
    if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
    error(name, "names a file that cannot be read: " + path);
  }

  const settings& s_;
  std::vector<problem>& out_;
};

} // namespace

std::vector<problem> validate(const settings& values, const address_checks& checks) {
  std::vector<problem> out;
  validator v(values, out);
  v.ranges();
  v.server(checks);
  v.node();
  v.engine(checks);
  v.containers();
  v.ports();
  v.live();
  v.log();
  return out;
}

} // namespace dockhost::apps
