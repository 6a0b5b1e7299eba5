// SPDX-License-Identifier: MIT
#include "apps/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace dockhost::apps {

namespace {

// What a node needs (README, "Resource requirements").
constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t gib = 1024 * mib;
constexpr std::int64_t wanted_memory = 2 * gib;
constexpr std::int64_t wanted_disk = 10 * gib;
constexpr int wanted_cpus = 2;
constexpr std::int64_t day = 86'400; // seconds

finding good(std::string name, std::string message) {
  return {std::move(name), verdict::ok, std::move(message), {}};
}
finding doubtful(std::string name, std::string message, std::string advice) {
  return {std::move(name), verdict::warn, std::move(message), std::move(advice)};
}
finding bad(std::string name, std::string message, std::string advice) {
  return {std::move(name), verdict::fail, std::move(message), std::move(advice)};
}

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB",
                static_cast<double>(bytes) / static_cast<double>(gib));
  return text;
}

finding configuration(const doctor_facts& f) {
  const auto name = f.config_file.empty() ? "no configuration file" : f.config_file;
  const problem* first = nullptr;
  for (const auto& each : f.config_problems) {
    // What other lines of the report speak of isn't said twice.
    if (each.message.starts_with("server.url") || each.message.starts_with("server.api_key")) {
      continue;
    }
    if (first == nullptr || (first->level == severity::warning && each.level == severity::error)) {
      first = &each;
    }
  }
  if (first == nullptr) return good("configuration", name + ", no errors");
  const std::string advice = "run `dockhost check-config` for the whole list";
  return first->level == severity::error ? bad("configuration", to_string(*first), advice)
                                         : doubtful("configuration", to_string(*first), advice);
}

/// Of the others, overlay2 enforces it on an XFS with project quotas, and refuses creates elsewhere
/// (the engine's page on `storage-opt`).
constexpr std::array<std::string_view, 5> drivers_with_quota = {"btrfs", "zfs", "devicemapper",
                                                                "windowsfilter", "vfs"};

finding engine(const engine_facts& e, const settings& values) {
  const auto kind = values.engine.kind;
  if (kind == engine_kind::simulated) {
    return doubtful("engine", "simulated: no container is real",
                    "set engine.kind to socket, unless this is a load test");
  }
  const auto& quota = values.containers.storage_size;
  if (e.info && !quota.empty() &&
      std::find(drivers_with_quota.begin(), drivers_with_quota.end(), e.info->storage_driver) ==
          drivers_with_quota.end()) {
    return doubtful("engine",
                    "containers.storage_size is " + quota + ", and the storage driver " +
                        e.info->storage_driver + " may not enforce it: then every create fails",
                    "overlay2 does on XFS mounted with pquota; else leave storage_size empty");
  }
  if (e.info) {
    return good("engine", "Docker " + e.info->version + " (API " + e.info->api_version + ", " +
                              e.info->storage_driver + ") at " + e.address);
  }
  if (!e.address.starts_with("unix://")) {
    return bad("engine", "no answer from " + e.address + ": " + e.failure,
               "check DOCKER_HOST or engine.host, and the certificates of the engine");
  }
  if (!e.socket_exists) {
    return bad("engine", "there is no engine at " + e.address,
               "install it (apt-get install docker.io), or start it (systemctl start docker)");
  }
  if (!e.socket_permitted) {
    return bad("engine", "this user may not use " + e.address,
               "sudo usermod -aG docker $USER, then log in again");
  }
  return bad("engine", "no answer from " + e.address + ": " + e.failure,
             "look at `systemctl status docker` and `journalctl -u docker`");
}

finding image(const engine_facts& e, const container_settings& c) {
  if (!e.image_here) {
    return doubtful("image", c.image + ": unknown, the engine does not answer", "see engine");
  }
  if (*e.image_here) return good("image", c.image + " is here");
  if (c.pull == pull_policy::never) {
    return bad("image", c.image + " is missing, and containers.pull is never",
               "build it (scripts/build-instance-image.sh) or load it");
  }
  return doubtful("image", c.image + " is missing; the first create pulls it",
                  "docker pull " + c.image + ", or build it: scripts/build-instance-image.sh");
}

finding key(const key_facts& k, std::int64_t now) {
  const std::string get = "get it from the main server's page; set DOCKHOST_API_KEY or "
                          "server.api_key_file";
  if (!k.present) return bad("api-key", "there is none", get);
  if (k.expires_unix && *k.expires_unix <= now) {
    return bad("api-key", "it has expired", "get a new one from the main server's page");
  }
  if (k.open_to_others) {
    return doubtful("api-key", k.file + " can be read by group or others", "chmod 600 " + k.file);
  }
  const std::string from = k.file.empty() ? "it is set" : "from " + k.file;
  if (!k.expires_unix) return good("api-key", from);
  const auto days = (*k.expires_unix - now) / day;
  const std::string left = from + ", ends in " + std::to_string(days) + " days";
  if (days < 7) return doubtful("api-key", left, "get a new one from the main server's page");
  return good("api-key", left);
}

