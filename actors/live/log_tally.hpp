// SPDX-License-Identifier: MIT
#pragma once

#include "core/log_options.hpp"
#include "core/log_pace.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace dockhost::actors {

/// What all streams have done together; each adds to it.
struct log_tally {
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> mended{0};             ///< lines that a follow had left out
  std::array<std::atomic<std::uint64_t>, 4> gaps{}; ///< by log_gap_reason
  std::array<std::atomic<std::uint64_t>, 4> gap_lines{};

  /// A client was told of one; nothing: nobody knows how much is missing.
  void gap(log_gap_reason reason, const std::optional<log_loss>& loss) {
    const auto at = static_cast<std::size_t>(reason);
    ++gaps[at];
    if (loss) gap_lines[at] += loss->lines;
  }
};

} // namespace dockhost::actors
