// SPDX-License-Identifier: MIT
// The rule "Errors" of PROTOCOL part 3: 400 for bad or missing EIO, transport, sid.
#include "protocol/engineio_server_request.hpp"

#include <gtest/gtest.h>

namespace dockhost::protocol::engineio::server {
namespace {

constexpr std::optional<known_session> nobody;
constexpr known_session on_polling{transport::polling};
constexpr known_session on_websocket{transport::websocket};

std::optional<refusal> get(std::string_view text, std::optional<known_session> session = nobody) {
  return check(parse_query(text), "GET", false, session);
}
std::optional<refusal> upgrade(std::string_view text,
                               std::optional<known_session> session = nobody) {
  return check(parse_query(text), "GET", true, session);
}

TEST(EngineioRequest, BeginsASession) {
  EXPECT_EQ(get("EIO=4&transport=polling"), std::nullopt);
  EXPECT_EQ(upgrade("EIO=4&transport=websocket"), std::nullopt);
  EXPECT_EQ(get("EIO=4&transport=polling&sid=&t=abc&b64=1"), std::nullopt);
}

TEST(EngineioRequest, RefusesMissingAndBadVersion) {
  EXPECT_EQ(get("transport=polling"), refusal::unsupported_version);
  EXPECT_EQ(get("EIO=abc&transport=polling"), refusal::unsupported_version);
  EXPECT_EQ(get("EIO=3&transport=polling"), refusal::unsupported_version);
  EXPECT_EQ(upgrade("transport=websocket"), refusal::unsupported_version);
  EXPECT_EQ(upgrade("EIO=04&transport=websocket"), refusal::unsupported_version);
}

TEST(EngineioRequest, RefusesMissingAndBadTransport) {
  EXPECT_EQ(get(""), refusal::unknown_transport);
  EXPECT_EQ(get("EIO=4"), refusal::unknown_transport);
  EXPECT_EQ(get("EIO=4&transport=abc"), refusal::unknown_transport);
  EXPECT_EQ(get("EIO=4&transport=webtransport"), refusal::unknown_transport);
  EXPECT_EQ(upgrade("EIO=4&transport=abc"), refusal::unknown_transport);
  EXPECT_EQ(get("EIO=4&transport=websocket"), refusal::bad_request);
  EXPECT_EQ(upgrade("EIO=4&transport=polling"), refusal::bad_request);
}

TEST(EngineioRequest, BeginsWithGetOnly) {
  for (const auto* method : {"POST", "PUT", "DELETE", "HEAD", "get"}) {
    EXPECT_EQ(check(parse_query("EIO=4&transport=polling"), method, false, nobody),
              refusal::bad_handshake_method);
  }
}

TEST(EngineioRequest, RefusesAnUnknownSid) {
  EXPECT_EQ(get("EIO=4&transport=polling&sid=x"), refusal::unknown_sid);
  EXPECT_EQ(upgrade("EIO=4&transport=websocket&sid=x"), refusal::unknown_sid);
}

TEST(EngineioRequest, LetsASessionGoOn) {
  EXPECT_EQ(get("EIO=4&transport=polling&sid=x", on_polling), std::nullopt);
  EXPECT_EQ(check(parse_query("EIO=4&transport=polling&sid=x"), "POST", false, on_polling),
            std::nullopt);
  EXPECT_EQ(upgrade("EIO=4&transport=websocket&sid=x", on_polling), std::nullopt);
}

TEST(EngineioRequest, RefusesPollingWithTheSidOfAWebsocket) {
  EXPECT_EQ(get("EIO=4&transport=polling&sid=x", on_websocket), refusal::bad_request);
  EXPECT_EQ(get("EIO=4&transport=websocket&sid=x", on_websocket), refusal::bad_request);
  EXPECT_EQ(get("EIO=4&transport=websocket&sid=x", on_polling), refusal::bad_request);
  EXPECT_EQ(get("EIO=3&transport=polling&sid=x", on_polling), refusal::bad_request);
  // A second WebSocket is let in, and then closed by the session.
  EXPECT_EQ(upgrade("EIO=4&transport=websocket&sid=x", on_websocket), std::nullopt);
}

TEST(EngineioRequest, SaysWhatNpmsServerSays) {
  EXPECT_EQ(body_of(refusal::unknown_transport), "{\"code\":0,\"message\":\"Transport unknown\"}");
  EXPECT_EQ(body_of(refusal::unknown_sid), "{\"code\":1,\"message\":\"Session ID unknown\"}");
  EXPECT_EQ(body_of(refusal::bad_handshake_method),
            "{\"code\":2,\"message\":\"Bad handshake method\"}");
  EXPECT_EQ(body_of(refusal::bad_request), "{\"code\":3,\"message\":\"Bad request\"}");
  EXPECT_EQ(body_of(refusal::forbidden), "{\"code\":4,\"message\":\"Forbidden\"}");
  EXPECT_EQ(body_of(refusal::unsupported_version),
            "{\"code\":5,\"message\":\"Unsupported protocol version\"}");
  EXPECT_EQ(status_of(refusal::forbidden), 403);
  EXPECT_EQ(status_of(refusal::unknown_sid), 400);
}

TEST(EngineioRequest, DecodesTheQuery) {
  const auto q = parse_query("EIO=%34&transport=poll%69ng&sid=a%2Bb+c%&EIO=x&EIO=4&=&&sid");
  EXPECT_EQ(q.version, "4");
  EXPECT_EQ(q.transport, "polling");
  EXPECT_EQ(q.sid, "");
  EXPECT_EQ(parse_query("sid=a%2Bb+c%").sid, "a+b c%");
  EXPECT_EQ(parse_query("sid=%zz%4").sid, "%zz%4");
}

} // namespace
} // namespace dockhost::protocol::engineio::server
