// SPDX-License-Identifier: MIT
// What a real engine shows beyond the contract: TCP and TLS, a restart, a login.
#include "core/tar.hpp"
#include "docker/engine_factory.hpp"
#include "net/io_thread.hpp"
#include "tests/docker/contract.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_engine.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

namespace dockhost::test {
namespace {

using docker::engine_options;

class real_engine : public ::testing::TestWithParam<engine_kind> {
protected:
  std::unique_ptr<docker::engine> reach(engine_options options) {
    options.kind = GetParam();
    auto made = docker::make_engine(options, io);
    if (!made) throw std::runtime_error(made.err());
    return std::move(made).value();
  }
  std::unique_ptr<docker::engine> local() {
    engine_options options;
    options.host = test_engine::host();
    return reach(options);
  }
  static engine_result<docker::engine_info> info(docker::engine& engine) {
    return await<engine_result<docker::engine_info>>(
        [&](auto done) { engine.info(10s, std::move(done)); });
  }
  container_spec spec(const std::string& hint) {
    container_spec out;
    out.name = "real-" + hint + "-" + std::to_string(::getpid());
    out.image = test_engine::image();
    names.push_back(out.name);
    return out;
  }
  void TearDown() override {
    for (const auto& name : names)
      (void)run_program({"docker", "rm", "-f", name});
  }
  static effect change(docker::engine& engine,
                       void (docker::engine::*call)(std::string, std::chrono::milliseconds,
                                                    docker::done<effect>),
                       const std::string& id) {
    const auto result =
        await<engine_result<effect>>([&](auto done) { (engine.*call)(id, 20s, std::move(done)); });
    if (!result) throw std::runtime_error(result.err().message);
    return *result;
  }
  static std::string create(docker::engine& engine, const container_spec& spec) {
    const auto id = await<engine_result<std::string>>(
        [&](auto done) { engine.create(spec, 20s, std::move(done)); });
    if (!id) throw std::runtime_error(id.err().message);
    return *id;
  }

  net::io_thread io;
  std::vector<std::string> names;
};

TEST_P(real_engine, docker_host_tcp) {
  fault_proxy tcp("tcp://127.0.0.1:0", test_engine::host());
  engine_options options;
  options.host = "tcp://127.0.0.1:" + std::to_string(tcp.port());
  const auto engine = reach(options);
  const auto told = info(*engine);
  ASSERT_TRUE(told.ok()) << told.err().message;
  EXPECT_TRUE(told->remote);
  EXPECT_EQ(told->published_host, "127.0.0.1");
  EXPECT_TRUE(told->root_dir.empty());
}

TEST_P(real_engine, docker_host_tcp_with_tls_and_a_client_certificate) {
  engine_options options;
  options.host = test_engine::tls_host();
  options.cert_path = test_engine::tls_certs();
  options.tls_verify = true;
  const auto engine = reach(options);
  const auto told = info(*engine);
  ASSERT_TRUE(told.ok()) << told.err().message;
  EXPECT_TRUE(told->remote);
  // Without the certificate it lets nobody in.
  engine_options bare;
  bare.host = test_engine::tls_host();
  bare.ca_file = test_engine::tls_certs() + "/ca.pem";
  bare.tls_verify = true;
  const auto stranger = reach(bare);
  EXPECT_FALSE(info(*stranger).ok());
}

TEST_P(real_engine, engine_killed_and_started_again) {
  const auto engine = local();
  const auto id = create(*engine, spec("restart"));
  answer_box<engine_error> ended;
  const auto stream = engine->events(
      1, [](const docker::container_event&) {}, ended.callback());
  test_engine::kill();
  EXPECT_EQ(code_of(info(*engine)), "unreachable");
  EXPECT_EQ(ended.get().code, engine_errc::unreachable);
  test_engine::start();
  EXPECT_EQ(code_of(info(*engine)), "ok");
  EXPECT_EQ(change(*engine, &docker::engine::start, id), effect::changed);
}

TEST_P(real_engine, engine_hanging_ends_with_the_deadline) {
  const auto engine = local();
  ASSERT_TRUE(info(*engine).ok());
  test_engine::signal(SIGSTOP);
  const auto hung = await<engine_result<docker::engine_info>>(
      [&](auto done) { engine->info(500ms, std::move(done)); });
  test_engine::signal(SIGCONT);
  EXPECT_EQ(code_of(hung), "timeout");
  EXPECT_EQ(code_of(info(*engine)), "ok");
}

TEST_P(real_engine, a_key_installed_before_the_start_lets_ssh_in_and_a_stop_is_quick) {
  temp_folder folder;
  ASSERT_EQ(
      run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.file("key")}).status,
      0);
  std::ostringstream key;
  key << std::ifstream(folder.file("key.pub")).rdbuf();

