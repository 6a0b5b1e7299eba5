// SPDX-License-Identifier: MIT
#include "web/assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace {

using namespace dockhost;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(web_assets, the_root_is_the_page) {
  const auto* page = web::find("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->path, "index.html");
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_THAT(std::string{page->bytes}, StartsWith("<!doctype html>"));
  EXPECT_FALSE(page->immutable);
  for (const auto* name : {"", "index.html", "/index.html"})
    EXPECT_EQ(web::find(name), page) << name;
}

TEST(web_assets, every_file_is_found_by_its_name) {
  ASSERT_FALSE(web::all().empty());
  EXPECT_TRUE(std::ranges::is_sorted(web::all(), {}, &web::asset::path));
  for (const auto& file : web::all()) {
    EXPECT_EQ(web::find(file.path), &file) << file.path;
    EXPECT_EQ(web::find("/" + std::string{file.path}), &file) << file.path;
    EXPECT_FALSE(file.bytes.empty()) << file.path;
    EXPECT_FALSE(file.content_type.empty()) << file.path;
  }
}

TEST(web_assets, nothing_else_is_found) {
  for (const auto* path :
       {"/.", "/..", "/../index.html", "//index.html", "/index.html/", "/index.htm", "/INDEX.HTML",
        "/assets", "/assets/", "/assets/../index.html", "/%2e%2e/index.html", "/index.html?x",
        "/src/main.tsx", "/package.json", "\\index.html"}) {
    if (std::string_view{path} == "/index.html")
      continue; // the one with the NUL, which ends a C string
    EXPECT_EQ(web::find(path), nullptr) << path;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(web::find("/index.html\0"sv), nullptr);
}

TEST(web_assets, entity_tags_are_strong_and_never_shared) {
  std::set<std::string_view> seen;
  for (const auto& file : web::all()) {
    for (const auto tag : {file.etag, file.gzip_etag}) {
      EXPECT_THAT(std::string{tag}, StartsWith("\""));
      EXPECT_THAT(std::string{tag}, EndsWith("\""));
      EXPECT_TRUE(seen.insert(tag).second) << tag;
    }
  }
}

TEST(web_assets, compressed_bytes_are_gzip_and_smaller) {
  for (const auto& file : web::all()) {
    if (file.gzip.empty()) continue;
    EXPECT_LT(file.gzip.size(), file.bytes.size()) << file.path;
    EXPECT_THAT(std::string{file.gzip}, StartsWith("\x1f\x8b\x08")) << file.path;
  }
}

TEST(web_assets, hashed_names_are_immutable_and_small) {
  std::size_t script_bytes = 0;
  for (const auto& file : web::all()) {
    EXPECT_EQ(file.immutable, file.path.starts_with("assets/")) << file.path;
    if (file.path.ends_with(".js")) script_bytes += file.gzip.size();
  }
  EXPECT_EQ(script_bytes > 0, web::has_dashboard());
  EXPECT_LE(script_bytes, 120U * 1024);
}

TEST(web_assets, the_page_works_under_any_prefix_and_under_its_policy) {
  const std::string page{web::find("/")->bytes};
  for (const auto* part :
       {"src=\"/", "href=\"/", "http:", "https:", "<style", " style=", " onload=", "javascript:"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
  EXPECT_THAT(std::string{web::content_security_policy}, Not(HasSubstr("unsafe")));
  if (!web::has_dashboard()) return;
  // No code between the tags: only files.
  EXPECT_THAT(page, HasSubstr("src=\"./assets/"));
  EXPECT_THAT(page, HasSubstr("></script>"));
}

} // namespace
