// SPDX-License-Identifier: MIT
#include "protocol/engineio_codec.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dockhost::protocol::engineio {
namespace {

using std::string_literals::operator""s;

std::vector<packet> read_all(std::string_view payload, bool& ok) {
  std::vector<packet> out;
  payload_reader reader(payload);
  for (;;) {
    auto next = reader.next();
    ok = next.ok();
    if (!ok || !*next) return out;
    out.push_back(**next);
  }
}

TEST(EngineioCodec, TextFrames) {
  EXPECT_EQ(encode_text(packet_type::message, "hi"), "4hi");
  EXPECT_EQ(encode_text(packet_type::ping, "probe"), "2probe");
  EXPECT_EQ(encode_text(packet_type::upgrade), "5");
  const auto got = decode_text("4");
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->type, packet_type::message);
  EXPECT_EQ(got->data, "");
  for (const auto& frame : {""s, "7"s, "x"s, "-1"s, "b"s, "\0"s, "\xff"s, " 4"s}) {
    EXPECT_FALSE(decode_text(frame).ok()) << frame;
  }
}

TEST(EngineioCodec, PayloadsRoundTrip) {
  std::string payload;
  const std::vector<packet> sent = {{packet_type::message, false, "a\xc3\xa9"},
                                    {packet_type::message, true, "\0\x1e\xff"s},
                                    {packet_type::message, true, ""},
                                    {packet_type::pong, false, ""}};
  std::size_t size = 0;
  for (const auto& p : sent) {
    append_to_payload(payload, p);
    size += payload_size(p);
  }
  EXPECT_EQ(payload.size(), size - 1); // no separator in front of the first
  bool ok = false;
  const auto got = read_all(payload, ok);
  EXPECT_TRUE(ok);
  ASSERT_EQ(got.size(), sent.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].type, sent[i].type);
    EXPECT_EQ(got[i].binary, sent[i].binary);
    EXPECT_EQ(got[i].data, sent[i].data);
  }
}

TEST(EngineioCodec, BadPayloads) {
  for (const auto& payload : {""s, "\x1e"s, "4a\x1e"s,
                              "\x1e"
                              "4a"s,
                              "4a\x1e\x1e"
                              "4b"s,
                              "bA"s, "b!!!!"s, "b===="s,
                              "4a\x1e"
                              "9"s}) {
    bool ok = true;
    read_all(payload, ok);
    EXPECT_FALSE(ok) << payload;
  }
}

TEST(EngineioCodec, Handshake) {
  const auto text = R"({"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,)"
                    R"("maxPayload":1000000})";
  const auto h = decode_handshake(text);
  ASSERT_TRUE(h.ok());
  EXPECT_EQ(h->sid, "abc");
  EXPECT_TRUE(h->offers("websocket"));
  EXPECT_FALSE(h->offers("webtransport"));
  EXPECT_EQ(h->ping_interval, std::chrono::milliseconds(300));
  EXPECT_EQ(h->ping_timeout, std::chrono::milliseconds(200));
  EXPECT_EQ(h->max_payload, 1'000'000U);
  EXPECT_EQ(encode_handshake(*h), text);
}

TEST(EngineioCodec, HandshakeWithoutMaxPayload) {
  const auto none = decode_handshake(
      R"({"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"extra":[1]})");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->max_payload, 1'000'000U);
  const auto null = decode_handshake(
      R"({"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":null})");
  ASSERT_TRUE(null.ok());
  EXPECT_EQ(null->max_payload, std::numeric_limits<std::size_t>::max());
}

TEST(EngineioCodec, BadHandshakes) {
  const auto with = [](std::string_view sid, std::string_view upgrades, std::string_view interval,
                       std::string_view timeout, std::string_view max) {
    return "{\"sid\":" + std::string(sid) + ",\"upgrades\":" + std::string(upgrades) +
           ",\"pingInterval\":" + std::string(interval) +
           ",\"pingTimeout\":" + std::string(timeout) + ",\"maxPayload\":" + std::string(max) + "}";
  };
  EXPECT_TRUE(decode_handshake(with("\"a\"", "[]", "1", "1", "1")).ok());
  for (const auto& text : {""s,
                           "null"s,
                           "[]"s,
                           "{}"s,
                           "\"x\""s,
                           with("1", "[]", "1", "1", "1"),
                           with("\"\"", "[]", "1", "1", "1"),
                           with("\"a b\"", "[]", "1", "1", "1"),
                           with("\"a\\r\\nX: y\"", "[]", "1", "1", "1"),
                           with('"' + std::string(300, 'a') + '"', "[]", "1", "1", "1"),
                           with("\"a\"", "{}", "1", "1", "1"),
                           with("\"a\"", "[1]", "1", "1", "1"),
                           with("\"a\"", "[]", "0", "1", "1"),
                           with("\"a\"", "[]", "-1", "1", "1"),
                           with("\"a\"", "[]", "1.5", "1", "1"),
                           with("\"a\"", "[]", "1e300", "1", "1"),
                           with("\"a\"", "[]", "null", "1", "1"),
                           with("\"a\"", "[]", "1", "\"1\"", "1"),
                           with("\"a\"", "[]", "1", "86400001", "1"),
                           with("\"a\"", "[]", "1", "1", "0"),
                           with("\"a\"", "[]", "1", "1", "-5"),
                           with("\"a\"", "[]", "1", "1", "{}"),
                           std::string(100'000, '[')}) {
    EXPECT_FALSE(decode_handshake(text).ok()) << text.substr(0, 100);
  }
}

TEST(EngineioCodec, QueriesArePercentEncoded) {
  EXPECT_EQ(encode_query("backend-1_.~"), "backend-1_.~");
  EXPECT_EQ(encode_query("a b&c=\xc3\xa9\r\n"), "a%20b%26c%3D%C3%A9%0D%0A");
}

} // namespace
} // namespace dockhost::protocol::engineio
