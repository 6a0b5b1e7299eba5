// SPDX-License-Identifier: MIT
// The parts of the server that need no socket.
#include "net/detail/deflate_codec.hpp"
#include "net/detail/output_queue.hpp"
#include "net/detail/request_reader.hpp"
#include "net/detail/request_target.hpp"
#include "net/detail/websocket_frames.hpp"
#include "net/detail/websocket_handshake.hpp"
#include "tests/net/server_fixture.hpp"

namespace dockhost::net::detail {
namespace {

using test::masked;

/// What comes out of these bytes when they come `step` at a time: "text:hi", "ping:", "broken".
std::vector<std::string> decode(std::string bytes, std::size_t step, std::size_t max = 1000,
                                bool deflate = false) {
  frame_decoder decoder(max, deflate);
  std::vector<std::string> out;
  for (std::size_t from = 0; from < bytes.size(); from += step) {
    std::span<char> part(bytes.data() + from, std::min(step, bytes.size() - from));
    for (;;) {
      const auto item = decoder.next(part);
      if (item.what == frame_decoder::kind::need_more) break;
      const std::string payload(item.payload);
      switch (item.what) {
      case frame_decoder::kind::text: out.push_back("text:" + payload); break;
      case frame_decoder::kind::binary: out.push_back("binary:" + payload); break;
      case frame_decoder::kind::ping: out.push_back("ping:" + payload); break;
      case frame_decoder::kind::pong: out.push_back("pong:" + payload); break;
      case frame_decoder::kind::close: out.push_back("close:" + payload); break;
      case frame_decoder::kind::broken: return out.push_back("broken"), out;
      case frame_decoder::kind::too_big: return out.push_back("too big"), out;
      case frame_decoder::kind::need_more: break;
      }
    }
    EXPECT_TRUE(part.empty());
  }
  EXPECT_FALSE(decoder.in_message());
  return out;
}

TEST(FrameDecoder, GivesTheSameHoweverTheBytesCome) {
  const std::string bytes = masked(0x81, "one") + masked(0x82, std::string(300, 'b')) +
                            masked(0x01, "a") + masked(0x89, "ping") + masked(0x00, "") +
                            masked(0x80, "z") + masked(0x8a, "") + masked(0x81, "") +
                            masked(0x01, "") + masked(0x80, "") + masked(0x88, "\x03\xe8");
  const std::vector<std::string> all{"text:one",  "binary:" + std::string(300, 'b'),
                                     "ping:ping", "text:az",
                                     "pong:",     "text:",
                                     "text:",     "close:\x03\xe8"};
  for (std::size_t step = 1; step <= bytes.size(); ++step)
    ASSERT_EQ(decode(bytes, step), all) << step;
}

TEST(FrameDecoder, IdleItHoldsNothing) {
  frame_decoder decoder(1'000'000, false);
  std::string bytes = masked(0x02, std::string(5000, 'x')) + masked(0x80, std::string(5000, 'y'));
  std::span<char> input(bytes);
  EXPECT_EQ(decoder.next(input).what, frame_decoder::kind::binary);
  EXPECT_GT(decoder.held(), 10'000U);
  EXPECT_EQ(decoder.next(input).what, frame_decoder::kind::need_more);
  EXPECT_LT(decoder.held(), 200U);
}

TEST(FrameDecoder, ALimitHoldsExactly) {
  EXPECT_EQ(decode(masked(0x82, std::string(1000, 'x')), 7).size(), 1U);
  EXPECT_EQ(decode(masked(0x82, std::string(1001, 'x')), 7).back(), "too big");
  EXPECT_EQ(decode(masked(0x02, std::string(999, 'x')) + masked(0x80, "yy"), 7).back(), "too big");
}

TEST(FrameHeader, UsesTheShortestLength) {
  EXPECT_EQ(frame_header(opcode::text, 0).bytes(), std::string_view("\x81\x00", 2));
  EXPECT_EQ(frame_header(opcode::binary, 125).bytes(), "\x82\x7d");
  EXPECT_EQ(frame_header(opcode::text, 126).bytes(), std::string_view("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(frame_header(opcode::text, 65535, true).bytes(), "\xc1\x7e\xff\xff");
  EXPECT_EQ(frame_header(opcode::text, 65536).bytes(),
            std::string_view("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(OutputQueue, GathersAndConsumesAcrossPieces) {
  const auto text_of = [](const output_queue& q, std::size_t parts) {
    std::vector<iovec> v(parts);
    const std::size_t n = q.gather(v);
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
      out.append(static_cast<const char*>(v[i].iov_base), v[i].iov_len);
    return out;
  };
  output_queue q;
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string prefix = i % 3 ? "<" : "";
    const std::string body = std::string(static_cast<std::size_t>(i % 5), 'x');
    q.push(prefix, i % 7 ? share(body) : nullptr);
    all += prefix + (i % 7 ? body : "");
  }
  EXPECT_EQ(q.bytes(), all.size());
  for (std::size_t step = 1; !q.empty(); step = step % 11 + 1) {
    ASSERT_EQ(q.bytes(), all.size());
    ASSERT_EQ(text_of(q, 3000), all);
    ASSERT_TRUE(all.starts_with(text_of(q, 2)));
    const std::size_t n = std::min(step, all.size());
    q.consume(n);
    all.erase(0, n);
  }
  EXPECT_TRUE(all.empty());
}

TEST(DeflateCodec, RoundTripsAllSizes) {
  deflate_codec codec;
  std::string text;
  unsigned state = 7;
  for (const std::size_t size : {0UL, 1UL, 100UL, 1000UL, 65'536UL, 1'000'000UL}) {
    while (text.size() < size)
      text += static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 28));
    const std::string packed = codec.compress(std::string_view(text).substr(0, size));
    std::string out;
    ASSERT_EQ(codec.inflate(packed, size, out), deflate_codec::outcome::whole) << size;
    ASSERT_TRUE(out == std::string_view(text).substr(0, size));
    if (size > 0) {
      ASSERT_EQ(codec.inflate(packed, size - 1, out), deflate_codec::outcome::too_big) << size;
    }
  }
  std::string out;
  EXPECT_EQ(codec.inflate("\xff\xff\xff", 100, out), deflate_codec::outcome::broken);
  // RFC 7692 sections 7.2.3.1 and 7.2.3.3: a plain and an uncompressed block.
  EXPECT_EQ(codec.inflate(std::string_view("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 100, out),
            deflate_codec::outcome::whole);
  EXPECT_EQ(out, "Hello");
  EXPECT_EQ(
      codec.inflate(std::string_view("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11), 100, out),
      deflate_codec::outcome::whole);
  EXPECT_EQ(out, "Hello");
  // Section 7.2.3.4: a final block inside.
  EXPECT_EQ(codec.inflate(std::string_view("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8), 100, out),
            deflate_codec::outcome::whole);
  EXPECT_EQ(out, "Hello");
}

TEST(RequestReader, AnEmptyChunkedBodyMayComeByteByByte) {
  request_reader reader;
  EXPECT_FALSE(
      reader.read_head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  std::string held;
  for (const char c : std::string_view("0\r\n\r\n")) {
    EXPECT_FALSE(reader.done());
    held += c;
    std::string_view rest = held;
    EXPECT_FALSE(reader.read_body(rest, 100));
    held = rest;
  }
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.body(), "");
  EXPECT_EQ(held, "");
}

TEST(RequestTarget, Table) {
  const auto path = [](std::string_view raw, std::string_view method = "GET") {
    const auto t = parse_target(method, raw);
    return t ? t->path : "refused";
  };
  EXPECT_EQ(path("/"), "/");
  EXPECT_EQ(path("/a/b?c"), "/a/b");
  EXPECT_EQ(path("/a%2Fb"), "/a/b");
  EXPECT_EQ(path("/%C3%BC"), "/\xc3\xbc");
  EXPECT_EQ(path("/a+b"), "/a+b");
  EXPECT_EQ(path("//a"), "//a");
  EXPECT_EQ(path("http://x"), "/");
  EXPECT_EQ(path("HTTP://x?q"), "/");
  EXPECT_EQ(path("https://x:1/y?z"), "/y");
  EXPECT_EQ(path("https:///y"), "refused");
  EXPECT_EQ(path("*", "OPTIONS"), "*");
  EXPECT_EQ(path("*"), "refused");
  EXPECT_EQ(path("x"), "refused");
  EXPECT_EQ(path(""), "refused");
  const auto t = parse_target("GET", "/p?&a=1&&b&=c&a=2&d=%41%zz%&e==");
  ASSERT_TRUE(t);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"a", "1"}, {"b", ""}, {"", "c"}, {"a", "2"}, {"d", "A%zz%"}, {"e", "="}};
  EXPECT_EQ(t->parameters, expected);
}

TEST(Utf8, IsStrict) {
  EXPECT_TRUE(valid_utf8(std::string(100, 'a') + "\xc3\xbc\xf0\x9f\x98\x80 end of it"));
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                          "\x80", "\xc3", "aaaaaaaa\xe2\x82"})
    EXPECT_FALSE(valid_utf8(bad));
}

} // namespace
} // namespace dockhost::net::detail
