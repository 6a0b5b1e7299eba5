// SPDX-License-Identifier: MIT
#include "apps/doctor.hpp"
#include "apps/doctor_gather.hpp"
#include "docker/simulated_engine.hpp"
#include "tests/support/temp_folder.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

using ::testing::HasSubstr;
constexpr std::int64_t gib = 1LL << 30;

/// A machine on which all is well.
doctor_facts sound() {
  doctor_facts f;
  f.values.server.url = "localhost:3001";
  f.config_file = "/etc/dockhost/dockhost.toml";
  f.engine.address = "unix:///var/run/docker.sock";
  f.engine.socket_exists = true;
  docker::engine_info info;
  info.version = "20.10.24";
  info.api_version = "1.41";
  info.storage_driver = "overlay2";
  f.engine.info = info;
  f.engine.image_here = true;
  f.server.answer = server_answer::socket_io;
  f.key.present = true;
  f.ports = {1024, 32767, {32768, 60999}, 10581, 10500, true};
  f.state.folder = "/var/lib/dockhost";
  f.state.node_id = "35deb2ce-69d0-40e6-889c-9ce139f0709a";
  f.memory = platform::memory_info{4 * gib, 3 * gib};
  f.disk = platform::disk_info{100 * gib, 50 * gib};
  f.disk_path = "/var/lib/docker";
  f.cpus = 2;
  f.now_unix = 1'000'000;
  return f;
}

finding of(const doctor_facts& facts, const std::string& name) {
  for (auto& each : diagnose(facts)) {
    if (each.name == name) return each;
  }
  return {name, verdict::fail, "no such finding", ""};
}

struct doctor_case {
  const char* name;
  void (*change)(doctor_facts&);
  const char* finding;
  verdict result;
  const char* says;
};

