// SPDX-License-Identifier: MIT
#include "apps/command_line.hpp"

#include "apps/nearest.hpp"
#include "apps/options.hpp"

#include <iostream>
#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>

namespace dockhost::apps {

namespace {

constexpr const char* about =
    "DockHost gives each user a container with SSH on this machine, on command of a main server.";

constexpr const char* exit_codes =
    "\nExit codes: 0 all went well, 1 a failure at run time, 2 wrong flags or configuration.\n";

constexpr const char* first_steps =
    "\nThe first time:\n"
    "  dockhost doctor --server example.org:3001     what is missing on this machine\n"
    "  export DOCKHOST_API_KEY=...                   the key that the main server shows\n"
    "  dockhost node --server example.org:3001       connect, and run until Ctrl-C\n";

void add_override(CLI::App& to, config_flags& flags, const char* flag, std::string option_name,
                  const char* help, const char* type) {
  to.add_option_function<std::string>(
        flag,
        [&flags, option_name = std::move(option_name)](const std::string& text) {
          flags.overrides.emplace_back(option_name, text);
        },
        help)
      ->type_name(type)
      ->group("Settings");
}

void add_set(CLI::App& to, config_flags& flags) {
  to.add_option_function<std::vector<std::string>>(
        "--set",
        [&flags](const std::vector<std::string>& all) {
          for (const auto& each : all) {
            const auto equals = each.find('=');
            const auto name = each.substr(0, equals);
            if (equals == std::string::npos || find_option(name) == nullptr) {
              std::string message = "--set: \"" + name + "\" is no option";
              if (equals == std::string::npos) message = "--set: expected SECTION.KEY=VALUE";
              if (const auto near = nearest_name(name);
                  equals != std::string::npos && !near.empty()) {
                message += "; did you mean \"" + std::string(near) + "\"?";
              }
              throw CLI::ValidationError(message);
            }
            flags.overrides.emplace_back(name, each.substr(equals + 1));
          }
        },
        "Any option of the file, e.g. --set containers.memory_mb=1024 (repeatable)")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false)
      ->group("Settings");
}

void add_config_flags(CLI::App& to, config_flags& flags) {
  to.add_option("-c,--config", flags.file,
                "Configuration file (default: /etc/dockhost/dockhost.toml if there is one)")
      ->type_name("FILE")
      ->group("Settings");
  to.add_option("--env-file", flags.env_file, "Variables (default: .env in this folder, if any)")
      ->type_name("FILE")
      ->group("Settings");
  add_override(to, flags, "--server", "server.url", "The main server, e.g. example.org:3001",
               "URL");
  add_override(to, flags, "--api-key-file", "server.api_key_file", "File that holds the API key",
               "FILE");
  add_override(to, flags, "--node-id", "node.id", "This node's id, for several on one machine",
               "UUID");
  add_override(to, flags, "--state-dir", "node.state_dir", "Folder of the request journal",
               "FOLDER");
  add_override(to, flags, "--engine", "engine.kind", "socket, cli or simulated", "KIND");
  add_override(to, flags, "--image", "containers.image", "What users' containers are made of",
               "NAME");
  add_override(to, flags, "--log-level", "log.level", "trace, debug, info, warn or error", "LEVEL");
  add_override(to, flags, "--log-format", "log.format", "text or json", "FORMAT");
  add_set(to, flags);
}

/// What to say of a first word that is no command; empty when it is one, or a flag.
std::string unknown_command(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) return {};
  nearest search(word);
  for (const CLI::App* each : app.get_subcommands(nullptr)) {
    if (each->get_name() == word) return {};
    search.consider(each->get_name());
  }
  std::string out = "dockhost: there is no command \"" + std::string(word) + "\"";
  if (!search.best().empty()) out += "; did you mean \"" + std::string(search.best()) + "\"?";
  return out + "\nRun dockhost --help for more information.\n";
}

/// Every option, for the end of check-config's help.
std::string option_list() {
  const settings defaults;
  std::string out = "\nOptions of the configuration file:\n";
  for (const auto& each : options()) {
    out.append("  ").append(each.name).append("  (");
    out.append(describe_type(each.where, each.bytes));
    if (!each.secret) out.append(", ").append(toml_text(each.where, each.bytes, defaults));
    out.append(")\n      ").append(each.help).append("\n");
  }
  return out;
}

} // namespace

std::optional<command_line> parse_command_line(int argc, const char* const* argv, int& exit_code) {
  command_line out;
  CLI::App app(about, "dockhost");
  app.set_version_flag("-V,--version", "dockhost " DOCKHOST_VERSION);
  app.require_subcommand(1);
  app.footer(std::string(first_steps) + exit_codes);
  app.get_formatter()->column_width(34);

  auto add = [&](const char* name, const char* help, command what) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&out, what] { out.what = what; });
    return sub;
  };

  CLI::App* node = add("node", "Run the backend node until it is stopped", command::node);
  add_config_flags(*node, out.config);
  node->add_flag("--print-tree", out.print_tree, "Print the tree of running parts, once started");
  node->footer(std::string("\nEnvironment: DOCKHOST_API_KEY, MAIN_SERVER_BACKEND_URL, DOCKER_HOST, "
                           "DOCKER_TLS_VERIFY,\nDOCKER_CERT_PATH, DEBUG (dockhost:* or "
                           "dockhost:connection), DOCKHOST_SECTION__KEY.\nSignals: SIGTERM and "
                           "SIGINT stop it cleanly; containers run on.") +
               "\n" + exit_codes);

  CLI::App* check = add("check-config", "Say whether the configuration is sound, and where not",
                        command::check_config);
  add_config_flags(*check, out.config);
  check->add_flag("--print", out.print_effective, "Print what is in effect, and where it is from");
  check->add_flag("--print-defaults", out.print_defaults,
                  "Print a configuration file with every option at its default");
  check->footer(option_list() + exit_codes);

  CLI::App* doctor = add("doctor", "Look at this machine, and say what to do about what is missing",
                         command::doctor);
  add_config_flags(*doctor, out.config);
  doctor->add_flag("--json", out.json, "Print the findings as JSON");
  doctor->footer(exit_codes);

  CLI::App* token = app.add_subcommand("token", "Tokens for the live view");
  token->require_subcommand(1);
  CLI::App* token_new = token->add_subcommand("new", "Make one: printed once, and kept nowhere");
  token_new->callback([&out] { out.what = command::token_new; });
  token_new->add_option("--name", out.token.name, "Whose it is, for the log")
      ->type_name("NAME")
      ->required();
  token_new->add_option("--role", out.token.role, "viewer sees, operator also acts")
      ->type_name("ROLE")
      ->check(CLI::IsMember({"viewer", "operator"}));
  token_new
      ->add_option("--expires", out.token.expires, "How long it is good, e.g. 30d; else for ever")
      ->type_name("DURATION");
  token_new->footer(exit_codes);

  add("version", "Print the version", command::version);

  try { // the library reports by exceptions; they end here
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    exit_code = app.exit(e); // prints the help or the version
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    const std::string unknown = argc > 1 ? unknown_command(app, argv[1]) : app.help();
    if (unknown.empty()) {
      app.exit(e); // prints what is wrong
    } else {
      std::cerr << unknown;
    }
    exit_code = exit_usage;
    return std::nullopt;
  }
  exit_code = exit_ok;
  return out;
}

} // namespace dockhost::apps
