// SPDX-License-Identifier: MIT
#include "core/image_reference.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dockhost {
namespace {

TEST(image_reference, accepts_the_grammar) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& good : std::initializer_list<std::string>{
           "a", "sohampirale/instance", "ubuntu:22.04", "a/b/c", "localhost/x",
           "localhost:5000/x:y", "host.example:5000/team/image:v1.2_3-rc", "UPPER/x",
           "x/a.b__c-d---e/f_g", "x" + digest, "host.example/x:tag" + digest,
           "x:" + std::string(128, 't'), std::string(255, 'a')})
    EXPECT_TRUE(is_image_reference(good)) << good;
}

TEST(image_reference, refuses_everything_else) {
  for (const std::string& bad : std::initializer_list<std::string>{"",
                                                                   "-",
                                                                   "--privileged",
                                                                   "-v/:/x",
                                                                   "/a",
                                                                   "a/",
                                                                   "a//b",
                                                                   "../x",
                                                                   "a/../b",
                                                                   "a b",
                                                                   "a\nb",
                                                                   "Upper",
                                                                   "a/Upper",
                                                                   "a:",
                                                                   "a:-t",
                                                                   "a:.t",
                                                                   "a:b:c",
                                                                   ":tag",
                                                                   "@sha256:",
                                                                   "a@sha256:abc",
                                                                   "a@" + std::string(64, 'a'),
                                                                   "a_-b",
                                                                   "a___b",
                                                                   "a..b",
                                                                   "_a",
                                                                   "a-",
                                                                   ".",
                                                                   "$(id)",
                                                                   "a;b",
                                                                   "a:" + std::string(129, 't'),
                                                                   std::string(256, 'a'),
                                                                   "host.example:99999999/x",
                                                                   "host.example:x/y",
                                                                   "-host.example/x",
                                                                   "host-.example/x",
                                                                   ".example/x",
                                                                   "host./x",
                                                                   std::string("a\0b", 3),
                                                                   "j\xc3\xbc"})
    EXPECT_FALSE(is_image_reference(bad)) << bad;
}

} // namespace
} // namespace dockhost
