// SPDX-License-Identifier: MIT
#include "protocol/command_decoder.hpp"

#include "core/username.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost::protocol {
namespace {

const std::string key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqPkHCc+CF/x9v7yC/TPgteL+u6E82U58Xysf40PABD";

const std::vector<std::string> documented_events = {
    "create-container", "start-container", "stop-container", "delete-container", "list-containers"};
const std::vector<std::string> v2_events = {
    "start_container",  "resume_container",          "stop_container",
    "delete_container", "check_if_container_exists", "check_if_container_running"};

/// `text` with every % replaced by a good key.
json::array arguments(const std::string& text) {
  std::string filled;
  for (const char c : text)
    filled += c == '%' ? key : std::string(1, c);
  auto parsed = json::parse("[" + filled + "]");
  EXPECT_TRUE(parsed.ok()) << filled;
  return parsed.ok() ? *parsed->as_array() : json::array{};
}

decoded decode_text(const std::string& event, const std::string& payload) {
  return decode(event, arguments(payload));
}

template <class Command>
Command good(const std::string& event, const std::string& payload) {
  const auto got = decode_text(event, payload);
  if (const auto* failed = std::get_if<decode_failure>(&got))
    ADD_FAILURE() << event << " " << payload << ": " << failed->why.message;
  const auto* ok = std::get_if<request>(&got);
  const auto* command = ok == nullptr ? nullptr : std::get_if<Command>(&ok->what);
  EXPECT_NE(command, nullptr) << event << " " << payload;
  return command == nullptr ? Command{} : *command;
}

decode_failure bad(const std::string& event, const std::string& payload) {
  const auto got = decode_text(event, payload);
  const auto* failed = std::get_if<decode_failure>(&got);
  EXPECT_NE(failed, nullptr) << event << " " << payload;
  return failed == nullptr ? decode_failure{} : *failed;
}

std::string quoted(const std::string& text) {
  std::string out;
  json::dump_string(out, text);
  return out;
}

TEST(command_decoder, documented_create) {
  const auto plain =
      good<create_container>("create-container", R"({"username":"alice","sshPublicKey":"% me\n"})");
  EXPECT_EQ(plain.username, "alice");
  EXPECT_EQ(plain.arguments.public_key, key + " me");
  EXPECT_EQ(plain.arguments.image, "");
  EXPECT_EQ(plain.arguments.port_hint, std::nullopt);
  EXPECT_EQ(plain.arguments.memory_mb, std::nullopt);

  const auto full = good<create_container>(
      "create-container",
      R"({"username":"alice","sshPublicKey":"%","requestId":"r1","startingPort":2000,
          "image":"team/image:1","limits":{"memoryMb":256,"cpus":1.5,"pids":100},"more":[1]})");
  EXPECT_EQ(full.arguments.port_hint, 2000);
  EXPECT_EQ(full.arguments.image, "team/image:1");
  EXPECT_EQ(full.arguments.memory_mb, 256);
  EXPECT_EQ(full.arguments.cpus, 1.5);
  EXPECT_EQ(full.arguments.pids, 100);

  const auto v2_names = good<create_container>(
      "create-container", R"({"USERNAME":"alice","SSH_PUB_KEY":"%","startingPortNo":2000})");
  EXPECT_EQ(v2_names.username, "alice");
  EXPECT_EQ(v2_names.arguments.public_key, key);
  EXPECT_EQ(v2_names.arguments.port_hint, 2000);

  const auto nulls = good<create_container>(
      "create-container",
      R"({"username":"alice","sshPublicKey":"%","requestId":null,"startingPort":null,"image":null,
          "limits":{"memoryMb":null,"cpus":null,"pids":null}})");
  EXPECT_EQ(nulls.arguments.cpus, std::nullopt);
}

TEST(command_decoder, documented_targets) {
  EXPECT_EQ(good<start_container>("start-container", R"({"username":"alice"})").which,
            (target{"alice", ""}));
  EXPECT_EQ(good<stop_container>("stop-container", R"({"USERNAME":"alice"})").which,
            (target{"alice", ""}));
  EXPECT_EQ(good<delete_container>("delete-container", R"({"containerId":"0123456789ab"})").which,
            (target{"", "0123456789ab"}));
  EXPECT_EQ(
      good<stop_container>("stop-container", R"({"containerId":"a-b","username":null})").which,
      (target{"", "a-b"}));
  EXPECT_EQ(good<stop_container>("stop-container", R"({"containerId":null,"username":"u"})").which,
            (target{"u", ""}));
  EXPECT_EQ(bad("stop-container", R"({"containerId":"a-b","username":"u"})").why.code,
            errc::invalid_request);
}