// Each row breaks one thing of a sound machine.
const doctor_case cases[] = {
    {"config_error",
     [](doctor_facts& f) {
       f.config_problems = {{severity::warning, "", "log.level x"},
                            {severity::error, "f:3", "ports.last must be 0"}};
     },
     "configuration", verdict::fail, "error: f:3: ports.last must be 0"},
    {"config_warning",
     [](doctor_facts& f) {
       f.config_problems = {{severity::warning, "", "ports.first low"}};
     },
     "configuration", verdict::warn, "ports.first low"},
    {"no_engine",
     [](doctor_facts& f) {
       f.engine.info.reset();
       f.engine.socket_exists = false;
     },
     "engine", verdict::fail, "there is no engine at unix:///var/run/docker.sock"},
    {"not_in_the_docker_group",
     [](doctor_facts& f) {
       f.engine.info.reset();
       f.engine.socket_permitted = false;
     },
     "engine", verdict::fail, "this user may not use"},
    {"engine_hangs",
     [](doctor_facts& f) {
       f.engine.info.reset();
       f.engine.failure = "no answer in time";
     },
     "engine", verdict::fail, "no answer in time"},
    {"remote_engine_away",
     [](doctor_facts& f) {
       f.engine.info.reset();
       f.engine.address = "tcp://10.0.0.1:2376";
       f.engine.failure = "connect ECONNREFUSED 10.0.0.1:2376";
     },
     "engine", verdict::fail, "ECONNREFUSED"},
    {"simulated", [](doctor_facts& f) { f.values.engine.kind = engine_kind::simulated; }, "engine",
     verdict::warn, "simulated"},
    {"quota_that_may_not_hold", [](doctor_facts& f) { f.values.containers.storage_size = "10G"; },
     "engine", verdict::warn, "overlay2 may not enforce it"},
    {"image_unknown", [](doctor_facts& f) { f.engine.image_here.reset(); }, "image", verdict::warn,
     "unknown"},
    {"image_missing", [](doctor_facts& f) { f.engine.image_here = false; }, "image", verdict::warn,
     "the first create pulls it"},
    {"image_missing_for_good",
     [](doctor_facts& f) {
       f.engine.image_here = false;
       f.values.containers.pull = pull_policy::never;
     },
     "image", verdict::fail, "containers.pull is never"},
    {"no_key", [](doctor_facts& f) { f.key.present = false; }, "api-key", verdict::fail,
     "there is none"},
    {"key_expired", [](doctor_facts& f) { f.key.expires_unix = f.now_unix; }, "api-key",
     verdict::fail, "expired"},
    {"key_about_to_expire",
     [](doctor_facts& f) { f.key.expires_unix = f.now_unix + 3 * 86'400 + 5; }, "api-key",
     verdict::warn, "3 days"},
    {"key_open",
     [](doctor_facts& f) {
       f.key.file = "/k";
       f.key.open_to_others = true;
     },
     "api-key", verdict::warn, "/k can be read"},
    {"no_url",
     [](doctor_facts& f) {
       f.values.server.url.clear();
       f.server = {};
     },
     "server", verdict::fail, "no main server is set"},
    {"wrong_url",
     [](doctor_facts& f) {
       f.values.server.url = "ftp://h";
       f.server = {};
       f.config_problems = {{severity::error, "", "server.url must begin with"}};
     },
     "server", verdict::fail, "ftp://h: server.url must begin with"},
    {"server_down",
     [](doctor_facts& f) {
       f.server = {server_answer::failed, "connect ECONNREFUSED 127.0.0.1:3001"};
     },
     "server", verdict::fail, "ECONNREFUSED 127.0.0.1:3001"},
    {"other_server",
     [](doctor_facts& f) {
       f.server = {server_answer::other_http, "HTTP 404"};
     },
     "server", verdict::fail, "no Socket.IO server (HTTP 404)"},
    {"no_port", [](doctor_facts& f) { f.ports.free = 0; }, "ports", verdict::fail, "0 of 10581"},
    {"few_ports", [](doctor_facts& f) { f.ports.free = 49; }, "ports", verdict::warn,
     "fewer than capacity.max_containers"},
    {"ephemeral_ports", [](doctor_facts& f) { f.ports.last = 32768; }, "ports", verdict::warn,
     "ephemeral"},
    {"little_memory",
     [](doctor_facts& f) {
       f.memory = platform::memory_info{gib, gib / 2};
     },
     "memory", verdict::warn, "0.5 GB available of 1.0 GB"},
    {"no_memory",
     [](doctor_facts& f) {
       f.memory = platform::memory_info{4 * gib, gib / 10};
     },
     "memory", verdict::fail, "creates will be refused"},
    {"little_disk",
     [](doctor_facts& f) {
       f.disk = platform::disk_info{100 * gib, 9 * gib};
     },
     "disk", verdict::warn, "9.0 GB free at /var/lib/docker"},
    {"no_disk",
     [](doctor_facts& f) {
       f.disk = platform::disk_info{100 * gib, gib / 2};
     },
     "disk", verdict::fail, "creates will be refused"},
    {"one_core", [](doctor_facts& f) { f.cpus = 1; }, "cores", verdict::warn, "1 core"},
    {"state_folder", [](doctor_facts& f) { f.state.failure = "/x cannot be written"; }, "state",
     verdict::fail, "/x cannot be written"},
    {"identity", [](doctor_facts& f) { f.state.node_id_failure = "/etc/machine-id is empty"; },
     "identity", verdict::fail, "/etc/machine-id is empty"},
};

class doctor_table : public ::testing::TestWithParam<doctor_case> {};

TEST_P(doctor_table, finds_it_and_says_what_to_do) {
  const auto& row = GetParam();
  auto facts = sound();
  row.change(facts);
  const auto found = of(facts, row.finding);
  EXPECT_EQ(found.result, row.result) << found.message;
  EXPECT_THAT(found.message, HasSubstr(row.says));
  EXPECT_FALSE(found.advice.empty());
  EXPECT_EQ(any_failed(diagnose(facts)), row.result == verdict::fail);
  for (const auto& other : diagnose(facts)) {
    if (other.name == row.finding || other.name == "configuration") continue;
    EXPECT_EQ(other.result, verdict::ok) << "besides: " << other.name << " " << other.message;
  }
}

INSTANTIATE_TEST_SUITE_P(rows, doctor_table, ::testing::ValuesIn(cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(doctor, a_sound_machine_has_only_good_lines_without_advice) {
  for (const auto& each : diagnose(sound())) {
    EXPECT_EQ(each.result, verdict::ok) << each.name;
    EXPECT_EQ(each.advice, "") << each.name;
  }
}

TEST(doctor, text_and_json) {
  const std::vector<finding> two{{"engine", verdict::ok, "Docker", ""},
                                 {"server", verdict::fail, "down", "start it"}};
  EXPECT_EQ(findings_text(two, false), "OK    engine        Docker\n"
                                       "FAIL  server        down\n"
                                       "                    -> start it\n");
  EXPECT_THAT(findings_text(two, true), HasSubstr("\x1b[31mFAIL"));
  const auto parsed = json::parse(findings_json(two));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(*parsed->find("ok")->as_bool());
  EXPECT_EQ(*parsed->find("findings")->as_array()->at(1).find("result")->as_string(), "FAIL");
}

TEST(doctor_gather, asks_the_engine) {
  net::io_thread io;
  docker::simulated_engine engine(io);
  auto facts = sound();
  facts.engine.info.reset();
  facts.engine.image_here.reset();
  gather_engine(facts, engine, std::chrono::seconds(5));
  EXPECT_TRUE(facts.engine.info.has_value());
  EXPECT_TRUE(facts.engine.image_here.has_value());
}

TEST(doctor_gather, an_engine_that_is_away_is_a_finding) {
  net::io_thread io;
  docker::simulated_engine engine(io);
  engine.set_reachable(false);
  auto facts = sound();
  facts.engine.info.reset();
  gather_engine(facts, engine, std::chrono::seconds(5));
  EXPECT_FALSE(facts.engine.info.has_value());
  EXPECT_FALSE(facts.engine.failure.empty());
}

TEST(doctor_gather, a_server_that_is_away_is_a_finding) {
  net::io_thread io;
  auto facts = sound();
  facts.values.server.url = "127.0.0.1:1"; // nobody may listen there without privilege
  gather_server(facts, io, std::chrono::seconds(5));
  EXPECT_EQ(facts.server.answer, server_answer::failed);
  EXPECT_THAT(facts.server.detail, HasSubstr("127.0.0.1:1"));
}

TEST(doctor_gather, looks_at_this_machine) {
  const test::temp_folder folder;
  auto facts = sound();
  facts.values.node.state_dir = folder.file("not/yet");
  facts.values.node.id = "35deb2ce-69d0-40e6-889c-9ce139f0709a";
  facts.values.ports.first = 20'000;
  facts.values.ports.last = 20'299;
  facts.values.server.api_key = "0123456789";
  gather_machine(facts);
  EXPECT_EQ(facts.state.failure, "");
  EXPECT_EQ(facts.ports.blocks, 100);
  EXPECT_GT(facts.ports.free, 0);
  EXPECT_TRUE(facts.key.present);
  EXPECT_TRUE(facts.memory && facts.disk);
  EXPECT_EQ(of(facts, "state").result, verdict::ok);
  facts.values.node.state_dir = folder.write("file", "") + "/state";
  gather_machine(facts);
  EXPECT_THAT(facts.state.failure, HasSubstr("/state cannot be written: Not a directory"));
}

} // namespace
} // namespace dockhost::apps
