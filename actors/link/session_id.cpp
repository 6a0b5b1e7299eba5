// SPDX-License-Identifier: MIT
#include "actors/link/session_id.hpp"

#include "core/base64.hpp"
#include "platform/random.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dockhost::actors {

std::string new_session_id() {
  std::array<std::uint8_t, 15> bits{};
  platform::random_bytes(bits);
  auto id = base64_encode({reinterpret_cast<const char*>(bits.data()), bits.size()});
  std::ranges::replace(id, '+', '-');
  std::ranges::replace(id, '/', '_');
  return id;
}

} // namespace dockhost::actors
