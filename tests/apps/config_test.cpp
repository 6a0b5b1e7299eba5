// SPDX-License-Identifier: MIT
// Where settings come from, and what is said about wrong ones.
#include "apps/config.hpp"
#include "apps/config_layers.hpp"
#include "platform/file.hpp"
#include "tests/support/temp_folder.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace dockhost::apps {
namespace {

using namespace std::chrono_literals;
using test::temp_folder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> texts(const std::vector<problem>& problems) {
  std::vector<std::string> out;
  for (const auto& each : problems) {
    out.push_back(to_string(each));
  }
  return out;
}

std::vector<std::string> toml_problems(std::string_view text) {
  loaded_config config;
  apply_toml(config, text, "f");
  return texts(config.problems);
}

TEST(config_file, sets_what_it_names) {
  loaded_config config;
  apply_toml(config, "[server]\nurl = 'wss://h/p'\n[ports]\nfirst = 3000\n[deadlines]\nquery = 2\n",
             "f");
  EXPECT_THAT(config.problems, IsEmpty());
  EXPECT_EQ(config.values.server.url, "wss://h/p");
  EXPECT_EQ(config.values.ports.first, 3000);
  EXPECT_EQ(config.values.deadlines.query, 2s);
  EXPECT_EQ(config.origins.at("ports.first").where, "f:4");
}

TEST(config_file, unknown_names_are_errors_with_their_line_and_a_suggestion) {
  EXPECT_THAT(toml_problems("[server]\n\nulr = 'x'\n"),
              ElementsAre("error: f:3: unknown option \"server.ulr\"; did you mean "
                          "\"server.url\"?"));
  EXPECT_THAT(toml_problems("[sevrer]\nurl = 'x'\n"),
              ElementsAre("error: f:1: unknown option \"sevrer\"; did you mean \"server\"?"));
  EXPECT_THAT(toml_problems("[server]\nquantum_flux = 1\n"),
              ElementsAre("error: f:2: unknown option \"server.quantum_flux\""));
}

TEST(config_file, wrong_types_say_what_was_expected) {
  EXPECT_THAT(toml_problems("[ports]\nfirst = \"3000\"\nlast = []\n[server]\ntls_verify = 1\n"),
              ElementsAre("error: f:2: ports.first: expected a whole number",
                          "error: f:3: ports.last: expected a whole number",
                          "error: f:5: server.tls_verify: expected true or false"));
  EXPECT_THAT(toml_problems("server = 1\n"),
              ElementsAre("error: f:1: \"server\" is a section: write it as [server]"));
}

TEST(config_file, lists_are_lists_of_texts) {
  loaded_config config;
  apply_toml(config, "[live]\norigins = ['http://a', 'http://b']\n", "f");
  EXPECT_THAT(config.values.live.origins, ElementsAre("http://a", "http://b"));
  EXPECT_THAT(toml_problems("[live]\norigins = ['a', 1]\n"),
              ElementsAre("error: f:2: live.origins: expected one value"));
  EXPECT_THAT(toml_problems("[live]\norigins = 'a'\n"),
              ElementsAre(HasSubstr("f:2: live.origins: expected a list of texts")));
  config_sources sources;
  sources.environment["DOCKHOST_LIVE__ORIGINS"] = "http://a, http://b,";
  EXPECT_THAT(load_config(sources).values.live.origins, ElementsAre("http://a", "http://b"));
}

TEST(config_file, bad_syntax_names_its_line) {
  const auto problems = toml_problems("[server]\nurl = \n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("error: f:2: not TOML: "));
  EXPECT_THAT(toml_problems(std::string(5'000, '[')), ::testing::SizeIs(1));
  EXPECT_THAT(toml_problems("a = " + std::string(100'000, '[')), ::testing::SizeIs(1));
}

TEST(config_file, a_key_without_quotes_is_not_quoted_back) {
  const auto problems = toml_problems("[server]\napi_key = truesecret.abc\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], Not(HasSubstr("secret")));
  EXPECT_THAT(problems[0], HasSubstr("f:2"));
}

TEST(config_file, that_cannot_be_read_is_an_error) {
  config_sources sources;
  sources.file = "/nowhere/dockhost.toml";
  const auto config = load_config(sources);
  EXPECT_THAT(texts(config.problems),
              Contains("error: cannot read /nowhere/dockhost.toml: No such file or directory"));
  EXPECT_FALSE(config.ok());
}

TEST(example_file, is_conf_dockhost_toml_word_for_word) {
  const auto file = platform::read_file(DOCKHOST_SOURCE_DIR "/conf/dockhost.toml");
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, example_file(settings{}))
      << "write it anew: dockhost check-config --print-defaults > conf/dockhost.toml";
}

TEST(example_file, loads_as_the_defaults_with_every_option_named) {
  loaded_config config;
  apply_file(config, DOCKHOST_SOURCE_DIR "/conf/dockhost.toml");
  EXPECT_THAT(texts(config.problems), IsEmpty());
  for (const auto& each : options()) {
    EXPECT_EQ(toml_text(each.where, each.bytes, config.values),
              toml_text(each.where, each.bytes, settings{}))
        << each.name;
    EXPECT_TRUE(config.origins.contains(each.name)) << each.name << " is missing";
  }
}

TEST(layers, later_ones_stand_above_earlier_ones) {
  const temp_folder folder;
  config_sources sources;
  const auto url = [&] { return load_config(sources).values.server.url; };
  EXPECT_EQ(url(), "");
  sources.file = folder.write("f.toml", "[server]\nurl = 'file'\n");
  EXPECT_EQ(url(), "file");
  sources.env_file = folder.write(".env", "MAIN_SERVER_BACKEND_URL=envfile\n");
  EXPECT_EQ(url(), "envfile");
  sources.environment["MAIN_SERVER"] = "older";
  EXPECT_EQ(url(), "older");
  sources.environment["MAIN_SERVER_BACKEND_URL"] = "environment";
  EXPECT_EQ(url(), "environment");
  sources.environment["DOCKHOST_SERVER__URL"] = "generic";
  EXPECT_EQ(url(), "generic");
  sources.flags.emplace_back("server.url", "flag");
  EXPECT_EQ(url(), "flag");
}

TEST(layers, empty_variables_count_as_unset) {
  const temp_folder folder;
  config_sources sources;
  sources.env_file = folder.write(".env", "MAIN_SERVER_BACKEND_URL=envfile\n");
  sources.environment["MAIN_SERVER_BACKEND_URL"] = "";
  sources.environment["DOCKHOST_CONTAINERS__NAME_PREFIX"] = "";
  const auto config = load_config(sources);
  EXPECT_EQ(config.values.server.url, "envfile");
  EXPECT_EQ(config.values.containers.name_prefix, "") << "a named option may be made empty";
}

TEST(environment, every_option_has_a_variable) {
  config_sources sources;
  sources.environment["DOCKHOST_PORTS__FIRST"] = "4000";
  sources.environment["DOCKHOST_DEADLINES__QUERY"] = "never";
  sources.environment["DOCKHOST_PORTS__FRIST"] = "4000";
  const auto config = load_config(sources);
  EXPECT_EQ(config.values.ports.first, 4000);
  EXPECT_THAT(texts(config.problems),
              Contains(HasSubstr("error: environment variable DOCKHOST_DEADLINES__QUERY: "
                                 "deadlines.query: expected a duration")));
  EXPECT_THAT(texts(config.problems),
              Contains("warning: environment variable DOCKHOST_PORTS__FRIST: names no option"));
}

TEST(environment, docker_variables_are_read_as_docker_does) {
  config_sources sources;
  sources.environment = {{"DOCKER_HOST", "tcp://10.0.0.1:2376"},
                         {"DOCKER_TLS_VERIFY", "1"},
                         {"DOCKER_CERT_PATH", "/certs"},
                         {"HOME", "/home/u"}};
  auto engine = load_config(sources).values.engine;
  EXPECT_EQ(engine.host, "tcp://10.0.0.1:2376");
  EXPECT_TRUE(engine.tls_verify);
  EXPECT_EQ(engine.ca_file, "/certs/ca.pem");
  EXPECT_EQ(engine.client_cert, "/certs/cert.pem");
  EXPECT_EQ(engine.client_key, "/certs/key.pem");
  sources.environment.erase("DOCKER_CERT_PATH");
  EXPECT_EQ(load_config(sources).values.engine.ca_file, "/home/u/.docker/ca.pem");
  sources.environment.erase("DOCKER_TLS_VERIFY");
  engine = load_config(sources).values.engine;
  EXPECT_FALSE(engine.tls_verify);
  EXPECT_EQ(engine.ca_file, "");
}

TEST(api_key_source, the_higher_layer_counts) {
  const temp_folder folder;
  const auto path = folder.write("key", "  key-of-the-file \n");
  config_sources sources;
  const auto key = [&] { return load_config(sources).values.server.api_key; };
  sources.environment["DOCKHOST_API_KEY"] = "key-of-the-variable";
  EXPECT_EQ(key(), "key-of-the-variable");
  sources.file = folder.write("f.toml", "[server]\napi_key_file = '" + path + "'\n");
  EXPECT_EQ(key(), "key-of-the-variable");
  EXPECT_EQ(load_config(sources).values.server.api_key_file, "");
  sources.flags.emplace_back("server.api_key_file", path);
  EXPECT_EQ(key(), "key-of-the-file");
  EXPECT_EQ(load_config(sources).values.server.api_key_file, path) << "to be read again later";
}

TEST(api_key_source, systemd_credential_comes_last) {
  const temp_folder folder;
  folder.write("dockhost_api_key", "key-of-systemd\n");
  config_sources sources;
  sources.environment["CREDENTIALS_DIRECTORY"] = folder.path();
  auto server = load_config(sources).values.server;
  EXPECT_EQ(server.api_key, "key-of-systemd");
  EXPECT_EQ(server.api_key_file, folder.file("dockhost_api_key"));
  sources.environment["DOCKHOST_API_KEY"] = "key-of-the-variable";
  EXPECT_EQ(load_config(sources).values.server.api_key, "key-of-the-variable");
}

TEST(api_key_source, a_file_that_cannot_be_read_is_an_error_at_its_origin) {
  const temp_folder folder;
  config_sources sources;
  sources.file = folder.write("f.toml", "[server]\napi_key_file = '/nowhere/key'\n");
  EXPECT_THAT(texts(load_config(sources).problems),
              Contains("error: " + sources.file +
                       ":2: cannot read /nowhere/key: No such file or directory"));
}

TEST(api_key_source, no_message_holds_the_key) {
  const temp_folder folder;
  config_sources sources;
  sources.file = folder.write("f.toml", "[server]\napi_key = 'secret key\twith blanks'\n");
  sources.env_file = folder.write(".env", "DOCKHOST_API_KEY=\"secret unclosed\n");
  for (const auto& text : texts(load_config(sources).problems)) {
    EXPECT_THAT(text, Not(HasSubstr("secret"))) << text;
  }
}

/// The problems of settings that are otherwise in order.
std::vector<std::string> judged(const std::function<void(settings&)>& change) {
  settings s;
  s.server.url = "localhost:3001";
  s.server.api_key = "0123456789abcdef";
  change(s);
  return texts(validate(s));
}

TEST(validate, accepts_the_defaults_with_a_server_and_a_key) {
  EXPECT_THAT(judged([](settings&) {}), IsEmpty());
}

TEST(validate, finds_what_is_missing) {
  const auto problems = texts(validate(settings{}));
  EXPECT_THAT(problems, Contains(HasSubstr("error: server.url is not set")));
  EXPECT_THAT(problems, Contains(HasSubstr("warning: server.api_key is not set")));
}

TEST(validate, keeps_numbers_in_their_ranges) {
  EXPECT_THAT(judged([](settings& s) { s.deadlines.query = 5ms; }),
              ElementsAre("error: deadlines.query must be between \"10ms\" and \"60m\""));
  EXPECT_THAT(judged([](settings& s) { s.server.max_payload = 1; }),
              ElementsAre("error: server.max_payload must be between \"64KiB\" and \"256MiB\""));
  EXPECT_THAT(judged([](settings& s) { s.live.client_buffer = 2 * 1024 * 1024 - 1; }),
              ElementsAre("error: live.client_buffer must be between \"2MiB\" and \"256MiB\""));
  EXPECT_THAT(judged([](settings& s) { s.containers.cpus = -1; }), ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.capacity.max_containers = -1; }), ::testing::SizeIs(1));
}

TEST(validate, looks_at_the_order_of_ports) {
  EXPECT_THAT(judged([](settings& s) { s.ports.last = 1025; }),
              ElementsAre(HasSubstr("error: ports.last must be 0, or at least ports.first + 2")));
  EXPECT_THAT(judged([](settings& s) { s.ports.last = 1026; }), IsEmpty());
  EXPECT_THAT(judged([](settings& s) { s.ports.last = 65535; }),
              ElementsAre(HasSubstr("warning: ports.last reaches into the ephemeral range")));
  EXPECT_THAT(judged([](settings& s) { s.ports.first = 65'533; }),
              ElementsAre(HasSubstr("error: ports.first leaves no block")));
}

TEST(validate, looks_at_relations) {
  EXPECT_THAT(judged([](settings& s) { s.server.backoff_base = 6s; }),
              ElementsAre("error: server.backoff_base must not be above server.backoff_cap"));
  EXPECT_THAT(judged([](settings& s) { s.server.client_cert = "/dev/null"; }),
              ElementsAre("error: server.client_key is missing: server.client_cert is of no use "
                          "without it"));
  EXPECT_THAT(judged([](settings& s) { s.deadlines.create = 30s; }), ::testing::SizeIs(1));
}

TEST(validate, looks_at_names_and_addresses) {
  EXPECT_THAT(judged([](settings& s) { s.node.id = "my-node"; }),
              ElementsAre("error: node.id must be a UUID, or empty"));
  EXPECT_THAT(judged([](settings& s) { s.server.lan_ip = "localhost"; }), ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.containers.bind_address = "::1"; }), IsEmpty());
  EXPECT_THAT(judged([](settings& s) { s.containers.name_prefix = ""; }), IsEmpty());
  EXPECT_THAT(judged([](settings& s) { s.containers.name_prefix = "-x"; }), ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.containers.image = "--privileged"; }),
              ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.containers.image.assign(1'000'000, 'x'); }),
              ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.containers.storage_size = "ten"; }), ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.log.level = "loud"; }), ::testing::SizeIs(1));
  EXPECT_THAT(judged([](settings& s) { s.node.state_dir = "state"; }), ::testing::SizeIs(1));
}