  const auto engine = local();
  auto s = spec("ssh");
  const auto port = free_port();
  s.ports = {{22, "", port}};
  s.memory_bytes = 512 * 1024 * 1024;
  s.nano_cpus = 500'000'000;
  s.pids_limit = 512;
  auto line = key.str();
  line.pop_back();
  s.env = {"SSH_PUB_KEY=" + line}; // both ways at once: still one line
  const auto id = create(*engine, s);
  tar_writer tar(0);
  tar.add_directory("root/.ssh", 0700);
  tar.add_file("root/.ssh/authorized_keys", 0600, key.str());
  ASSERT_TRUE(await<engine_result<unit>>([&](auto done) {
                engine->put_archive(id, tar.finish(), 20s, std::move(done));
              }).ok());
  const auto login = [&](const std::string& command) {
    return run_program({"ssh", "-p", std::to_string(port), "-i", folder.file("key"), "-o",
                        "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
                        "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o",
                        "ConnectTimeout=5", "root@127.0.0.1", command});
  };
  for (int round = 0; round < 2; ++round) { // also after a restart of the container
    change(*engine, &docker::engine::start, id);
    ASSERT_TRUE(eventually([&] { return login("true").status == 0; }));
    EXPECT_EQ(login("wc -l </root/.ssh/authorized_keys").output, "1\n");
    const auto begin = std::chrono::steady_clock::now();
    const auto stopped = await<engine_result<effect>>(
        [&](auto done) { engine->stop(id, 10s, 20s, std::move(done)); });
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(effect_of(stopped), "changed");
    // The grace period is ten seconds: anything near it means that nobody took the signal.
    EXPECT_LT(took, 4s);
    RecordProperty(
        "stop_ms",
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  }
}

TEST_P(real_engine, a_symbolic_link_is_not_followed) {
  const auto engine = local();
  const auto id = create(*engine, spec("link"));
  const auto tar = await<engine_result<std::string>>(
      [&](auto done) { engine->get_archive(id, "/etc/os-release", 20s, std::move(done)); });
  ASSERT_TRUE(tar.ok()) << tar.err().message;
  tar_reader reader(*tar);
  const auto entry = reader.next();
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->type, tar_type::symlink);
}

/// Field by field: programs of differing versions print the members of an object in differing
/// order.
std::string host_config(const std::string& name) {
  return run_program({"docker", "inspect", "--format",
                      "{{json .HostConfig.PortBindings}} {{.HostConfig.RestartPolicy.Name}} "
                      "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} "
                      "{{.HostConfig.PidsLimit}} {{json .HostConfig.SecurityOpt}} "
                      "{{.HostConfig.LogConfig.Type}} {{json .HostConfig.LogConfig.Config}} "
                      "{{.Config.Hostname}} {{json .Config.Labels}}",
                      name})
      .output;
}

TEST_P(real_engine, what_was_asked_for_is_what_the_engine_has) {
  const auto engine = local();
  auto s = spec("limits");
  s.hostname = "limited";
  s.ports = {{22, "", 18'000}, {80, "127.0.0.1", 18'001}};
  s.labels = {{"k", "v"}};
  s.memory_bytes = 512 * 1024 * 1024;
  s.nano_cpus = 500'000'000;
  s.pids_limit = 512;
  create(*engine, s);
  EXPECT_EQ(host_config(s.name),
            R"({"22/tcp":[{"HostIp":"","HostPort":"18000"}],)"
            R"("80/tcp":[{"HostIp":"127.0.0.1","HostPort":"18001"}]} )"
            "unless-stopped 536870912 536870912 500000000 512 "
            R"(["no-new-privileges"] json-file {"max-file":"3","max-size":"10m"} )"
            "limited {\"k\":\"v\"}\n");
}

INSTANTIATE_TEST_SUITE_P(real, real_engine,
                         ::testing::Values(engine_kind::socket, engine_kind::cli),
                         [](const auto& kind) {
                           return kind.param == engine_kind::socket ? "socket" : "cli";
                         });

} // namespace
} // namespace dockhost::test
