// SPDX-License-Identifier: MIT
#include "actors/link/server_url.hpp"

#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

struct row {
  const char* text;
  server_address want;
};

TEST(ServerUrl, Forms) {
  const row rows[] = {
      {"main.example:3001", {"main.example", 3001, false, "/socket.io/"}},
      {"127.0.0.1:3001/", {"127.0.0.1", 3001, false, "/socket.io/"}},
      {"localhost", {"localhost", 80, false, "/socket.io/"}},
      {"http://main.example", {"main.example", 80, false, "/socket.io/"}},
      {"http://main.example/", {"main.example", 80, false, "/socket.io/"}},
      {"https://main.example", {"main.example", 443, true, "/socket.io/"}},
      {"https://main.example:8443/", {"main.example", 8443, true, "/socket.io/"}},
      {"ws://a:1", {"a", 1, false, "/socket.io/"}},
      {"wss://a", {"a", 443, true, "/socket.io/"}},
      {"WSS://A.example:65535", {"A.example", 65535, true, "/socket.io/"}},
      {"http://a/prefix", {"a", 80, false, "/prefix/socket.io/"}},
      {"https://a:9/prefix/", {"a", 9, true, "/prefix/socket.io/"}},
      {"a:9/p/q//", {"a", 9, false, "/p/q/socket.io/"}},
      {"http://a/socket.io", {"a", 80, false, "/socket.io/"}},
      {"http://a/x/socket.io/", {"a", 80, false, "/x/socket.io/"}},
      {"http://a/p%20q", {"a", 80, false, "/p%20q/socket.io/"}},
      {"[::1]:3001", {"::1", 3001, false, "/socket.io/"}},
      {"https://[2001:db8::1]", {"2001:db8::1", 443, true, "/socket.io/"}},
      {"http://[::ffff:10.0.0.1]:80/p", {"::ffff:10.0.0.1", 80, false, "/p/socket.io/"}},
      {"  http://a:5 \r\n", {"a", 5, false, "/socket.io/"}},
      {"my_host-1:80", {"my_host-1", 80, false, "/socket.io/"}},
  };
  for (const auto& [text, want] : rows) {
    const auto got = parse_server_url(text);
    ASSERT_TRUE(got.ok()) << text << ": " << got.err().message;
    EXPECT_EQ(*got, want) << text;
  }
}

TEST(ServerUrl, JunkIsRefusedWithAMessage) {
  for (const std::string_view text : {"",
                                      "   ",
                                      "http://",
                                      "https:///path",
                                      "://a",
                                      "ftp://a",
                                      "javascript://a",
                                      "unix:///x",
                                      "http://user:secret@a",
                                      "user@a:80",
                                      "http://a?x=1",
                                      "http://a/#frag",
                                      "a:0",
                                      "a:65536",
                                      "a:99999999999999999999",
                                      "a:",
                                      "a:-1",
                                      "a:8o",
                                      "a:80:90",
                                      "::1",
                                      "::1:80",
                                      "[::1",
                                      "[::1]80",
                                      "[]:80",
                                      "[g::1]:80",
                                      "[::1%eth0]:80",
                                      "[127.0.0.1]:1",
                                      "a b",
                                      "http://a/ b",
                                      "http://a/\"x",
                                      "http://a\\b",
                                      "-a",
                                      ".a",
                                      "a..b",
                                      "http://a/\xc3\xa9",
                                      "\xc3\xa9.example",
                                      "http://a\nb",
                                      "http://http://a",
                                      "a;rm -rf /",
                                      "$(id)",
                                      "--help"}) {
    const auto got = parse_server_url(text);
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(got.err().code, errc::invalid_request);
    EXPECT_FALSE(got.err().message.empty());
    EXPECT_EQ(got.err().message.find("secret"), std::string::npos);
  }
  EXPECT_FALSE(parse_server_url(std::string(300, 'a')).ok());
  EXPECT_FALSE(parse_server_url(std::string_view("a\0b", 3)).ok());
}

TEST(ServerUrl, TextAndEndpoint) {
  const auto v6 = parse_server_url("wss://[::1]:3001/p");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(to_string(*v6), "https://[::1]:3001/p/socket.io/");
  EXPECT_EQ(parse_server_url(to_string(*v6)).value(), *v6);
  net::tls_options tls;
  tls.ca_file = "ca.pem";
  const auto to = to_endpoint(*v6, tls);
  EXPECT_EQ(to.host, "::1");
  EXPECT_EQ(to.port, 3001);
  EXPECT_TRUE(to.tls);
  EXPECT_EQ(to.tls_settings.ca_file, "ca.pem");
  EXPECT_EQ(to_string(*parse_server_url("a")), "http://a:80/socket.io/");
}

} // namespace
} // namespace dockhost::actors
