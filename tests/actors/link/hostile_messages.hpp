// SPDX-License-Identifier: MIT
// What a peer that has connected may send against the rules, and how its connection then ends.
#pragma once

#include "tests/net/server_fixture.hpp"

#include <string>
#include <vector>

namespace dockhost::test {

struct hostile_message {
  std::string what, bytes;
  std::string end; ///< as end_of() tells it
};

/// The head of a binary packet whose attachment is to follow. `event`: any name.
inline std::string half_binary_packet(const std::string& event) {
  return net::test::client_message(net::test::text,
                                   "451-[\"" + event + "\",{\"_placeholder\":true,\"num\":0}]");
}

/// `event`: one that the server takes.
inline std::vector<hostile_message> hostile_messages(const std::string& event) {
  using net::test::binary;
  using net::test::client_message;
  using net::test::masked;
  using net::test::text;
  const auto begun = "42[\"" + event + '"';
  const std::string ten_mb(10'000'000, 'x');
  return {
      {"garbage for frames", std::string("\xff\xfe\xfd\xfc garbage", 12), "closed 1002"},
      {"no mask", net::test::message(text, begun + ']'), "closed 1002"},
      {"text that is no UTF-8", client_message(text, begun + ",\"\xff\xc0\"]"), "closed 1007"},
      {"a frame of 10 MB", client_message(text, '4' + ten_mb), "closed 1009"},
      {"10 MB in fragments", masked(0x01, "4") + masked(0x00, ten_mb), "closed 1009"},
      {"an unknown Engine.IO packet", client_message(text, "9"), "closed"},
      {"an empty one", client_message(text, ""), "closed"},
      {"an unknown Socket.IO packet", client_message(text, "4abc"), "closed"},
      {"an event that is an object", client_message(text, "42{}"), "closed"},
      {"a truncated event", client_message(text, begun + ','), "closed"},
      {"JSON a hundred thousand deep",
       client_message(text, begun + ',' + std::string(100'000, '[')), "closed"},
      {"binary that nobody announced", client_message(binary, "x"), "closed"},
      {"half a binary packet", half_binary_packet(event) + client_message(text, begun + ']'),
       "closed"},
      {"a placeholder too many",
       client_message(text, "451-[\"e\",{\"_placeholder\":true,\"num\":1}]"), "closed"},
      {"a second CONNECT", client_message(text, "40"), "closed"},
  };
}

} // namespace dockhost::test
