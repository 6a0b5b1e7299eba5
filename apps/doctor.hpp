// SPDX-License-Identifier: MIT
// What `dockhost doctor` says, as a pure function of what was found. Gathering is in
// doctor_gather.hpp.
#pragma once

#include "apps/config.hpp"
#include "core/settings.hpp"
#include "docker/engine.hpp"
#include "platform/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::apps {

/// What the engine and its socket answered.
struct engine_facts {
  std::string address; ///< "unix:///var/run/docker.sock", as it was tried
  std::optional<docker::engine_info> info;
  std::string failure; ///< why there is no info
  bool socket_exists = false;
  bool socket_permitted = true;   ///< whether this user may connect to it
  std::optional<bool> image_here; ///< nothing: could not be asked
};

enum class server_answer {
  not_tried,  ///< the address is missing or wrong
  socket_io,  ///< an Engine.IO handshake came back
  other_http, ///< something else speaks HTTP there
  failed,     ///< no connection, or no answer
};

struct server_facts {
  server_answer answer = server_answer::not_tried;
  std::string detail; ///< of `failed`: why; of `other_http`: the status
};

struct key_facts {
  bool present = false;
  std::string file;            ///< empty: not from a file
  bool open_to_others = false; ///< the file
  std::optional<std::int64_t> expires_unix;
};

struct port_facts {
  std::int64_t first = 0;
  std::int64_t last = 0; ///< in effect
  platform::port_range ephemeral;
  std::int64_t blocks = 0; ///< of three, in the range
  std::int64_t free = 0;   ///< of them, by binding each
  bool probed = true;      ///< false: a remote engine's ports can't be
};

struct state_facts {
  std::string folder;
  std::string failure; ///< empty: it can be written
  std::string node_id; ///< configured or derived
  std::string node_id_failure;
};

struct doctor_facts {
  settings values;
  std::vector<problem> config_problems;
  std::string config_file; ///< empty: none
  engine_facts engine;
  server_facts server;
  key_facts key;
  port_facts ports;
  state_facts state;
  std::optional<platform::memory_info> memory;
  std::optional<platform::disk_info> disk; ///< where containers are stored
  std::string disk_path;
  int cpus = 1;
  std::int64_t now_unix = 0;
};

enum class verdict { ok, warn, fail };

struct finding {
  std::string name; ///< stable: "engine", "image", ...
  verdict result = verdict::ok;
  std::string message; ///< what is
  std::string advice;  ///< what to do; empty when all is well

  friend bool operator==(const finding&, const finding&) = default;
};

/// In a fixed order, one for each thing that was looked at.
[[nodiscard]] std::vector<finding> diagnose(const doctor_facts& facts);

/// Lines for people, "OK    engine   Docker 20.10.24 ...", advice below its line.
[[nodiscard]] std::string findings_text(const std::vector<finding>& findings, bool color);
/// {"ok":bool,"findings":[{"name","result","message","advice"}]}
[[nodiscard]] std::string findings_json(const std::vector<finding>& findings);
[[nodiscard]] bool any_failed(const std::vector<finding>& findings);

} // namespace dockhost::apps
