// SPDX-License-Identifier: MIT
#include "bench/peers/raw_log.hpp"

#include "bench/peers/sockets.hpp"
#include "docker/log_demux.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>

namespace dockhost::bench {

namespace {

/// The body of a chunked answer, as far as it has come.
class chunks {
public:
  /// Calls `on_data` for each piece; false at the last chunk.
  template <class OnData>
  bool feed(std::string_view bytes, OnData on_data) {
    while (!bytes.empty()) {
      if (left_ > 0) {
        const auto n = std::min(left_, bytes.size());
        on_data(bytes.substr(0, n));
        left_ -= n;
        bytes.remove_prefix(n);
        continue;
      }
      const char c = bytes.front(); // "\r\n" of the chunk before, size, "\r\n"
      bytes.remove_prefix(1);
      if (c != '\n') {
        if (c != '\r') size_ += c;
        continue;
      }
      if (size_.empty()) continue;
      std::from_chars(size_.data(), size_.data() + size_.size(), left_, 16);
      size_.clear();
      if (left_ == 0) return false;
    }
    return true;
  }

private:
  std::size_t left_ = 0;
  std::string size_;
};

} // namespace

raw_count read_raw_log(const std::string& path, const std::string& container, std::uint64_t lines,
                       std::chrono::seconds patience, const std::function<void()>& on_open) {
  const auto fd = connect_unix(path);
  timeval limit{};
  limit.tv_sec = patience.count();
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
    throw std::runtime_error("SO_RCVTIMEO");
  if (!send_all(fd.get(), "GET /v1.41/containers/" + container +
                              "/logs?stdout=1&stderr=1&timestamps=1&follow=1&tail=0 HTTP/1.1\r\n"
                              "Host: engine\r\n\r\n"))
    throw std::runtime_error("the engine went away");
  std::string pending;
  std::size_t head = std::string::npos;
  while (head == std::string::npos) {
    if (receive_some(fd.get(), pending) != received::bytes)
      throw std::runtime_error("the engine did not answer");
    head = pending.find("\r\n\r\n");
  }
  if (!pending.starts_with("HTTP/1.1 200")) throw std::runtime_error(pending.substr(0, 200));
  pending.erase(0, head + 4);
  on_open();

  raw_count out;
  chunks body;
  docker::log_demux demux(true);
  while (out.lines < lines) {
    log_batch batch;
    bool sound = true;
    const bool more = body.feed(
        pending, [&](std::string_view data) { sound = sound && demux.feed(data, batch); });
    if (!sound) throw std::runtime_error("no frames");
    const auto at = now_ns();
    for (const auto& piece : batch.pieces) {
      if (!piece.message_start) continue;
      if (out.lines++ == 0) out.first_at = at;
      out.last_at = at;
    }
    out.bytes += batch.bytes.size();
    if (out.lines >= lines) break;
    pending.clear();
    if (!more || receive_some(fd.get(), pending) != received::bytes)
      throw std::runtime_error("the log ended, or was quiet, after " + std::to_string(out.lines) +
                               " lines");
  }
  return out;
}

} // namespace dockhost::bench
