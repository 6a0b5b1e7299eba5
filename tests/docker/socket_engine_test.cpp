// SPDX-License-Identifier: MIT
// What the socket engine does with answers that the test engine can't be made to give.
#include "docker/socket_engine.hpp"
#include "net/io_thread.hpp"
#include "tests/support/await.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace dockhost::docker {
namespace {

using namespace std::chrono_literals;
using test::answer_box;
using test::await;
using test::scripted_server;

constexpr auto details =
    R"({"Id":"ab","Name":"/n","State":{"Status":"running"},"Config":{},"HostConfig":{}})";

struct socket_engine_with_a_script : ::testing::Test {
  /// Answers pings with `api`, everything else as `script` says.
  void serve(const std::string& api, scripted_server::script script) {
    server =
        std::make_unique<scripted_server>(folder.file("s"), [api, script](const std::string& line) {
          if (line.starts_with("GET /_ping"))
            return scripted_server::reply(200, "OK", "Api-Version: " + api + "\r\n");
          return script(line);
        });
    engine_address address;
    address.unix_path = folder.file("s");
    engine = std::make_unique<socket_engine>(io, address);
  }
  engine_result<container_details> inspect() {
    return await<engine_result<container_details>>(
        [&](auto done) { engine->inspect("ab", 10s, std::move(done)); });
  }
  engine_result<unit> pull(std::chrono::milliseconds stall,
                           std::function<void(std::string)> progress = nullptr) {
    return await<engine_result<unit>>([&](auto done) {
      engine->pull("host:5000/a", stall, std::move(progress), std::move(done));
    });
  }

  test::temp_folder folder;
  std::unique_ptr<scripted_server> server;
  net::io_thread io;
  std::unique_ptr<socket_engine> engine;
};

TEST_F(socket_engine_with_a_script, speaks_the_lower_version) {
  serve("1.99", [](const std::string&) { return scripted_server::reply(200, details); });
  ASSERT_TRUE(inspect().ok());
  EXPECT_EQ(server->requests().back(), "GET /v1.51/containers/ab/json HTTP/1.1");
}

TEST_F(socket_engine_with_a_script, an_engine_older_than_ours_is_refused_in_words) {
  serve("1.30", [](const std::string&) { return scripted_server::reply(200, details); });
  const auto answer = inspect();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.err().code, engine_errc::failed);
  EXPECT_NE(answer.err().message.find("1.30 is too old"), std::string::npos);
}

TEST_F(socket_engine_with_a_script, what_is_no_engine_is_said) {
  serve("", [](const std::string&) { return scripted_server::reply(200, details); });
  EXPECT_EQ(inspect().err().code, engine_errc::failed);
}

TEST_F(socket_engine_with_a_script, a_version_that_became_too_new_is_agreed_on_again) {
  std::atomic<bool> exchanged{false};
  server = std::make_unique<scripted_server>(folder.file("s"), [&](const std::string& line) {
    const std::string api = exchanged ? "1.42" : "1.45";
    if (line.starts_with("GET /_ping"))
      return scripted_server::reply(200, "OK", "Api-Version: " + api + "\r\n");
    if (line.find("/v" + api + "/") == line.npos)
      return scripted_server::reply(400, R"({"message":"client version is too new"})");
    return scripted_server::reply(200, details);
  });
  engine_address address;
  address.unix_path = folder.file("s");
  engine = std::make_unique<socket_engine>(io, address);
  ASSERT_TRUE(inspect().ok());
  exchanged = true;
  const auto again = inspect();
  ASSERT_TRUE(again.ok()) << again.err().message;
  EXPECT_EQ(server->requests().back(), "GET /v1.42/containers/ab/json HTTP/1.1");
}

TEST_F(socket_engine_with_a_script, a_400_of_its_own_is_a_bad_request) {
  serve("1.45",
        [](const std::string&) { return scripted_server::reply(400, R"({"message":"no"})"); });
  const auto answer = inspect();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.err().code, engine_errc::bad_request);
  EXPECT_EQ(answer.err().message, "no");
}

