// SPDX-License-Identifier: MIT
#include "apps/token_command.hpp"

#include "apps/option_value.hpp"
#include "core/access_token.hpp"
#include "platform/random.hpp"
#include "platform/sha256.hpp"

#include <chrono>
#include <iostream>

namespace dockhost::apps {

int run_token_new(const command_line& line) {
  access_token token;
  token.name = line.token.name;
  token.role = line.token.role == "operator" ? live_role::operator_ : live_role::viewer;
  if (!line.token.expires.empty()) {
    const auto good_for = parse_duration(line.token.expires);
    if (!good_for || good_for->count() < 1'000) {
      std::cerr << "dockhost: --expires: expected a duration such as \"30d\" or \"12h\"\n";
      return exit_usage;
    }
    const auto end = std::chrono::system_clock::now() + *good_for;
    token.expires =
        std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count();
  }
  token_digest random;
  platform::random_bytes(random);
  const auto text = token_text(random);
  token.digest = platform::sha256(text);
  const auto entry = format_access_token(token);
  if (const auto judged = parse_access_token(entry); !judged) {
    std::cerr << "dockhost: --name: " << judged.err() << "\n";
    return exit_usage;
  }
  std::cout << "Token (shown this once, and kept nowhere):\n  " << text
            << "\n\nIn dockhost.toml, beside the tokens that are there already:\n"
               "  [live]\n  tokens = [\""
            << entry << "\"]\n";
  return exit_ok;
}

} // namespace dockhost::apps
