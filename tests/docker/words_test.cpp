// SPDX-License-Identifier: MIT
// Addresses, versions, names and command lines.
#include "docker/api_version.hpp"
#include "docker/cli_arguments.hpp"
#include "docker/engine_address.hpp"
#include "docker/names.hpp"
#include "docker/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dockhost::docker {
namespace {

TEST(engine_address, forms_of_docker_host) {
  const auto text = [](std::string_view host, const engine_tls& tls = {}) {
    const auto parsed = parse_engine_address(host, tls);
    return parsed ? parsed->text() : "refused";
  };
  EXPECT_EQ(text(""), "unix:///var/run/docker.sock");
  EXPECT_EQ(text("unix://"), "unix:///var/run/docker.sock");
  EXPECT_EQ(text("unix:///run/user/1/docker.sock"), "unix:///run/user/1/docker.sock");
  EXPECT_EQ(text("/tmp/x.sock"), "unix:///tmp/x.sock");
  EXPECT_EQ(text("tcp://10.0.0.1:1234"), "tcp://10.0.0.1:1234");
  EXPECT_EQ(text("tcp://host"), "tcp://host:2375");
  EXPECT_EQ(text("tcp://host", {.verify = true}), "tcp://host:2376");
  EXPECT_EQ(text("host:2000"), "tcp://host:2000");
  EXPECT_EQ(text("tcp://[::1]:2000"), "tcp://[::1]:2000");
  EXPECT_EQ(text("tcp://[::1]"), "tcp://[::1]:2375");
  EXPECT_EQ(text("http://host:80/engine/"), "tcp://host:80/engine");
  EXPECT_EQ(text("https://host"), "tcp://host:2376");
  for (const auto* bad :
       {"tcp://", "tcp://:2375", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://host:1x",
        "tcp://[::1", "tcp://[::1]:", "unix://relative", "ssh://host", "npipe:////./pipe", "a b",
        "tcp://h\n:1"})
    EXPECT_EQ(text(bad), "refused") << bad;
  EXPECT_EQ(text("unix:///" + std::string(107, 'x')), "refused");
}

TEST(engine_address, tls_comes_from_the_folder_or_one_by_one) {
  const auto off = parse_engine_address("tcp://h:1", {});
  EXPECT_FALSE(off->tls);
  const auto folder = parse_engine_address("tcp://h:1", {.verify = true, .cert_path = "/c"});
  EXPECT_TRUE(folder->tls);
  EXPECT_TRUE(folder->tls_verify);
  EXPECT_EQ(folder->ca_file, "/c/ca.pem");
  EXPECT_EQ(folder->client_cert, "/c/cert.pem");
  EXPECT_EQ(folder->client_key, "/c/key.pem");
  const auto own = parse_engine_address("tcp://h:1", {.cert_path = "/c", .ca_file = "/own.pem"});
  EXPECT_EQ(own->ca_file, "/own.pem");
  EXPECT_FALSE(own->tls_verify);
  EXPECT_TRUE(parse_engine_address("https://h", {})->tls_verify);
  EXPECT_TRUE(own->remote());
  EXPECT_EQ(own->published_host(), "h");
  EXPECT_EQ(parse_engine_address("", {.verify = true})->published_host(), "127.0.0.1");
}

TEST(api_version, the_lower_of_both_sides_is_spoken) {
  EXPECT_EQ(agree(*parse_api_version("1.41"))->text(), "1.41");
  EXPECT_EQ(agree(*parse_api_version("1.48"))->text(), "1.48");
  EXPECT_EQ(agree(*parse_api_version("1.60"))->text(), "1.51");
  EXPECT_FALSE(agree(*parse_api_version("1.40")).has_value());
  EXPECT_EQ(agree(*parse_api_version("2.0"))->text(), "1.51");
  for (const auto* bad : {"", "1", "1.", ".41", "1.4x", "x.1", "-1.41"})
    EXPECT_FALSE(parse_api_version(bad).has_value()) << bad;
}

TEST(names, what_can_be_a_container) {
  EXPECT_TRUE(valid_container_reference("dockhost-ann_1.x"));
  for (const auto* bad : {"", "-a", ".a", "a/b", "a b", "a:b", "--help", "\xc3\xa9"})
    EXPECT_FALSE(valid_container_reference(bad)) << bad;
}

TEST(names, an_image_and_its_tag) {
  EXPECT_EQ(split_image("a").text(), "a:latest");
  EXPECT_EQ(split_image("a/b:1").text(), "a/b:1");
  EXPECT_EQ(split_image("host:5000/a").text(), "host:5000/a:latest");
  EXPECT_EQ(split_image("host:5000/a:2").text(), "host:5000/a:2");
  EXPECT_EQ(split_image("a@sha256:00").text(), "a@sha256:00");
}

TEST(names, what_is_encoded_for_a_path) {
  EXPECT_EQ(url_encode("a b/{}\xff"), "a%20b%2F%7B%7D%FF");
  EXPECT_EQ(url_encode("a/b:1", "/:"), "a/b:1");
}

TEST(cli_arguments, words_from_outside_are_never_options) {
  container_spec spec;
  spec.name = "n";
  spec.image = "i";
  spec.env = {"A=; rm -rf /", "B=$(id)"};
  spec.labels = {{"k", "--help"}};
  spec.ports = {
      {22, "", 18000}, {80, "10.0.0.1", 18001}, {443, "::1", 18002}, {53, "", 18003, "udp"}};
  spec.memory_bytes = 536870912;
  spec.nano_cpus = 500'000'000;
  spec.pids_limit = 512;
  spec.storage_size = "10G";
  EXPECT_THAT(cli_create(spec),
              ::testing::ElementsAre(
                  "create", "--pull=never", "--name=n", "--restart=unless-stopped",
                  "--log-driver=json-file", "--log-opt=max-size=10m", "--log-opt=max-file=3",
                  "--security-opt=no-new-privileges", "--memory=536870912",
                  "--memory-swap=536870912", "--cpus=0.500000000", "--pids-limit=512",
                  "--storage-opt=size=10G", "--env=A=; rm -rf /", "--env=B=$(id)",
                  "--label=k=--help", "--publish=18000:22/tcp", "--publish=10.0.0.1:18001:80/tcp",
                  "--publish=[::1]:18002:443/tcp", "--publish=18003:53/udp", "--", "i"));
  EXPECT_THAT(cli_stop("c", std::chrono::seconds(7)),
              ::testing::ElementsAre("stop", "-t", "7", "--", "c"));
  EXPECT_THAT(cli_get_archive("c", "/a:b"), ::testing::ElementsAre("cp", "--", "c:/a:b", "-"));
}

TEST(rfc3339, the_engines_times) {
  EXPECT_EQ(unix_seconds("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(unix_seconds("2025-05-30T12:07:14.123456789Z"), 1748606834);
  EXPECT_EQ(unix_seconds("2025-05-30T14:07:14.1+02:00"), 1748606834);
  EXPECT_EQ(unix_seconds("2025-05-30T07:07:14-05:00"), 1748606834);
  for (const auto* bad : {"", "2025", "2025-13-01T00:00:00Z", "xxxx-01-01T00:00:00Z"})
    EXPECT_EQ(unix_seconds(bad), 0) << bad;
  EXPECT_EQ(rfc3339(1748606834'123456789), "2025-05-30T12:07:14.123456789Z");
  EXPECT_EQ(rfc3339(0), "0001-01-01T00:00:00Z");
}

} // namespace
} // namespace dockhost::docker
