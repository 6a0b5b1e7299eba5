// SPDX-License-Identifier: MIT
// The TOML file.
#include "apps/config_layers.hpp"
#include "platform/file.hpp"

#include <algorithm>

#include <toml++/toml.h>

namespace dockhost::apps {

namespace {

/// The line that a syntax error is on may hold the API key, and the parser quotes what it meets.
bool holds_secret(std::string_view text, toml::source_index line) {
  for (; line > 1 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find('\n')).find("key") != std::string_view::npos;
}

class toml_reader {
public:
  toml_reader(loaded_config& config, const std::string& name) : config_(config), name_(name) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const auto* section = node.as_table();
      if (!known_section(key.str())) {
        unknown(node, std::string(key.str()));
      } else if (section == nullptr) {
        add(node, "\"" + std::string(key.str()) + "\" is a section: write it as [" +
                      std::string(key.str()) + "]");
      } else {
        read_section(std::string(key.str()), *section);
      }
    }
  }

  void add(const toml::node& node, std::string message) {
    config_.problems.push_back(
        {severity::error, place(node.source().begin.line), std::move(message)});
  }

  [[nodiscard]] std::string place(toml::source_index line) const {
    return name_ + ":" + std::to_string(line);
  }

private:
  static bool known_section(std::string_view name) {
    for (const auto& each : options()) {
      if (each.section() == name) return true;
    }
    return false;
  }

  void read_section(const std::string& section, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto name = section + "." + std::string(key.str());
      const option* which = find_option(name);
      if (which == nullptr) {
        unknown(node, name);
        continue;
      }
      std::optional<std::string> wrong = "expected one value";
      if (const auto raw = raw_of(node)) {
        wrong = assign(which->where, which->bytes, *raw, config_.values);
      }
      note_assignment(config_, *which, layer::file, place(node.source().begin.line), wrong);
    }
  }

  static std::optional<raw_value> raw_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return whole->get();
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* truth = node.as_boolean()) return truth->get();
    if (const auto* list = node.as_array()) {
      std::vector<std::string> out;
      for (const auto& each : *list) {
        const auto* member = each.as_string();
        if (member == nullptr) return std::nullopt;
        out.push_back(member->get());
      }
      return out;
    }
    return std::nullopt;
  }

  void unknown(const toml::node& node, const std::string& name) {
    std::string message = "unknown option \"" + name + "\"";
    if (const auto near = nearest_name(name); !near.empty()) {
      message += "; did you mean \"" + std::string(near) + "\"?";
    }
    add(node, std::move(message));
  }

  loaded_config& config_;
  const std::string& name_;
};

} // namespace

void apply_toml(loaded_config& config, std::string_view text, const std::string& name) {
  toml_reader reader(config, name);
  try { // the library reports by exceptions; they end here
    reader.read(toml::parse(text, name));
  } catch (const toml::parse_error& e) {
    const auto line = e.source().begin.line;
    const auto why =
        holds_secret(text, line) ? "text must stand in quotes" : std::string(e.description());
    config.problems.push_back({severity::error, reader.place(line), "not TOML: " + why});
  }
}

void apply_file(loaded_config& config, const std::string& path) {
  const auto text = platform::read_file(path);
  if (!text) {
    config.problems.push_back({severity::error, "", text.err().message});
    return;
  }
  apply_toml(config, *text, path);
}

} // namespace dockhost::apps
