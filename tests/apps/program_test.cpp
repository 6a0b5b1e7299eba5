// SPDX-License-Identifier: MIT
// The program itself: what it prints and how it exits.
#include "platform/log.hpp"
#include "tests/support/temp_folder.hpp"

#include <array>
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace dockhost::apps {
namespace {

using test::temp_folder;
using ::testing::HasSubstr;
using ::testing::Not;

struct outcome {
  int code = -1;
  std::string output; ///< stdout and stderr together
};

/// Runs the program in an empty environment, in `folder`, by a shell that the test controls.
outcome run(const temp_folder& folder, const std::string& arguments,
            const std::string& environment = "") {
  const std::string line = "cd '" + folder.path() + "' && env -i HOME=/nonexistent " + environment +
                           " " DOCKHOST_PROGRAM " " + arguments + " 2>&1";
  FILE* const pipe = ::popen(line.c_str(), "r"); // pclose() below gives the exit status
  if (pipe == nullptr) return {};
  outcome out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

TEST(program, help_is_for_strangers) {
  const temp_folder folder;
  const auto help = run(folder, "--help");
  EXPECT_EQ(help.code, 0);
  for (const char* word : {"node", "check-config", "doctor", "version", "The first time",
                           "DOCKHOST_API_KEY", "Exit codes"}) {
    EXPECT_THAT(help.output, HasSubstr(word));
  }
  const auto node = run(folder, "node --help");
  EXPECT_EQ(node.code, 0);
  for (const char* word : {"--config", "--server", "--api-key-file", "--state-dir", "--engine",
                           "--image", "--log-level", "--log-format", "--node-id", "--print-tree",
                           "--set", "MAIN_SERVER_BACKEND_URL"}) {
    EXPECT_THAT(node.output, HasSubstr(word));
  }
  EXPECT_THAT(run(folder, "check-config --help").output,
              HasSubstr("containers.memory_mb  (whole number, 512)"));
}

TEST(program, wrong_arguments_exit_with_2) {
  const temp_folder folder;
  for (const char* wrong : {"", "nodes", "node --sever x", "check-config --set a=b",
                            "check-config --set server.url", "node extra"}) {
    const auto result = run(folder, wrong);
    EXPECT_EQ(result.code, 2) << wrong;
    EXPECT_FALSE(result.output.empty()) << wrong;
  }
  EXPECT_THAT(run(folder, "nodes").output, HasSubstr("did you mean \"node\"?"));
  EXPECT_THAT(run(folder, "check-config --set server.ulr=x").output,
              HasSubstr("did you mean \"server.url\"?"));
}

TEST(program, version) {
  const temp_folder folder;
  EXPECT_EQ(run(folder, "version").output, "dockhost " DOCKHOST_VERSION "\n");
  EXPECT_EQ(run(folder, "--version").output, "dockhost " DOCKHOST_VERSION "\n");
}

TEST(program, check_config_reports_everything_at_once) {
  const temp_folder folder;
  const auto file = folder.write("f.toml", "[server]\nulr = 'x'\n[ports]\nfirst = 'a'\n");
  const auto result = run(folder, "check-config --config f.toml --log-level loud");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.output, HasSubstr("f.toml:2: unknown option \"server.ulr\""));
  EXPECT_THAT(result.output, HasSubstr("f.toml:4: ports.first: expected a whole number"));
  EXPECT_THAT(result.output, HasSubstr("command line: log.level must be one of"));
  EXPECT_THAT(result.output, HasSubstr("server.url is not set"));
  EXPECT_THAT(result.output, HasSubstr("f.toml: 4 errors"));
}

TEST(program, check_config_reads_the_env_file_of_the_folder) {
  const temp_folder folder;
  folder.write(".env", "DOCKHOST_API_KEY=secret-key-12345\nMAIN_SERVER_BACKEND_URL=h:3001\n");
  const auto result = run(folder, "check-config --print");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("server.url = \"h:3001\"    # .env:2"));
  EXPECT_THAT(result.output, HasSubstr("server.api_key = \"***\"    # .env:1"));
  EXPECT_THAT(result.output, Not(HasSubstr("secret")));
}

TEST(program, flags_and_set_stand_above_the_environment) {
  const temp_folder folder;
  const auto result =
      run(folder,
          "check-config --print --server flag:1 --set containers.name_prefix=a=b --set "
          "ports.first=2000",
          "MAIN_SERVER_BACKEND_URL=env:1 DOCKHOST_PORTS__FIRST=3000");
  EXPECT_THAT(result.output, HasSubstr("server.url = \"flag:1\""));
  EXPECT_THAT(result.output, HasSubstr("containers.name_prefix = \"a=b\""));
  EXPECT_THAT(result.output, HasSubstr("ports.first = 2000"));
}

TEST(program, print_defaults_is_a_configuration_file) {
  const temp_folder folder;
  folder.write("f.toml", run(folder, "check-config --print-defaults").output);
  EXPECT_THAT(run(folder, "check-config -c f.toml --server h:1").output,
              HasSubstr("f.toml: all is well"));
}

TEST(program, doctor_fails_where_nothing_is_set_up) {
  const temp_folder folder;
  const auto result =
      run(folder, "doctor --json --server 127.0.0.1:1",
          "DOCKER_HOST=unix:///nonexistent/docker.sock DOCKHOST_API_KEY=secret-key-12345");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("{\"ok\":false,"));
  EXPECT_THAT(result.output, HasSubstr("there is no engine at unix:///nonexistent/docker.sock"));
  EXPECT_THAT(result.output, HasSubstr("ECONNREFUSED 127.0.0.1:1"));
  EXPECT_THAT(result.output, Not(HasSubstr("secret-key")));
}

TEST(program, node_refuses_a_wrong_configuration) {
  const temp_folder folder;
  const auto result = run(folder, "node --server 'ftp://h'");
  EXPECT_THAT(result.code, ::testing::AnyOf(1, 2));
  EXPECT_FALSE(result.output.empty());
}

} // namespace
} // namespace dockhost::apps
