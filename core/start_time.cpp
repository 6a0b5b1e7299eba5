// SPDX-License-Identifier: MIT
#include "core/start_time.hpp"

namespace dockhost {

start_time settled_start(const start_time& known, const start_time& told) {
  constexpr std::int64_t clocks = 5;
  if (told.unix == 0) return known;
  if (known.unix == 0) return told;
  const auto apart = known.unix < told.unix ? told.unix - known.unix : known.unix - told.unix;
  if (apart > known.give + told.give + clocks) return told;
  return told.give < known.give ? told : known;
}

} // namespace dockhost
