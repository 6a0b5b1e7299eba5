// SPDX-License-Identifier: MIT
// The real engine that scripts/with-test-engine.sh has started for this run.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace dockhost::test {

/// Everything throws where there is no such engine: an engine test fails then, and is never
/// skipped.
class test_engine {
public:
  [[nodiscard]] static std::string host();      ///< DOCKER_HOST, unix://
  [[nodiscard]] static std::string image();     ///< the instance image
  [[nodiscard]] static std::string tls_host();  ///< the same engine by tcp:// with TLS
  [[nodiscard]] static std::string tls_certs(); ///< folder of ca.pem, cert.pem, key.pem

  [[nodiscard]] static ::pid_t pid();
  static void signal(int number);
  /// Ends the engine by SIGKILL and waits until it is gone.
  static void kill();
  /// Starts it again and waits until it answers.
  static void start();
};

/// A port on which nobody listens now, below the range that the system gives out by itself; never
/// the same twice in a process.
[[nodiscard]] std::uint16_t free_port();

} // namespace dockhost::test
