// SPDX-License-Identifier: MIT
// What waits to be written on one connection: shared bytes, each with a few bytes of framing of its
// own before it, so that one message may go to many connections without a copy.
#pragma once

#include "net/http_server_websocket.hpp"

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dockhost::net::detail {

class output_queue {
public:
  /// What fits before a piece: a WebSocket header (10), or the end of a chunk and the next one's
  /// size (2 + 8 + 2).
  static constexpr std::size_t max_prefix = 15;

  /// `bytes` may be null: the prefix alone.
  void push(std::string_view prefix, shared_bytes bytes);

  [[nodiscard]] bool empty() const { return first_ == pieces_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// The same with what the pieces themselves take, so that empty ones are bounded too.
  [[nodiscard]] std::size_t cost() const {
    return bytes_ + (pieces_.size() - first_) * sizeof(piece);
  }
  /// The first bytes, in as many parts as `into` holds; gives how many of them are used.
  std::size_t gather(std::span<iovec> into) const;
  /// Drops `n` bytes from the front.
  void consume(std::size_t n);
  void clear();

private:
  struct piece {
    std::array<char, max_prefix> prefix;
    std::uint8_t prefix_size;
    shared_bytes bytes;
    [[nodiscard]] std::size_t size() const { return prefix_size + (bytes ? bytes->size() : 0); }
  };

  std::vector<piece> pieces_;
  std::size_t first_ = 0;  // of the pieces not yet consumed
  std::size_t offset_ = 0; // consumed of that one
  std::size_t bytes_ = 0;
};

} // namespace dockhost::net::detail
