// SPDX-License-Identifier: MIT
#include "docker/engine_json.hpp"
#include "docker/json_lines.hpp"
#include "docker/status_text.hpp"

#include <gtest/gtest.h>

namespace dockhost::docker {
namespace {

TEST(engine_json, a_spec_becomes_a_create_call) {
  container_spec spec;
  spec.name = "n";
  spec.image = "i:1";
  spec.hostname = "h";
  spec.env = {"A=1"};
  spec.labels = {{"l", "v"}};
  spec.ports = {{22, "", 18000}, {80, "127.0.0.1", 18001}, {80, "", 18001, "sctp"}};
  spec.network = "net";
  spec.memory_bytes = 5;
  spec.nano_cpus = 6;
  spec.pids_limit = 7;
  spec.storage_size = "10G";
  EXPECT_EQ(
      encode_create(spec),
      R"({"Image":"i:1","Env":["A=1"],"Labels":{"l":"v"},"ExposedPorts":{"22/tcp":{},"80/sctp":{},"80/tcp":{}},)"
      R"("HostConfig":{"PortBindings":{"22/tcp":[{"HostIp":"","HostPort":"18000"}],)"
      R"("80/sctp":[{"HostIp":"","HostPort":"18001"}],)"
      R"("80/tcp":[{"HostIp":"127.0.0.1","HostPort":"18001"}]},"RestartPolicy":{"Name":"unless-stopped"},)"
      R"("LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}},"NetworkMode":"net",)"
      R"("Memory":5,"MemorySwap":5,"NanoCpus":6,"PidsLimit":7,"SecurityOpt":["no-new-privileges"],)"
      R"("StorageOpt":{"size":"10G"}},"Hostname":"h"})");
}

TEST(engine_json, a_list_and_its_ports) {
  const auto list = decode_list(R"([
    {"Id":"ab","Names":["/other/alias","/own"],"Image":"i","State":"running","Status":"Up 4 hours","Created":1700000000,
     "Labels":{"k":"v"},"Ports":[{"IP":"0.0.0.0","PrivatePort":22,"PublicPort":18000,"Type":"tcp"},
     {"IP":"::","PrivatePort":22,"PublicPort":18000,"Type":"tcp"},{"PrivatePort":80,"Type":"tcp"},
     {"IP":"0.0.0.0","PrivatePort":53,"PublicPort":53,"Type":"udp"},
     {"IP":"0.0.0.0","PrivatePort":53,"PublicPort":53,"Type":"tcp"},
     {"IP":"0.0.0.0","PrivatePort":9,"PublicPort":9,"Type":"morse"}]},
    {"Id":"cd","Names":null,"Labels":null,"Ports":null}])",
                                1'700'100'000);
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].name, "own");
  EXPECT_EQ((*list)[0].created_unix, 1700000000);
  EXPECT_EQ((*list)[0].ports,
            (std::vector<port_binding>{{22, "", 18000}, {53, "", 53}, {53, "", 53, "udp"}}));
  EXPECT_EQ((*list)[0].started, (start_time{1'700'085'600, 3'600}));
  EXPECT_TRUE((*list)[1].ports.empty());
  EXPECT_EQ((*list)[1].started, start_time());
}

TEST(engine_json, details_and_what_is_missing_in_them) {
  const auto d = decode_details(R"({"Id":"ab","Name":"/n","Created":"2025-05-30T12:07:14.1Z",
    "State":{"Status":"exited","ExitCode":137,"OOMKilled":true,"Pid":0,"StartedAt":"s","FinishedAt":"f"},
    "Config":{"Image":"i","Tty":true,"Labels":{"k":"v"}},
    "HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-file":"2","max-size":"1m"}},"PortBindings":{"22/tcp":[{"HostIp":"","HostPort":"18000"}],"53/udp":[{"HostPort":"53"}],"9/morse":[{"HostPort":"9"}],"/tcp":[{"HostPort":"9"}],
      "80/tcp":[{"HostIp":"","HostPort":""}],"81/tcp":[{"HostPort":"70000"}]}},
    "NetworkSettings":{"Ports":{"22/tcp":null}}})");
  ASSERT_TRUE(d.ok());
  EXPECT_EQ(d->name, "n");
  EXPECT_EQ(d->exit_code, 137);
  EXPECT_TRUE(d->oom_killed);
  EXPECT_TRUE(d->tty);
  EXPECT_EQ(d->log, (log_rotation{1'000'000, 2}));
  EXPECT_EQ(d->configured_ports, (std::vector<port_binding>{{22, "", 18000}, {53, "", 53, "udp"}}));
  EXPECT_TRUE(d->bound_ports.empty());
  EXPECT_EQ(summarize(*d).created_unix, 1748606834);
}

