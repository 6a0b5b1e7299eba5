// SPDX-License-Identifier: MIT
// What the node writes into a container before its first start, so that `ssh` with the user's key
// works and passwords don't, in any image that has OpenSSH.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost {

struct instance_files_input {
  std::string authorized_key;   ///< as normalise_public_key gives it: one line, no newline
  std::string host_private_key; ///< as openssh_private_key gives it
  std::string host_public_key;  ///< as openssh_public_line gives it: one line, no newline
  /// The image's /etc/ssh/sshd_config; nullopt where it has none.
  std::optional<std::string> sshd_config;
  std::int64_t mtime = 0; ///< seconds since 1970, of all files
};

/// Where the node's host key is in a container.
inline constexpr std::string_view host_key_path = "/etc/ssh/dockhost_host_ed25519_key";

/// An uncompressed tar archive to be unpacked into the container's `/`: root's authorized_keys with
/// exactly one line, the host key pair, and sshd's settings.
[[nodiscard]] std::string instance_archive(const instance_files_input& input);

/// The settings that must hold, as lines of sshd_config.
[[nodiscard]] std::string_view sshd_settings();

struct sshd_plan {
  bool use_drop_in = false;           ///< sshd_settings() go to sshd_config.d/00-dockhost.conf
  std::optional<std::string> rewrite; ///< new text of sshd_config; nullopt: it stays as it is
};

/// How the settings get into effect, given the image's sshd_config. In sshd the first value of a
/// keyword wins, so ours come first: through an `Include` of sshd_config.d where one is in effect
/// before any of these keywords, else prepended. What can't be outdone by coming first is commented
/// out: `HostKey` (they add up) and these keywords inside `Match` (they override). Applied to its
/// own output, it changes nothing more.
[[nodiscard]] sshd_plan plan_sshd_config(const std::optional<std::string>& existing);

} // namespace dockhost
