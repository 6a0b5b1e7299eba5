// SPDX-License-Identifier: MIT
// Engine calls as they are told, one after the other on one kept-alive connection.
#pragma once

#include "bench/peers/sockets.hpp"
#include "json/json.hpp"

#include <string>
#include <vector>

namespace dockhost::bench {

struct http_call {
  std::string status; ///< that must come, "201"
  std::string method;
  std::string path; ///< "{id}" stands for the container
  std::string headers;
  std::string body;
};

/// From [{status, method, path, body (base64), type}]; throws std::runtime_error where it is not.
[[nodiscard]] std::vector<http_call> calls_from(const json::value& list);
/// One with an empty body.
[[nodiscard]] http_call bare_call(std::string status, std::string method, std::string path);

class http_caller {
public:
  /// At the engine's socket `path`.
  explicit http_caller(const std::string& path);

  /// Gives the id of the container that they made, if they did. Throws std::runtime_error at an
  /// unexpected status, when the engine goes away and when it is silent for two minutes.
  std::string make(const std::vector<http_call>& calls);

private:
  struct response {
    std::string status;
    std::string body;
  };

  [[nodiscard]] response receive();
  [[nodiscard]] std::string line();
  [[nodiscard]] std::string bytes(std::size_t count);
  void fill();

  unique_fd fd_;
  std::string pending_;
};

} // namespace dockhost::bench