TEST_F(socket_engine_with_a_script, a_pull_names_its_tag_and_tells_progress) {
  serve("1.45", [](const std::string&) {
    return scripted_server::answer{{scripted_server::stream_head(), "{\"status\":\"Pul",
                                    "ling\"}\r\n", "{\"status\":\"Done\"}\r\n"},
                                   false};
  });
  std::atomic<int> lines{0};
  const auto pulled = pull(10s, [&](const std::string&) { ++lines; });
  ASSERT_TRUE(pulled.ok()) << pulled.err().message;
  EXPECT_GE(lines, 1);
  EXPECT_EQ(server->requests().back(),
            "POST /v1.45/images/create?fromImage=host%3A5000%2Fa&tag=latest HTTP/1.1");
}

TEST_F(socket_engine_with_a_script, an_error_inside_the_200_stream_fails_the_pull) {
  serve("1.45", [](const std::string&) {
    return scripted_server::answer{
        {scripted_server::stream_head(), "{\"status\":\"Pulling\"}\r\n",
         "{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\r\n"},
        false};
  });
  const auto pulled = pull(10s);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.err().code, engine_errc::no_such_image);
}

TEST_F(socket_engine_with_a_script, a_pull_that_stalls_in_the_middle_times_out) {
  serve("1.45", [](const std::string&) {
    return scripted_server::answer{{scripted_server::stream_head(), "{\"status\":\"Pulling\"}\r\n"},
                                   true};
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto pulled = pull(400ms);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.err().code, engine_errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(socket_engine_with_a_script, a_pull_that_never_begins_times_out) {
  serve("1.45", [](const std::string&) { return scripted_server::answer{{}, true}; });
  const auto pulled = pull(400ms);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.err().code, engine_errc::timeout);
}

TEST_F(socket_engine_with_a_script, destroying_the_engine_ends_a_pull) {
  serve("1.45", [](const std::string&) {
    return scripted_server::answer{{scripted_server::stream_head(), "{\"status\":\"Pulling\"}\r\n"},
                                   true};
  });
  answer_box<engine_result<unit>> box;
  answer_box<std::string> moving;
  engine->pull("a", 60s, moving.callback(), box.callback());
  (void)moving.get();
  engine.reset();
  ASSERT_TRUE(box.wait(0ms));
  EXPECT_EQ(box.get().err().code, engine_errc::unreachable);
}

TEST_F(socket_engine_with_a_script, events_split_anywhere_and_of_other_types) {
  serve("1.45", [](const std::string&) {
    return scripted_server::answer{
        {scripted_server::stream_head(),
         "{\"Type\":\"network\",\"Action\":\"x\",\"Actor\":{\"ID\":\"n\"}}\n{\"Type\":\"contai",
         "ner\",\"Action\":\"start\",\"Actor\":{\"ID\":\"ab\"},\"timeNano\":5}\nnot json\n"},
        true};
  });
  answer_box<container_event> first;
  const auto stream = engine->events(1, first.callback(), [](const engine_error&) {});
  EXPECT_EQ(first.get().action, "start");
  EXPECT_EQ(first.get().id, "ab");
}

TEST_F(socket_engine_with_a_script, a_refused_event_stream_says_why) {
  serve("1.45",
        [](const std::string&) { return scripted_server::reply(500, R"({"message":"busy"})"); });
  answer_box<engine_error> ended;
  const auto stream = engine->events(
      0, [](const container_event&) {}, ended.callback());
  EXPECT_EQ(ended.get().code, engine_errc::failed);
  EXPECT_EQ(ended.get().message, "busy");
}

TEST_F(socket_engine_with_a_script, an_answer_that_is_no_json_is_failed) {
  serve("1.45", [](const std::string&) { return scripted_server::reply(200, "<html>"); });
  EXPECT_EQ(inspect().err().code, engine_errc::failed);
}

} // namespace
} // namespace dockhost::docker
