// SPDX-License-Identifier: MIT
// The payload of stats_update, as JSON text. Pure.
#pragma once

#include "core/stats.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::actors {

/// A container's members after its id: `,"cpu_percent":1.5,...}`. The same for every client,
/// however it spells the id. null is what is not known.
[[nodiscard]] std::string stats_members(std::optional<double> cpu_percent,
                                        const container_usage& usage);

/// Puts the whole together; `at` is milliseconds since 1970.
class stats_payload {
public:
  explicit stats_payload(std::int64_t at);
  void add(std::string_view container_id, std::string_view members);
  [[nodiscard]] std::string finish() &&;

private:
  std::string text_;
  bool empty_ = true;
};

} // namespace dockhost::actors