finding server(const server_facts& s, const doctor_facts& f) {
  const auto& url = f.values.server.url;
  switch (s.answer) {
  case server_answer::not_tried:
    if (url.empty()) {
      return bad("server", "no main server is set", "--server, or MAIN_SERVER_BACKEND_URL");
    }
    for (const auto& each : f.config_problems) {
      if (each.message.starts_with("server.url")) {
        return bad("server", url + ": " + each.message, "give host:port, or a whole URL");
      }
    }
    return bad("server", url + " could not be tried", "run `dockhost check-config`");
  case server_answer::socket_io: return good("server", url + " speaks Socket.IO");
  case server_answer::other_http:
    return bad("server", url + " answers, but is no Socket.IO server (" + s.detail + ")",
               "check host, port and path");
  case server_answer::failed:
    return bad("server", url + ": " + s.detail,
               "is it running, is the port right, does a firewall stand between?");
  }
  return bad("server", url, "");
}

finding ports(const port_facts& p, std::int64_t wanted) {
  const std::string range = std::to_string(p.first) + "-" + std::to_string(p.last);
  if (!p.probed) {
    return good("ports", range + ", " + std::to_string(p.blocks) +
                             " blocks; a remote engine's ports can't be tried from here");
  }
  const std::string text =
      range + ", " + std::to_string(p.free) + " of " + std::to_string(p.blocks) + " blocks free";
  if (p.free == 0) return bad("ports", text, "choose another range: ports.first, ports.last");
  if (p.last >= p.ephemeral.first && p.first <= p.ephemeral.last) {
    return doubtful("ports",
                    text + "; the range reaches into the ephemeral one (" +
                        std::to_string(p.ephemeral.first) + "-" + std::to_string(p.ephemeral.last) +
                        ")",
                    "set ports.last below " + std::to_string(p.ephemeral.first));
  }
  if (p.free < wanted) {
    return doubtful("ports", text + ", fewer than capacity.max_containers", "widen the range");
  }
  return good("ports", text);
}

finding memory(const doctor_facts& f) {
  if (!f.memory) return doubtful("memory", "unknown", "");
  const std::string text =
      gigabytes(f.memory->available_bytes) + " available of " + gigabytes(f.memory->total_bytes);
  if (f.memory->available_bytes < f.values.capacity.min_free_memory_mb * mib) {
    return bad("memory", text + ": creates will be refused",
               "free some, or lower capacity.min_free_memory_mb");
  }
  // A machine sold with 2 GB shows a little less.
  if (f.memory->total_bytes < wanted_memory * 9 / 10) {
    return doubtful("memory", text, "a node wants 2 GB");
  }
  return good("memory", text);
}

finding disk(const doctor_facts& f) {
  if (!f.disk) return doubtful("disk", "unknown", "");
  const std::string text = gigabytes(f.disk->free_bytes) + " free at " + f.disk_path;
  if (f.disk->free_bytes < f.values.capacity.min_free_disk_mb * mib) {
    return bad("disk", text + ": creates will be refused",
               "free some, or lower capacity.min_free_disk_mb");
  }
  if (f.disk->free_bytes < wanted_disk) return doubtful("disk", text, "a node wants 10 GB free");
  return good("disk", text);
}

finding cores(int cpus) {
  const std::string text = std::to_string(cpus) + (cpus == 1 ? " core" : " cores");
  if (cpus < wanted_cpus) return doubtful("cores", text, "a node wants 2 cores");
  return good("cores", text);
}

finding state(const state_facts& s) {
  if (!s.failure.empty()) {
    return bad("state", s.failure,
               "give the folder to the user the node runs as, or set node.state_dir");
  }
  return good("state", s.folder + " can be written");
}

finding identity(const state_facts& s) {
  if (!s.node_id_failure.empty()) {
    return bad("identity", s.node_id_failure, "systemd-machine-id-setup, or set node.id");
  }
  return good("identity", "this node is " + s.node_id);
}

} // namespace

std::vector<finding> diagnose(const doctor_facts& f) {
  return {configuration(f),
          identity(f.state),
          engine(f.engine, f.values),
          image(f.engine, f.values.containers),
          key(f.key, f.now_unix),
          server(f.server, f),
          ports(f.ports, f.values.capacity.max_containers),
          disk(f),
          memory(f),
          cores(f.cpus),
          state(f.state)};
}

bool any_failed(const std::vector<finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const finding& each) { return each.result == verdict::fail; });
}

} // namespace dockhost::apps