TEST(command_decoder, trouble_row_container_id) {
  for (const std::string id :
       {"--help", "../x", "a/b", "a b", "$(id)", "a\nb", "j\xc3\xbc", "-", "_x"})
    EXPECT_EQ(bad("delete-container", R"({"containerId":)" + quoted(id) + "}").why.code,
              errc::not_found)
        << id;
  EXPECT_EQ(
      bad("delete-container", R"({"containerId":)" + quoted(std::string(256, 'a')) + "}").why.code,
      errc::not_found);
  for (const char* id : {"\"\"", "1", "true", "[]", "{}"})
    EXPECT_EQ(bad("delete-container", std::string(R"({"containerId":)") + id + "}").why.code,
              errc::invalid_request)
        << id;
}

TEST(command_decoder, documented_list) {
  EXPECT_EQ(good<list_containers>("list-containers", "{}").username, std::nullopt);
  EXPECT_EQ(good<list_containers>("list-containers", "").username, std::nullopt);
  EXPECT_EQ(good<list_containers>("list-containers", R"({"username":"alice"})").username, "alice");
  EXPECT_EQ(bad("list-containers", "null").why.code, errc::invalid_request);
  EXPECT_EQ(bad("list-containers", R"({"username":null})").why.code, errc::invalid_username);
}

TEST(command_decoder, v2_commands) {
  const auto create = good<create_container>(
      "start_container", R"({"SSH_PUB_KEY":"% c","USERNAME":"alice","startingPortNo":1030})");
  EXPECT_EQ(create.username, "alice");
  EXPECT_EQ(create.arguments.public_key, key + " c");
  EXPECT_EQ(create.arguments.port_hint, 1030);
  EXPECT_EQ(good<start_container>("resume_container", R"({"USERNAME":"alice"})").which.username,
            "alice");
  EXPECT_EQ(good<stop_container>("stop_container", R"({"USERNAME":"alice"})").which.username,
            "alice");
  EXPECT_EQ(good<delete_container>("delete_container", R"({"USERNAME":"alice"})").which.username,
            "alice");
  EXPECT_EQ(good<container_exists>("check_if_container_exists", R"({"USERNAME":"alice"})").username,
            "alice");
  EXPECT_EQ(
      good<container_running>("check_if_container_running", R"({"USERNAME":"alice"})").username,
      "alice");
}

TEST(command_decoder, request_tells_where_the_reply_goes) {
  const auto documented =
      std::get<request>(decode_text("stop-container", R"({"username":"alice","requestId":"r1"})"));
  EXPECT_EQ(documented.from, (reply_address{dialect::documented, "stop-container", "alice", "r1"}));
  const auto v2 =
      std::get<request>(decode_text("stop_container", R"({"USERNAME":"alice","requestId":"r1"})"));
  EXPECT_EQ(v2.from, (reply_address{dialect::v2, "stop_container", "alice", ""}));
}

TEST(command_decoder, trouble_row_payload_and_unknown_event) {
  for (const auto& event : documented_events)
    for (const char* payload : {"null", "true", "1", "\"text\"", "[]", "[{}]"}) {
      const auto failed = bad(event, payload);
      EXPECT_EQ(failed.why.code, errc::invalid_request);
      EXPECT_EQ(failed.to, (reply_address{dialect::documented, event, "", ""}));
    }
  for (const auto& event : v2_events)
    for (const char* payload : {"", "null", "true", "1", "\"text\"", "[]", "{}",
                                R"({"USERNAME":1})", R"({"username":"alice"})"}) {
      const auto failed = bad(event, payload);
      EXPECT_EQ(failed.to.username, "") << "nobody waits for it";
    }
  for (const std::string event :
       {"create-container", "start-container", "stop-container", "delete-container"}) {
    EXPECT_EQ(bad(event, "").why.code, errc::invalid_request);
    EXPECT_EQ(bad(event, "{}").why.code, errc::invalid_request);
  }
  for (const char* event : {"", "create_container", "Create-Container", "start_containers",
                            "connect", "constructor", "initial_state"})
    EXPECT_TRUE(std::holds_alternative<unknown_event>(decode_text(event, "{}"))) << event;
}

