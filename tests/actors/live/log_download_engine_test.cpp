// SPDX-License-Identifier: MIT
// Logs of a real engine downloaded over real HTTP connections.
#include "actors/live/live_interface.hpp"
#include "actors/live/log_download_actor.hpp"
#include "actors/node/docker_actor.hpp"
#include "docker/engine_factory.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "tests/support/await.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_engine.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using dockhost::test::await;
using dockhost::test::eventually;
using dockhost::test::run_program;
using dockhost::test::test_engine;

class log_download_engine_test : public ::testing::Test {
protected:
  log_download_engine_test()
      : proxy_("unix://" + folder_.file("engine.sock"), test_engine::host()) {
    world_ = std::make_shared<environment>();
    world_->io = &io_;
    world_->make_engine = [this]() -> std::shared_ptr<docker::engine> {
      docker::engine_options options;
      options.host = "unix://" + folder_.file("engine.sock");
      return docker::make_engine(options, io_).value();
    };
    world_->uniform = [] { return 0.5; };
    caf_config_.set("scheduler.policy", caf::atom("sharing"));
    caf_config_.set("scheduler.max-threads", std::size_t{2});
    system_ = std::make_unique<caf::actor_system>(caf_config_);
    docker_ = system_->spawn(docker_behavior, environment_ptr(world_));
    // In the place of the live actor: the io thread only sends to actors.
    door_ = system_->spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](log_page_request& r) {
        log_download what;
        what.container_id = what.name = r.query.container;
        what.query = std::move(r.query);
        what.to = std::move(r.to);
        self->spawn(log_download_behavior, environment_ptr(world_), docker_, std::move(what));
      }};
    });
    const auto on_request = [this](const std::shared_ptr<net::http_exchange>& exchange) {
      const auto name = *logs_path(exchange->request().path);
      caf::anon_send(door_, log_page_request{*parse_log_query(name, exchange->request()),
                                             false,
                                             {},
                                             http_answer(io_, exchange)});
    };
    server_ = std::make_unique<net::http_server>(io_, net::http_server_limits{},
                                                 net::http_server_handlers{on_request, {}});
    port_ = server_->listen({}).value();
    client_ =
        std::make_unique<net::http_client>(io_, net::endpoint{{}, "127.0.0.1", port_, false, {}});
  }
  ~log_download_engine_test() override {
    client_.reset();
    server_.reset();
    end_now(door_, caf::exit_reason::kill);
    end_now(docker_, caf::exit_reason::kill);
    door_ = nullptr;
    docker_ = nullptr;
    system_.reset();
    for (const auto& name : names_)
      (void)run_program({"docker", "rm", "-f", name});
  }

  /// Runs a shell script in a container of its own, to its end; its name.
  std::string run(const std::string& script, bool tty = false) {
    names_.push_back("download-" + std::to_string(::getpid()) + "-" +
                     std::to_string(names_.size()));
    std::vector<std::string> args{"docker", "run", "-d", "--name", names_.back()};
    if (tty) args.emplace_back("-t");
    args.insert(args.end(), {test_engine::image(), "sh", "-c", script});
    EXPECT_EQ(run_program(args).status, 0);
    EXPECT_EQ(run_program({"docker", "wait", names_.back()}).status, 0);
    return names_.back();
  }
  net::http_response get(const std::string& name, const std::string& query) {
    net::http_request request;
    request.target = "/api/containers/" + name + "/logs?" + query;
    return await<net::http_response>([&](auto done) {
      client_->send(request, 30s, [done](net::net_result<net::http_response> r) {
        done(r ? *r : net::http_response{});
      });
    });
  }
  [[nodiscard]] std::int64_t downloads() const {
    return world_->metrics->actors[static_cast<std::size_t>(actor_kind::log_download)].value();
  }

  dockhost::test::temp_folder folder_;
  dockhost::test::fault_proxy proxy_;
  net::io_thread io_;
  std::shared_ptr<environment> world_;
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  docker_actor docker_;
  caf::actor door_;
  std::unique_ptr<net::http_server> server_;
  std::unique_ptr<net::http_client> client_;
  std::uint16_t port_ = 0;
  std::vector<std::string> names_;
};

TEST_F(log_download_engine_test, whole_log_in_each_format) {
  const auto name =
      run("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done; echo end >&2");
  const auto text = get(name, "tail=all&format=text&timestamps=0");
  EXPECT_EQ(text.status, 200);
  EXPECT_EQ(text.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(std::count(text.body.begin(), text.body.end(), '\n'), 20'001);
  EXPECT_TRUE(text.body.starts_with("line 1\nline 2\n"));
  // The engine keeps no order between the two streams.
  const auto both = get(name, "tail=all&format=ndjson&timestamps=0").body;
  EXPECT_NE(both.find("{\"stream\":\"stdout\",\"log\":\"line 20000\"}\n"), std::string::npos);
  EXPECT_NE(both.find("{\"stream\":\"stderr\",\"log\":\"end\"}\n"), std::string::npos);
  const auto parsed = json::parse(get(name, "tail=1000").body);
  ASSERT_TRUE(parsed.ok());
  ASSERT_NE(parsed->as_array(), nullptr);
  EXPECT_EQ(parsed->as_array()->size(), 1'000U);
  EXPECT_EQ(get(name, "since=2200-01-01T00:00:00Z").body, "[]\n");
  EXPECT_TRUE(eventually([&] { return downloads() == 0; }));
}

TEST_F(log_download_engine_test, tty_log_too) {
  const auto name = run("echo one; echo two", true);
  EXPECT_EQ(get(name, "format=text&timestamps=0").body, "one\ntwo\n");
}

TEST_F(log_download_engine_test, unknown_container_is_not_found) {
  const auto answer = get("nobody-has-this-name", "");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("\"code\":\"not_found\""), std::string::npos) << answer.body;
}

TEST_F(log_download_engine_test, connection_that_closes_ends_the_reading_at_once) {
  const auto name = run("head -c 60000000 /dev/zero | tr '\\0' x | fold -w 200");
  std::atomic<std::size_t> bytes{0};
  net::http_request request;
  request.target = "/api/containers/" + name + "/logs?tail=all&format=text";
  net::http_stream_handlers handlers;
  handlers.on_data = [&](std::string_view data) { bytes += data.size(); };
  auto stream = client_->open(request, std::move(handlers));
  ASSERT_TRUE(eventually([&] { return bytes > 1'000'000; }));
  // A peer that takes nothing holds the reading up, and nothing else.
  stream->pause();
  EXPECT_EQ(get(name, "tail=1").status, 200);
  EXPECT_TRUE(eventually([&] { return downloads() == 1; }));
  const auto connections = proxy_.open();
  EXPECT_LT(bytes, 50'000'000U);
  stream.reset();
  EXPECT_TRUE(eventually([&] { return downloads() == 0; }, 5s));
  EXPECT_TRUE(eventually([&] { return proxy_.open() < connections; }, 5s))
      << "the engine's connection is closed";
}

} // namespace
} // namespace dockhost::actors
