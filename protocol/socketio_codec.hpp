// SPDX-License-Identifier: MIT
// Socket.IO 5 packets <-> Engine.IO messages, for both roles (PROTOCOL part 3).
#pragma once

#include "protocol/engineio_codec.hpp"
#include "json/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::protocol::socketio {

/// The binary types of the wire (5 and 6) are event and ack with attachments here.
enum class packet_type { connect, disconnect, event, ack, connect_error };

inline constexpr std::size_t max_attachments = 10;
inline constexpr std::uint64_t max_ack_id = 9'007'199'254'740'991; ///< JavaScript's safe integers

struct packet {
  packet_type type = packet_type::event;
  std::string nsp = "/";
  std::optional<std::uint64_t> id; ///< of an event: an ack is wanted; of an ack: which one it is
  json::value data;                ///< null: none. Where binary belongs it holds a placeholder
  std::vector<std::string> attachments;
};

/// Stands in `data` for attachment number `num`: `{"_placeholder":true,"num":0}`.
[[nodiscard]] json::value placeholder(std::size_t num);
/// The number, when `v` is a placeholder (`_placeholder` is true and `num` an integer).
[[nodiscard]] std::optional<std::size_t> placeholder_number(const json::value& v);

/// connect, connect_error, disconnect, disconnecting, newListener, removeListener: no event may be
/// named so; a peer drops the link when one is.
[[nodiscard]] bool is_reserved_event(std::string_view name);

struct encoded_packet {
  std::string text;
  std::vector<std::string> attachments; ///< one binary message each, right after the text
};

/// Refuses what the peer would close the connection for: an event that is no array with a name that
/// isn't reserved in front, an ack without id or array, a bad namespace, over 10 attachments; also
/// placeholders that don't name each attachment exactly once.
[[nodiscard]] wire_result<encoded_packet> encode(packet p);

/// Puts packets together again from the messages of one connection. After an error the decoder is
/// of no use, and the connection is to be closed.
class decoder {
public:
  /// `max_bytes` bounds a message's text, and all attachments of a packet together.
  explicit decoder(std::size_t max_bytes = 16 * 1024 * 1024);

  /// A text message: the packet, or nothing while its attachments are outstanding.
  [[nodiscard]] wire_result<std::optional<packet>> text(std::string_view message);
  /// A binary message: an error when none is awaited.
  [[nodiscard]] wire_result<std::optional<packet>> binary(std::string message);

private:
  json::limits bounds_;
  std::optional<packet> waiting_;
  std::size_t missing_ = 0; ///< attachments still to come for `waiting_`
  std::size_t bytes_ = 0;   ///< of the attachments that came
};

} // namespace dockhost::protocol::socketio
