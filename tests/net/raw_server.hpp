// SPDX-License-Identifier: MIT
// A server on plain sockets that does exactly what a test's script says, hostile bytes included.
#pragma once

#include "net/endpoint.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace dockhost::net::test {

/// One accepted connection, seen from the server's script. Every wait ends after ten seconds.
class peer {
public:
  peer(int fd, SSL_CTX* tls);
  ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  /// Up to `max` bytes; empty at the end of the stream, an error, or after the time.
  std::string read_some(std::size_t max = 65536);
  /// Bytes up to and with `mark`, or what came before the end.
  std::string read_until(std::string_view mark);
  std::string read_exactly(std::size_t n);
  /// One request: head and, going by Content-Length, body. Empty when the client closed.
  std::string read_request();
  bool send(std::string_view bytes);
  /// As much as goes without blocking for `quiet`; gives the count.
  std::size_t send_until_stuck(std::string_view chunk, std::chrono::milliseconds quiet,
                               std::size_t max);
  /// Waits until the client has closed (reads and drops what comes meanwhile).
  bool wait_closed();
  void close();
  /// Closes with RST.
  void reset();
  void shut_down(); // from another thread: makes every wait end

private:
  bool wait(short events, std::chrono::milliseconds time);
  std::mutex mutex_; // closing fd_ on the script's thread, shutting it down on another
  int fd_;
  SSL* ssl_ = nullptr;
  std::string ahead_;
};

class raw_server {
public:
  /// `n` counts the connections from 0.
  using script = std::function<void(peer& p, int n)>;

  /// An empty path: a free port on 127.0.0.1 (or on ::1).
  explicit raw_server(script run, std::string unix_path = {}, SSL_CTX* tls = nullptr,
                      bool ipv6 = false);
  ~raw_server();
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;

  [[nodiscard]] endpoint where() const { return where_; }
  [[nodiscard]] int accepted() const { return accepted_; }

private:
  void accept_all();

  script run_;
  endpoint where_;
  SSL_CTX* tls_;
  int fd_ = -1;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<peer> peers_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// A folder of its own, gone with it.
class temp_folder {
public:
  temp_folder();
  ~temp_folder();
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// Waits up to ten seconds for a condition.
bool eventually(const std::function<bool()>& condition);

} // namespace dockhost::net::test
