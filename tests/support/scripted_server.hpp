// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dockhost::test {

/// An HTTP server on a unix socket that answers as the test says, one connection at a time per
/// request: each answer closes its connection, unless it is left open.
class scripted_server {
public:
  struct answer {
    std::vector<std::string> pieces; ///< raw bytes, written one after the other
    bool leave_open = false;         ///< nothing more comes, and no end either
  };
  /// Gets the request's first line ("GET /_ping HTTP/1.1").
  using script = std::function<answer(const std::string& request_line)>;

  scripted_server(const std::string& unix_path, script what);
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  [[nodiscard]] std::vector<std::string> requests() const;

  /// A whole answer with a body, and headers as "Name: value\r\n".
  [[nodiscard]] static answer reply(int status, const std::string& body,
                                    const std::string& headers = {});
  /// The head of an answer whose body ends with the connection.
  [[nodiscard]] static std::string stream_head();

private:
  void run();

  script script_;
  std::string path_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

} // namespace dockhost::test