TEST(command_decoder, trouble_row_field_missing_or_of_another_type) {
  const struct {
    const char* payload;
    errc code;
  } rows[] = {
      {R"({"sshPublicKey":"%"})", errc::invalid_request},
      {R"({"username":"alice"})", errc::invalid_request},
      {R"({"username":null,"sshPublicKey":"%"})", errc::invalid_username},
      {R"({"username":7,"sshPublicKey":"%"})", errc::invalid_username},
      {R"({"username":["alice"],"sshPublicKey":"%"})", errc::invalid_username},
      {R"({"username":{"toString":"alice"},"sshPublicKey":"%"})", errc::invalid_username},
      {R"({"username":"alice","sshPublicKey":null})", errc::invalid_key},
      {R"({"username":"alice","sshPublicKey":5})", errc::invalid_key},
      {R"({"username":"alice","sshPublicKey":["%"]})", errc::invalid_key},
      {R"({"username":"alice","sshPublicKey":"%","image":5})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","image":""})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","image":"--privileged"})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","image":"a b"})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":5})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":[]})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":0}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":-512}})",
       errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":256.5}})",
       errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":1e18}})",
       errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":99999999999999999999}})",
       errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"memoryMb":"512"}})",
       errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"cpus":0}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"cpus":-1}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"cpus":1e9}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"pids":0}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"pids":-1}})", errc::invalid_request},
      {R"({"username":"alice","sshPublicKey":"%","limits":{"pids":1e10}})", errc::invalid_request},
  };
  for (const auto& r : rows)
    EXPECT_EQ(bad("create-container", r.payload).why.code, r.code) << r.payload;
}

TEST(command_decoder, trouble_row_username) {
  const std::string smiley = "\xf0\x9f\x98\x80";
  const std::vector<std::string> valid = {"; rm -rf /",  "..",        "a/b",
                                          "with spaces", "--help",    "a",
                                          smiley,        "__proto__", std::string(64, 'x')};
  const std::vector<std::string> invalid = {"",
                                            std::string("a\0b", 3),
                                            "a\nb",
                                            std::string(65, 'x'),
                                            std::string(300, 'x'),
                                            std::string(200 * 1024, 'x')};
  const auto create = [](const std::string& field, const std::string& name) {
    return "{\"" + field + "\":" + quoted(name) + R"(,"sshPublicKey":"%","SSH_PUB_KEY":"%"})";
  };
  for (const auto& name : valid) {
    EXPECT_EQ(good<create_container>("create-container", create("username", name)).username, name);
    EXPECT_EQ(good<create_container>("start_container", create("USERNAME", name)).username, name);
    EXPECT_EQ(
        good<container_exists>("check_if_container_exists", create("USERNAME", name)).username,
        name);
  }
  for (const auto& name : invalid) {
    EXPECT_EQ(bad("create-container", create("username", name)).why.code, errc::invalid_username);
    for (const auto& event : v2_events) {
      const auto failed = bad(event, create("USERNAME", name));
      EXPECT_EQ(failed.why.code, errc::invalid_username);
      // The server waits for an event of that very name; only a huge one is not repeated.
      EXPECT_EQ(failed.to.username, name.size() <= 1024 ? name : "");
    }
  }
}

TEST(command_decoder, trouble_row_reserved_event_names) {
  for (const std::string name : {"connect", "disconnect", "newListener", "error", "initial_state",
                                 "create-container-response", "node-hello"}) {
    for (const auto& event : v2_events) {
      const auto failed = bad(event, R"({"SSH_PUB_KEY":"%","USERNAME":")" + name + "\"}");
      EXPECT_EQ(failed.why.code, errc::invalid_username);
      EXPECT_EQ(failed.to.username, "") << "only a log line";
    }
    EXPECT_EQ(
        good<stop_container>("stop-container", R"({"username":")" + name + "\"}").which.username,
        name);
  }
}

