// SPDX-License-Identifier: MIT
#include "core/backoff.hpp"

#include <algorithm>
#include <utility>

namespace dockhost {

backoff::backoff(milliseconds base, milliseconds cap, std::function<double()> random)
    : base_(std::max(base, milliseconds(0))), cap_(std::max(cap, milliseconds(0))),
      ceiling_(std::min(base_, cap_)), random_(std::move(random)) {}

backoff::milliseconds backoff::next() {
  const auto part = std::clamp(random_(), 0.0, 1.0);
  const auto wait = static_cast<milliseconds::rep>(part * static_cast<double>(ceiling_.count()));
  // Doubling stops at the cap, so that no number of attempts can overflow.
  ceiling_ = ceiling_ > cap_ / 2 ? cap_ : ceiling_ * 2;
  ++attempts_;
  return milliseconds(wait);
}

void backoff::reset() {
  ceiling_ = std::min(base_, cap_);
  attempts_ = 0;
}

} // namespace dockhost
