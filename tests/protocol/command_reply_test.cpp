// SPDX-License-Identifier: MIT
#include "protocol/reply_encoder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dockhost::protocol {
namespace {

const std::string id(64, 'c');

container_view alice(container_state state = container_state::running) {
  container_view out;
  out.username = "alice";
  out.name = "dockhost-alice";
  out.id = id;
  out.image = "team/image";
  out.state = state;
  out.block = port_block{2000};
  out.fingerprint = "SHA256:abc";
  out.created = "2024-01-02T03:04:05.000000+00:00";
  return out;
}

outcome success(std::string message = "done") {
  outcome out;
  out.message = std::move(message);
  out.container = alice();
  return out;
}

outcome failure_of(errc code, std::string message = "why") {
  outcome out;
  out.failure = error{code, std::move(message)};
  return out;
}

reply_address documented(std::string event, std::string request_id = {}) {
  return {dialect::documented, std::move(event), "alice", std::move(request_id)};
}

reply_address v2(std::string event, std::string username = "alice") {
  return {dialect::v2, std::move(event), std::move(username), {}};
}

std::string text(const reply_address& to, const outcome& ended) {
  return json::dump(encode_reply(to, ended));
}

TEST(command_reply, documented_success) {
  const auto data = R"({"containerId":")" + id +
                    R"(","ports":{"ssh":2000,"http":2001,"https":2002},"sshHostKey":"SHA256:abc"})";
  for (const char* event : {"create-container", "start-container", "stop-container"})
    EXPECT_EQ(text(documented(event), success()),
              R"({"success":true,"message":"done","data":)" + data + "}");
  EXPECT_EQ(text(documented("create-container", "r1"), success()),
            R"({"success":true,"message":"done","data":)" + data + R"(,"requestId":"r1"})");
  EXPECT_EQ(text(documented("delete-container"), success()),
            R"({"success":true,"message":"done","data":{"containerId":")" + id + R"("}})");
  outcome absent;
  absent.message = "there was none";
  EXPECT_EQ(text(documented("delete-container"), absent),
            R"({"success":true,"message":"there was none","data":null})");
}

TEST(command_reply, documented_list) {
  outcome list;
  list.message = "1 container";
  list.containers = {alice(container_state::stopped)};
  EXPECT_EQ(text(documented("list-containers"), list),
            R"({"success":true,"message":"1 container","data":{"containers":[{"containerId":")" +
                id +
                R"(","username":"alice","name":"dockhost-alice","image":"team/image",)"
                R"("state":"stopped","ports":{"ssh":2000,"http":2001,"https":2002},)"
                R"("createdAt":"2024-01-02T03:04:05.000000+00:00"}]}})");
  list.containers = std::vector<container_view>{};
  EXPECT_EQ(text(documented("list-containers"), list),
            R"({"success":true,"message":"1 container","data":{"containers":[]}})");
}

TEST(command_reply, documented_failure) {
  EXPECT_EQ(text(documented("start-container", "r1"), failure_of(errc::timeout)),
            R"({"success":false,"message":"why","data":null,"requestId":"r1",)"
            R"("error":{"code":"timeout","retryable":true}})");
}

TEST(command_reply, trouble_row_two_creates_conflict_tells_the_existing_data) {
  auto ended = failure_of(errc::conflict, "exists");
  ended.container = alice();
  const auto reply = encode_reply(documented("create-container"), ended);
  EXPECT_EQ(reply.find("success")->storage(), json::value(false).storage());
  EXPECT_EQ(*reply.find("data")->find("containerId"), json::value(id));
  EXPECT_EQ(*reply.find("data")->find("ports")->find("ssh"), json::value(2000));
  EXPECT_EQ(*reply.find("error")->find("code"), json::value("conflict"));
  EXPECT_EQ(text(v2("start_container"), ended),
            R"({"status":409,"success":false,"message":"exists"})");
}

TEST(command_reply, documented_event_bears_the_username) {
  const auto sent = encode_reply_event(documented("stop-container"), failure_of(errc::internal));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->name, "stop-container-response");
  EXPECT_EQ(*sent->payload.find("username"), json::value("alice"));

  auto by_id = documented("stop-container");
  by_id.username.clear();
  EXPECT_EQ(*encode_reply_event(by_id, success())->payload.find("username"), json::value("alice"));
  EXPECT_EQ(encode_reply_event(by_id, failure_of(errc::not_found))->payload.find("username"),
            nullptr);

  const auto kept = encode_reply(documented("stop-container", "r1"), success());
  EXPECT_EQ(as_response_event(documented("stop-container", "r1"), kept).payload,
            encode_reply_event(documented("stop-container", "r1"), success())->payload);
}

TEST(command_reply, v2_success) {
  EXPECT_EQ(
      text(v2("start_container"), success()),
      R"({"status":201,"success":true,"message":"Instance spawned successfully","PORT_NO":2000})");
  EXPECT_EQ(text(v2("stop_container"), success("was stopped")),
            R"({"status":200,"success":true,"message":"Instance stopped successfully"})");
  EXPECT_EQ(text(v2("resume_container"), success()),
            R"({"status":200,"success":true,"message":"Instance resumed successfully"})");
  outcome absent;
  EXPECT_EQ(text(v2("delete_container"), absent),
            R"({"status":200,"success":true,"message":"Instance deleted successfully"})");
}

TEST(command_reply, v2_create_without_ports_is_no_success) {
  auto ended = success();
  ended.container->block.reset();
  for (const auto& o : {ended, outcome{}}) {
    const auto reply = encode_reply(v2("start_container"), o);
    EXPECT_EQ(*reply.find("status"), json::value(500));
    EXPECT_EQ(*reply.find("success"), json::value(false));
  }
}

TEST(command_reply, v2_failures_have_an_integer_status) {
  const struct {
    errc code;
    int status;
  } rows[] = {
      {errc::invalid_request, 400}, {errc::invalid_username, 400},  {errc::invalid_key, 400},
      {errc::not_found, 404},       {errc::conflict, 409},          {errc::engine_unavailable, 503},
      {errc::shutting_down, 503},   {errc::timeout, 504},           {errc::capacity, 507},
      {errc::ports_exhausted, 507}, {errc::image_unavailable, 500}, {errc::internal, 500},
  };
  for (const auto& r : rows)
    for (const char* event :
         {"start_container", "stop_container", "resume_container", "delete_container"})
      EXPECT_EQ(text(v2(event), failure_of(r.code)), R"({"status":)" + std::to_string(r.status) +
                                                         R"(,"success":false,"message":"why"})");
}

TEST(command_reply, v2_checks_are_bare_booleans) {
  for (const char* event : {"check_if_container_exists", "check_if_container_running"}) {
    outcome ended;
    ended.holds = true;
    EXPECT_EQ(text(v2(event), ended), "true");
    ended.holds = false;
    EXPECT_EQ(text(v2(event), ended), "false");
    EXPECT_EQ(text(v2(event), failure_of(errc::engine_unavailable)), "false");
    EXPECT_EQ(text(v2(event), outcome{}), "false");
  }
}

TEST(command_reply, trouble_row_no_reply_event_bears_a_reserved_name) {
  const auto sent = encode_reply_event(v2("stop_container"), success());
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->name, "alice");
  EXPECT_EQ(sent->payload, encode_reply(v2("stop_container"), success()));
  for (const char* name : {"", "disconnect", "connect", "newListener", "initial_state", "error"})
    EXPECT_FALSE(encode_reply_event(v2("stop_container", name), success())) << name;
}

} // namespace
} // namespace dockhost::protocol
