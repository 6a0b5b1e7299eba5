// SPDX-License-Identifier: MIT
#pragma once

#include "core/log_options.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace dockhost::actors {

/// What all streams have done together; each adds to it.
struct log_tally {
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> mended{0};             ///< lines that a follow had left out
  std::array<std::atomic<std::uint64_t>, 4> gaps{}; ///< by log_gap_reason

  void gap(log_gap_reason reason) { ++gaps[static_cast<std::size_t>(reason)]; }
};

} // namespace dockhost::actors
