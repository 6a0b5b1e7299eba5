// SPDX-License-Identifier: MIT
// A private CA of a test, with a certificate for 127.0.0.1 and one for a client.
#pragma once

#include <filesystem>

namespace dockhost::e2e {

struct certificates {
  std::filesystem::path ca;
  std::filesystem::path server_cert, server_key;
  std::filesystem::path client_cert, client_key; ///< CN=dockhost-client
};

[[nodiscard]] certificates make_certificates(const std::filesystem::path& folder);

} // namespace dockhost::e2e