TEST(validate, live_view_without_tokens_stays_on_this_machine) {
  EXPECT_THAT(judged([](settings& s) { s.live.address = "::1"; }), IsEmpty());
  EXPECT_THAT(judged([](settings& s) { s.live.address = "0.0.0.0"; }),
              Contains(HasSubstr("error: live.address is open to other machines, and there are no "
                                 "live.tokens: make one with `dockhost token new`")));
  EXPECT_THAT(judged([](settings& s) {
                s.live.address = "0.0.0.0";
                s.live.enabled = false;
              }),
              IsEmpty());
  EXPECT_THAT(judged([](settings& s) {
                s.live.address = "0.0.0.0";
                s.live.tokens = {"tv viewer sha256:" + std::string(64, '0')};
              }),
              ElementsAre("warning: live.cert_file is not set: tokens go over the network "
                          "unencrypted"));
}

TEST(validate, looks_at_tokens_origins_and_paths_of_the_live_view) {
  EXPECT_THAT(judged([](settings& s) {
                s.live.tokens = {"tv", "a viewer sha256:" + std::string(64, '0'),
                                 "a viewer sha256:" + std::string(64, '1')};
                s.live.origins = {"panel.example.org"};
                s.live.path = "socket.io";
              }),
              ElementsAre(HasSubstr("live.path must begin"), HasSubstr("live.tokens has a wrong"),
                          HasSubstr("live.tokens has two entries named \"a\""),
                          HasSubstr("live.origins has a wrong entry: \"panel.example.org\"")));
}

