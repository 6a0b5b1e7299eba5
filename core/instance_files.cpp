// SPDX-License-Identifier: MIT
#include "core/instance_files.hpp"

#include "core/tar.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace dockhost {
namespace {

constexpr std::string_view begin_mark = "# >>> dockhost: written by the node, replaced as a whole";
constexpr std::string_view end_mark = "# <<< dockhost";
constexpr std::string_view disabled_mark = "#dockhost# ";

// KbdInteractiveAuthentication asks for passwords through PAM; before OpenSSH 8.7 it is turned on
// by ChallengeResponseAuthentication, since then an alias. A relative AuthorizedKeysFile is looked
// for in the user's home.
constexpr std::string_view settings_text = "PasswordAuthentication no\n"
                                           "KbdInteractiveAuthentication no\n"
                                           "ChallengeResponseAuthentication no\n"
                                           "PubkeyAuthentication yes\n"
                                           "PermitRootLogin prohibit-password\n"
                                           "AuthorizedKeysFile .ssh/authorized_keys\n"
                                           "HostKey /etc/ssh/dockhost_host_ed25519_key\n";

// An sshd_config where the image has none: sftp is what scp needs, too.
constexpr std::string_view minimal_config = "Include /etc/ssh/sshd_config.d/*.conf\n"
                                            "Subsystem sftp internal-sftp\n";

// The keywords above, in lower case, but for HostKey.
constexpr std::array<std::string_view, 6> our_keywords = {"passwordauthentication",
                                                          "kbdinteractiveauthentication",
                                                          "challengeresponseauthentication",
                                                          "pubkeyauthentication",
                                                          "permitrootlogin",
                                                          "authorizedkeysfile"};

bool is_ours(std::string_view keyword) {
  return std::find(our_keywords.begin(), our_keywords.end(), keyword) != our_keywords.end();
}

/// Keys that came with the image are known to every tenant; a certificate belongs to one of them.
bool names_host_key(std::string_view keyword) {
  return keyword == "hostkey" || keyword == "hostcertificate";
}

struct config_line {
  std::string keyword; ///< in lower case; empty for a comment or a blank line
  std::string_view arguments;
};

constexpr std::string_view blanks = " \t\r\f\v";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// `Keyword arguments`, `Keyword=arguments`; keywords in any case.
config_line read_line(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return {};
  const auto end = std::min(line.find_first_of(" \t\r\f\v="), line.size());
  config_line out{std::string(line.substr(0, end)), trim(line.substr(end))};
  std::transform(out.keyword.begin(), out.keyword.end(), out.keyword.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (out.arguments.starts_with('=')) out.arguments = trim(out.arguments.substr(1));
  return out;
}

/// Whether an Include's arguments, blank-separated and perhaps quoted, take in all of
/// sshd_config.d.
bool includes_drop_ins(std::string_view arguments) {
  while (!arguments.empty()) {
    const bool quoted = arguments.front() == '"';
    if (quoted) arguments.remove_prefix(1);
    const auto end =
        std::min(quoted ? arguments.find('"') : arguments.find_first_of(blanks), arguments.size());
    auto pattern = arguments.substr(0, end);
    arguments = trim(arguments.substr(std::min(end + (quoted ? 1 : 0), arguments.size())));
    // A relative path is taken from /etc/ssh.
    if (pattern.starts_with("/etc/ssh/")) pattern.remove_prefix(9);
    if (pattern == "sshd_config.d/*.conf" || pattern == "sshd_config.d/*") return true;
  }
  return false;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Leaves out a block that an earlier run prepended (an image may be committed from a container of
/// ours). A begin mark without an end is only a comment.
std::vector<std::string_view> without_our_block(std::vector<std::string_view> lines) {
  const auto begin = std::find(lines.begin(), lines.end(), begin_mark);
  if (begin == lines.end()) return lines;
  const auto end = std::find(begin, lines.end(), end_mark);
  if (end != lines.end()) lines.erase(begin, end + 1);
  return lines;
}

} // namespace

std::string_view sshd_settings() {
  return settings_text;
}

sshd_plan plan_sshd_config(const std::optional<std::string>& existing) {
  if (!existing) return {true, std::string(minimal_config)};

  std::string body;
  bool in_match = false;
  bool settled = false; // a keyword of ours, an unknown Include or a Match came before
  bool included = false;
  for (const auto line : without_our_block(split_lines(*existing))) {
    const auto parsed = read_line(line);
    if (parsed.keyword == "match") in_match = settled = true;
    if (is_ours(parsed.keyword)) settled = true;
    if (parsed.keyword == "include") {
      if (!settled && includes_drop_ins(parsed.arguments)) included = true;
      settled = true; // what other files say is not known here
    }
    if (names_host_key(parsed.keyword) || (in_match && is_ours(parsed.keyword)))
      body.append(disabled_mark);
    body.append(line).append("\n");
  }
  if (!included) {
    std::string block(begin_mark);
    block.append("\n").append(settings_text).append(end_mark).append("\n");
    body.insert(0, block);
  }
  const bool same = body == *existing || body == *existing + "\n";
  return {included, same ? std::nullopt : std::optional(std::move(body))};
}

std::string instance_archive(const instance_files_input& input) {
  const auto plan = plan_sshd_config(input.sshd_config);
  tar_writer out(input.mtime);
  // sshd ignores keys in a folder or file that others may write.
  out.add_directory("root/.ssh", 0700);
  out.add_file("root/.ssh/authorized_keys", 0600, input.authorized_key + "\n");
  const auto key_path = host_key_path.substr(1);
  out.add_file(key_path, 0600, input.host_private_key);
  out.add_file(std::string(key_path) + ".pub", 0644, input.host_public_key + "\n");
  if (plan.use_drop_in) {
    out.add_directory("etc/ssh/sshd_config.d", 0755);
    out.add_file("etc/ssh/sshd_config.d/00-dockhost.conf", 0644, settings_text);
  }
  if (plan.rewrite) out.add_file("etc/ssh/sshd_config", 0644, *plan.rewrite);
  return out.finish();
}

} // namespace dockhost
