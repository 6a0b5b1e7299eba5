// SPDX-License-Identifier: MIT
#include "core/port_hint.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dockhost {
namespace {

TEST(port_hint, trouble_row_starting_port) {
  for (const double no_hint :
       {0.0, -1.0, -1024.0, 1023.0, 1023.9, 1024.5, 65533.5, 65534.0, 65535.0, 65536.0 + 2000.0,
        1e9, 1e300, -1e300, std::nan(""), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity()})
    EXPECT_EQ(port_hint(no_hint), std::nullopt) << no_hint;
  EXPECT_EQ(port_hint(std::nullopt), std::nullopt);
  EXPECT_EQ(port_hint(1024), 1024);
  EXPECT_EQ(port_hint(2001.0), 2001);
  EXPECT_EQ(port_hint(65533), 65533);
}

} // namespace
} // namespace dockhost