TEST(validate, asks_the_given_functions_about_addresses) {
  settings s;
  s.server.url = "bad url";
  s.server.api_key = "0123456789abcdef";
  const address_checks checks{[](const std::string& url) { return "has a blank: " + url; },
                              [](const std::string&) { return std::string("is odd"); }};
  EXPECT_THAT(texts(validate(s, checks)),
              ElementsAre("error: server.url has a blank: bad url", "error: engine.host is odd"));
}

TEST(validate, warns_of_a_key_file_that_others_can_read) {
  const temp_folder folder;
  const auto path = folder.write("key", "0123456789abcdef");
  ::chmod(path.c_str(), 0644);
  EXPECT_THAT(
      judged([&](settings& s) { s.server.api_key_file = path; }),
      ElementsAre(HasSubstr("warning: server.api_key_file can be read by group or others")));
  ::chmod(path.c_str(), 0600);
  EXPECT_THAT(judged([&](settings& s) { s.server.api_key_file = path; }), IsEmpty());
}

TEST(validate, problems_say_where_the_option_was_set) {
  const temp_folder folder;
  config_sources sources;
  sources.file = folder.write("f.toml", "[server]\nurl = 'h'\n[ports]\n\nlast = 5\n");
  EXPECT_THAT(texts(load_config(sources).problems),
              Contains(HasSubstr("error: " + sources.file + ":5: ports.last must be")));
}

TEST(default_config_file, is_looked_for_in_two_places) {
  const temp_folder folder;
  const auto executable = folder.file("opt/bin/dockhost");
  const auto root = folder.file("root");
  EXPECT_EQ(default_config_file(executable, root), "");
  const auto beside = folder.write("opt/etc/dockhost/dockhost.toml", "");
  EXPECT_EQ(default_config_file(executable, root), beside);
  const auto system = folder.write("root/etc/dockhost/dockhost.toml", "");
  EXPECT_EQ(default_config_file(executable, root), system);
}

} // namespace
} // namespace dockhost::apps
