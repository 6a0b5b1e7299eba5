// SPDX-License-Identifier: MIT
// Log bytes on their way from the engine's connection to who reads them: many pieces in one block
// of memory that nobody changes any more.
#pragma once

#include "core/log_options.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost {

/// A run of bytes from one channel.
struct log_piece {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  log_channel channel = log_channel::out;
  /// One of the engine's messages begins here, with its timestamp.
  bool message_start = false;
};

struct log_batch {
  std::string bytes;
  std::vector<log_piece> pieces; ///< in the order in which they came
  /// The engine frames its messages, so `message_start` is known; never with a TTY.
  bool framed = false;

  [[nodiscard]] std::string_view text(const log_piece& piece) const {
    return std::string_view(bytes).substr(piece.begin, piece.size);
  }
  void add(std::string_view text, log_channel channel, bool message_start) {
    pieces.push_back({static_cast<std::uint32_t>(bytes.size()),
                      static_cast<std::uint32_t>(text.size()), channel, message_start});
    bytes.append(text);
  }
};

using shared_log_batch = std::shared_ptr<const log_batch>;

} // namespace dockhost