TEST(engine_json, a_start_in_the_words_of_a_listing) {
  constexpr std::int64_t now = 1'700'000'000;
  const struct {
    const char* status;
    std::int64_t ago, give;
  } rows[] = {
      {"Up Less than a second", 0, 1},
      {"Up 1 second", 1, 1},
      {"Up 59 seconds (health: starting)", 59, 1},
      {"Up About a minute", 60, 60},
      {"Up 5 minutes (Paused)", 300, 60},
      {"Up About an hour (healthy)", 3'600, 3'600},
      {"Up 47 hours", 169'200, 3'600},
      {"Up 3 days", 259'200, 86'400},
      {"Up 2 weeks", 1'209'600, 604'800},
      {"Up 2 months", 5'184'000, 2'592'000},
      {"Up 2 years", 63'072'000, 31'536'000},
  };
  for (const auto& row : rows)
    EXPECT_EQ(start_from_status(row.status, now), (start_time{now - row.ago, row.give}))
        << row.status;
  for (const auto* none :
       {"", "Up", "Up ", "Up 4", "Up 4hours", "Up -4 hours", "Up 4 moons", "Up x hours", "Created",
        "Up 99999999999999999999 hours", "Exited (0) 4 hours ago", "Restarting (1) 4 hours ago"})
    EXPECT_EQ(start_from_status(none, now), start_time()) << none;
}

TEST(engine_json, a_start_is_told_of_what_runs) {
  container_details d;
  d.started_at = "2025-05-30T12:07:14.1Z";
  for (const auto* status : {"running", "paused"}) {
    d.status = status;
    EXPECT_EQ(start_of(d), (start_time{1748606834, 0}));
    EXPECT_EQ(summarize(d).started, start_of(d));
  }
  d.status = "exited";
  EXPECT_EQ(start_of(d), start_time());
  d.status = "running";
  d.started_at = "0001-01-01T00:00:00Z";
  EXPECT_EQ(start_of(d), start_time());
}

TEST(engine_json, what_is_no_answer_is_failed) {
  EXPECT_EQ(decode_list("{}", 0).err().code, engine_errc::failed);
  EXPECT_EQ(decode_list("[", 0).err().code, engine_errc::failed);
  EXPECT_EQ(decode_details("{}").err().code, engine_errc::failed);
  EXPECT_EQ(decode_id("null").err().code, engine_errc::failed);
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(decode_details(deep).err().code, engine_errc::failed);
  EXPECT_EQ(decode_list(R"([1,"x",null])", 0)->size(), 3U); // odd, and harmless
}

TEST(engine_json, errors_in_words) {
  EXPECT_EQ(decode_message("{\"message\":\"no\\n\"}\n"), "no");
  EXPECT_EQ(decode_message("plain\n"), "plain");
  EXPECT_EQ(decode_message(std::string(100'000, 'x')).size(), 2'000U);
}

TEST(engine_json, since_is_seconds_and_nanoseconds) {
  EXPECT_EQ(encode_since(1'700'000'000'000'000'001), "1700000000.000000001");
}

TEST(engine_json, events_of_containers_only) {
  const auto event = decode_event(
      R"({"status":"die","id":"ab","Type":"container","Action":"die","Actor":{"ID":"ab",)"
      R"("Attributes":{"exitCode":"1","name":"n"}},"time":1,"timeNano":1000000001})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->id, "ab");
  EXPECT_EQ(event->attributes.at("exitCode"), "1");
  EXPECT_EQ(event->time_nano, 1'000'000'001);
  EXPECT_FALSE(decode_event(R"({"Type":"network","Action":"x","Actor":{"ID":"a"}})").has_value());
  EXPECT_FALSE(decode_event("{").has_value());
}

TEST(engine_json, a_pulls_lines) {
  EXPECT_EQ(decode_pull_line(R"({"status":"Pulling","id":"a1","progress":"[=>]"})").text,
            "a1: Pulling [=>]");
  EXPECT_EQ(*decode_pull_line(R"({"errorDetail":{"message":"no"},"error":"no"})").error, "no");
  EXPECT_EQ(*decode_pull_line(R"({"errorDetail":{"message":"no"}})").error, "no");
  EXPECT_EQ(decode_pull_line("garbage").text, "");
}

TEST(line_splitter, lines_split_anywhere_come_out_whole) {
  const std::string stream = "{\"a\":1}\r\n\x1e{\"b\":2}\n\n{\"c\":3}";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    line_splitter splitter;
    std::vector<std::string> lines;
    const auto add = [&](std::string_view line) { lines.emplace_back(line); };
    for (std::size_t at = 0; at < stream.size(); at += piece)
      EXPECT_TRUE(splitter.feed(std::string_view(stream).substr(at, piece), add));
    splitter.finish(add);
    EXPECT_EQ(lines, (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"})) << piece;
  }
}

TEST(line_splitter, a_line_without_end_is_bounded) {
  line_splitter splitter(10);
  int lines = 0;
  EXPECT_TRUE(splitter.feed("12345", [&](auto) { ++lines; }));
  EXPECT_FALSE(splitter.feed("678901", [&](auto) { ++lines; }));
  EXPECT_FALSE(splitter.feed("\n1\n", [&](auto) { ++lines; }));
  EXPECT_EQ(lines, 0);
}

} // namespace
} // namespace dockhost::docker
