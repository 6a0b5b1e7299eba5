// SPDX-License-Identifier: MIT
// The server's side of a WebSocket, by hand (RFC 6455), so that it can be wrong on purpose.
#pragma once

#include "tests/net/raw_server.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdint>
#include <string>

namespace dockhost::net::test {

enum opcode : unsigned char { text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10 };

struct frame {
  int op = 0; ///< 0: a continuation, -1: the connection ended
  bool last = false;
  bool masked = false;
  std::string payload;
};

/// The 101 answer to this request.
inline std::string upgrade(const std::string& request) {
  const std::string field = "Sec-WebSocket-Key: ";
  const auto found = request.find(field);
  if (found == std::string::npos) return {}; // the client went away
  const auto at = found + field.size();
  const std::string key =
      request.substr(at, 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
  unsigned char accept[32];
  EVP_EncodeBlock(accept, digest, SHA_DIGEST_LENGTH);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         std::string(reinterpret_cast<char*>(accept)) + "\r\n\r\n";
}

/// `first` is the first byte: FIN bit and opcode.
inline std::string frame_bytes(unsigned char first, const std::string& payload) {
  std::string out(1, static_cast<char>(first));
  const std::uint64_t n = payload.size();
  const auto big_endian = [&](int bytes) {
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>((n >> (8 * i)) & 0xff);
  };
  if (n < 126) {
    out += static_cast<char>(n);
  } else if (n < 65536) {
    out += 126;
    big_endian(2);
  } else {
    out += 127;
    big_endian(8);
  }
  return out + payload;
}

inline std::string message(opcode op, const std::string& payload) {
  return frame_bytes(static_cast<unsigned char>(0x80 | op), payload);
}

inline frame read_frame(peer& p) {
  frame f;
  const std::string head = p.read_exactly(2);
  if (head.size() < 2) return {.op = -1, .payload = {}};
  f.op = head[0] & 0x0f;
  f.last = (head[0] & 0x80) != 0;
  f.masked = (head[1] & 0x80) != 0;
  std::size_t n = head[1] & 0x7f;
  if (n >= 126) {
    const std::string size = p.read_exactly(n == 126 ? 2 : 8);
    n = 0;
    for (const char c : size)
      n = n << 8 | static_cast<unsigned char>(c);
  }
  const std::string mask = f.masked ? p.read_exactly(4) : std::string(4, '\0');
  f.payload = p.read_exactly(n);
  for (std::size_t i = 0; i < f.payload.size(); ++i)
    f.payload[i] = static_cast<char>(f.payload[i] ^ mask[i % 4]);
  return f;
}

} // namespace dockhost::net::test
