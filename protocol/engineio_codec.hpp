// SPDX-License-Identifier: MIT
// Engine.IO 4 packets <-> bytes, for both roles. On a WebSocket a packet is one frame: text with a
// type digit in front, or bare binary. On polling, packets are joined by 0x1e, and binary is `b`
// plus base64.
#pragma once

#include "core/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::protocol {

/// Bytes that the protocol doesn't allow: the connection that brought them is closed.
struct wire_error {
  std::string message; ///< what is wrong, in a few words; holds no received data

  friend bool operator==(const wire_error&, const wire_error&) = default;
};

template <class T>
using wire_result = basic_result<T, wire_error>;

namespace engineio {

enum class packet_type { open, close, ping, pong, message, upgrade, noop };

/// `data` looks into the text it was decoded from.
struct packet_view {
  packet_type type = packet_type::noop;
  std::string_view data;
};

struct packet {
  packet_type type = packet_type::message;
  bool binary = false; ///< only messages are
  std::string data;
};

/// The text frame of a packet: "4hello".
[[nodiscard]] std::string encode_text(packet_type type, std::string_view data = {});
/// A text frame. Errors: empty, or the first character is no digit from 0 to 6.
[[nodiscard]] wire_result<packet_view> decode_text(std::string_view frame);

/// Appends one packet to a polling payload, with the separator if it isn't the first.
void append_to_payload(std::string& payload, const packet& p);
/// How many bytes append_to_payload adds to a payload that isn't empty.
[[nodiscard]] std::size_t payload_size(const packet& p);

/// Walks through a polling payload without holding more than one packet.
class payload_reader {
public:
  explicit payload_reader(std::string_view payload) : rest_(payload) {}
  /// The next packet, or nothing at the end; an empty payload is an error, not an end.
  [[nodiscard]] wire_result<std::optional<packet>> next();

private:
  std::string_view rest_;
  bool done_ = false;
};

/// What the server says in its open packet.
struct handshake {
  std::string sid; ///< 1 to 256 visible ASCII characters
  std::vector<std::string> upgrades;
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::size_t max_payload = 1'000'000; ///< bytes that the server takes in one message or POST

  [[nodiscard]] bool offers(std::string_view transport) const;
};

/// The open packet's data. Intervals must be within 1 ms and 24 h. `maxPayload` may be missing, as
/// in the first servers of this protocol version (then their default holds), or null (no limit).
[[nodiscard]] wire_result<handshake> decode_handshake(std::string_view json_text);
/// The server's side of it: `{"sid":...}`.
[[nodiscard]] std::string encode_handshake(const handshake& h);

/// Percent-encodes all but RFC 3986's unreserved characters: for keys and values of a query.
[[nodiscard]] std::string encode_query(std::string_view text);

} // namespace engineio
} // namespace dockhost::protocol