TEST(command_decoder, trouble_row_starting_port) {
  const auto hint = [](const std::string& port) {
    const auto v2 = good<create_container>(
        "start_container", R"({"USERNAME":"a","SSH_PUB_KEY":"%","startingPortNo":)" + port + "}");
    const auto documented = good<create_container>(
        "create-container", R"({"username":"a","sshPublicKey":"%","startingPort":)" + port + "}");
    EXPECT_EQ(v2.arguments.port_hint, documented.arguments.port_hint);
    return v2.arguments.port_hint;
  };
  for (const char* none :
       {"null", "\"2000\"", "\"process.exit()\"", "\"$(id)\"", "0", "-1", "-2000", "1023", "2000.5",
        "65534", "1e9", "99999999999999999999", "true", "[2000]", "{}"})
    EXPECT_EQ(hint(none), std::nullopt) << none;
  EXPECT_EQ(hint("1024"), 1024);
  EXPECT_EQ(hint("2000.0"), 2000);
  EXPECT_EQ(hint("2e3"), 2000);
  EXPECT_EQ(hint("65533"), 65533);
  EXPECT_EQ(good<create_container>("start_container", R"({"USERNAME":"a","SSH_PUB_KEY":"%"})")
                .arguments.port_hint,
            std::nullopt);
}

TEST(command_decoder, trouble_row_public_key) {
  for (const std::string& text : std::initializer_list<std::string>{
           "", "ssh-ed25519", "command=\"sh\" " + key, key + "\n" + key, key + "\r\nx",
           std::string(17 * 1024, 'A'), "ssh-dss AAAA", key + std::string("\0", 1)}) {
    EXPECT_EQ(
        bad("create-container", R"({"username":"a","sshPublicKey":)" + quoted(text) + "}").why.code,
        errc::invalid_key);
    const auto v2 =
        bad("start_container", R"({"USERNAME":"a","SSH_PUB_KEY":)" + quoted(text) + "}");
    EXPECT_EQ(v2.why.code, errc::invalid_key);
    EXPECT_EQ(v2.to.username, "a");
  }
}

TEST(command_decoder, request_id) {
  const auto stop = [](const std::string& id) {
    return decode_text("stop-container", R"({"username":"a","requestId":)" + id + "}");
  };
  const std::string u_umlauts = [] {
    std::string out;
    for (int i = 0; i < 128; ++i)
      out += "\xc3\xbc";
    return out;
  }();
  for (const std::string& id :
       std::initializer_list<std::string>{"x", std::string(128, 'x'), u_umlauts, "a b", "../"})
    EXPECT_EQ(std::get<request>(stop(quoted(id))).from.request_id, id);
  EXPECT_EQ(std::get<request>(stop("null")).from.request_id, "");
  for (const std::string& id : std::initializer_list<std::string>{
           "\"\"", "1", "true", "[]", "{}", quoted(std::string(129, 'x')), quoted(u_umlauts + "x"),
           quoted(std::string(100'000, 'x'))}) {
    const auto failed = std::get<decode_failure>(stop(id));
    EXPECT_EQ(failed.why.code, errc::invalid_request);
    EXPECT_EQ(failed.to, (reply_address{dialect::documented, "stop-container", "a", ""}));
  }
  // A good id goes back with any error.
  EXPECT_EQ(bad("create-container", R"({"username":"","requestId":"r7"})").to.request_id, "r7");
}

TEST(command_decoder, fingerprint_is_of_the_meaning) {
  const auto of = [](const std::string& event, const std::string& payload) {
    const auto got = decode_text(event, payload);
    if (const auto* ok = std::get_if<request>(&got)) return ok->fingerprint;
    return std::get<decode_failure>(got).fingerprint;
  };
  const std::string base = R"({"username":"a","requestId":"r1","limits":{"cpus":1,"pids":5}})";
  EXPECT_EQ(
      of("stop-container", base),
      of("stop-container", R"({"limits":{"pids":5,"cpus":1},"username":"a","requestId":"r2"})"));
  EXPECT_NE(of("stop-container", base), of("start-container", base));
  EXPECT_NE(of("stop-container", base), of("stop-container", R"({"username":"b"})"));
  EXPECT_NE(of("create-container", R"({"username":"a"})"),
            of("create-container", R"({"username":"a","sshPublicKey":"%"})"));
  EXPECT_NE(of("stop-container", R"({"username":"a","x":{"requestId":1}})"),
            of("stop-container", R"({"username":"a","x":{"requestId":2}})"));
}

TEST(command_decoder, every_response_event_is_reserved) {
  for (const auto& event : documented_events)
    EXPECT_TRUE(is_reserved_event(event + "-response"));
  for (const auto& event : v2_events) {
    EXPECT_FALSE(std::holds_alternative<unknown_event>(decode_text(event, "{}")));
    EXPECT_EQ(is_check(event), event.starts_with("check_"));
  }
}

} // namespace
} // namespace dockhost::protocol
