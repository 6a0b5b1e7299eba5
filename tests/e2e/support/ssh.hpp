// SPDX-License-Identifier: MIT
// Real ssh clients of a test.
#pragma once

#include "tests/e2e/support/child_process.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace dockhost::e2e {

/// A key pair; `file` is the private half.
struct ssh_key {
  std::filesystem::path file;
  std::string public_line; ///< "ssh-ed25519 AAAA... comment"
};

[[nodiscard]] ssh_key make_key(const std::filesystem::path& folder, const std::string& name = "id",
                               const std::string& type = "ed25519");

/// Logs in as root with that key alone and runs `command`; the host key must have `fingerprint`
/// ("SHA256:...") unless that is empty. status 0 only when all of it went well.
run_result ssh_login(const std::filesystem::path& folder, std::uint16_t port, const ssh_key& key,
                     const std::string& command, const std::string& fingerprint = {});

/// The fingerprint of the ed25519 host key that the port shows; empty when none answers.
[[nodiscard]] std::string host_key(const std::filesystem::path& folder, std::uint16_t port);

/// The methods that the server offers to who has no key, e.g. "publickey".
[[nodiscard]] std::string offered_methods(std::uint16_t port);

/// Whether anything accepts a TCP connection at 127.0.0.1:port.
[[nodiscard]] bool accepts(std::uint16_t port);
/// Whether an SSH banner comes from 127.0.0.1:port within two seconds.
[[nodiscard]] bool has_banner(std::uint16_t port);

} // namespace dockhost::e2e
