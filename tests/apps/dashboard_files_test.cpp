// SPDX-License-Identifier: MIT
// How the node serves the dashboard's files.
#include "apps/dashboard_files.hpp"
#include "web/assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace dockhost::apps {
namespace {

using ::testing::HasSubstr;

net::server_response get(const std::string& path, net::header_list headers = {},
                         const std::string& socket_path = "/socket.io/") {
  net::server_request request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  auto answer = dashboard_files(socket_path).answer(request);
  EXPECT_TRUE(answer) << path;
  return answer ? *answer : net::server_response{};
}

std::string header(const net::server_response& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

std::string body(const net::server_response& answer) {
  std::string out;
  for (const auto& part : answer.body)
    out += *part;
  return out;
}

TEST(dashboard_files, every_file_comes_with_its_policy) {
  for (const auto& file : web::all()) {
    const auto answer = get("/" + std::string(file.path));
    EXPECT_EQ(answer.status, 200) << file.path;
    EXPECT_EQ(body(answer), file.bytes) << file.path;
    EXPECT_EQ(header(answer, "Content-Type"), file.content_type);
    EXPECT_EQ(header(answer, "Content-Security-Policy"), web::content_security_policy);
    EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(answer, "X-Frame-Options"), "DENY");
    EXPECT_EQ(header(answer, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header(answer, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(header(answer, "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(answer, "Cache-Control"),
              file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  }
  const auto policy = header(get("/"), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
}

TEST(dashboard_files, gzip_is_for_those_who_take_it) {
  const struct {
    const char* accepts;
    bool gzip;
  } rows[] = {
      {"", false},
      {"identity", false},
      {"gzip", true},
      {"br, gzip;q=0.8", true},
      {"*", true},
      {"gzip;q=0", false},
      {"gzip;q=0.0, br", false},
      {"gzip;q=0.001", true},
      {"xgzip", false},
  };
  for (const auto& file : web::all()) {
    for (const auto& row : rows) {
      const auto answer = get("/" + std::string(file.path), {{"Accept-Encoding", row.accepts}});
      const bool gzip = row.gzip && !file.gzip.empty();
      EXPECT_EQ(header(answer, "Content-Encoding"), gzip ? "gzip" : "") << row.accepts;
      EXPECT_EQ(header(answer, "ETag"), gzip ? file.gzip_etag : file.etag) << row.accepts;
      EXPECT_EQ(body(answer), gzip ? file.gzip : file.bytes) << row.accepts;
    }
  }
  EXPECT_EQ(header(get("/", {{"Accept-Encoding", "gzip"}}), "Content-Encoding") == "gzip",
            web::has_dashboard());
}

TEST(dashboard_files, what_the_peer_has_is_not_sent_again) {
  const auto* page = web::find("/");
  const std::string tag(page->etag);
  for (const auto& has : {tag, "\"other\", " + tag, "W/" + tag, std::string("*")}) {
    const auto answer = get("/", {{"If-None-Match", has}});
    EXPECT_EQ(answer.status, 304) << has;
    EXPECT_EQ(body(answer), "");
    EXPECT_EQ(header(answer, "ETag"), tag);
    EXPECT_EQ(header(answer, "Content-Encoding"), "");
    EXPECT_EQ(header(answer, "Content-Security-Policy"), web::content_security_policy);
  }
  EXPECT_EQ(get("/", {{"If-None-Match", "\"other\""}}).status, 200);
  // The tag is of one encoding.
  const auto other = get("/", {{"If-None-Match", tag}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(other.status, page->gzip.empty() ? 304 : 200);
}

TEST(dashboard_files, the_page_is_told_where_socket_io_is) {
  const std::string built(web::find("/")->bytes);
  if (!web::has_dashboard()) {
    EXPECT_EQ(body(get("/", {}, "/live/")), built);
    return;
  }
  const struct {
    const char* path;
    const char* told;
  } rows[] = {
      {"/live/", "live/"},       {"/a/b-1_~.c/", "a/b-1_~.c/"},
      {"/x y/", "x%20y/"},       {"/\"><script>&'?#%/", "%22%3E%3Cscript%3E%26%27%3F%23%25/"},
      {"/\xc3\xbc/", "%C3%BC/"},
  };
  std::set<std::string> tags = {std::string(web::find("/")->etag)};
  for (const auto& row : rows) {
    for (const auto* accepts : {"", "gzip"}) {
      for (const auto* address : {"/", "/index.html"}) {
        const auto page = get(address, {{"Accept-Encoding", accepts}}, row.path);
        auto expected = built;
        const std::string usual = "content=\"socket.io/\"";
        expected.replace(expected.find(usual), usual.size(),
                         "content=\"" + std::string(row.told) + "\"");
        EXPECT_EQ(body(page), expected);
        EXPECT_EQ(header(page, "Content-Encoding"), "");
        EXPECT_EQ(header(page, "Content-Security-Policy"), web::content_security_policy);
        EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
      }
    }
    // Another page, another tag: who has the other one must not keep it.
    const auto tag = header(get("/", {}, row.path), "ETag");
    EXPECT_TRUE(tags.insert(tag).second) << tag;
    EXPECT_EQ(get("/", {{"If-None-Match", tag}}, row.path).status, 304);
    EXPECT_EQ(get("/", {{"If-None-Match", std::string(web::find("/")->etag)}}, row.path).status,
              200);
  }
  // The other files are the same for all.
  for (const auto& file : web::all()) {
    if (&file == web::find("/")) continue;
    EXPECT_EQ(body(get("/" + std::string(file.path), {}, "/live/")), file.bytes) << file.path;
  }
}

TEST(dashboard_files, nothing_else_is_answered) {
  net::server_request request;
  request.method = "GET";
  for (const auto* path : {"/nothing", "/assets/", "/api/containers"}) {
    request.path = path;
    EXPECT_FALSE(dashboard_files("/socket.io/").answer(request)) << path;
  }
}

} // namespace
} // namespace dockhost::apps
