// SPDX-License-Identifier: MIT
// Rows of the trouble table that are about what comes in.
#include "tests/e2e/support/world.hpp"

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::int64_t memory_limit_kb = 256 * 1024;

TEST_F(Trouble, MalformedPayloadGetsOneErrorReply) {
  start_both();
  auto& s = server();
  // Whether the log has a line of that kind about that event.
  const auto logs_line = [this](const std::string& kind, const std::string& event) {
    return eventually(
        [&] {
          std::istringstream log(node_log());
          for (std::string line; std::getline(log, line);) {
            if (line.find(" router " + kind + ": ") != line.npos &&
                (line + " ").find(" event=" + event + " ") != line.npos)
              return true;
          }
          return false;
        },
        2s);
  };
  const std::string good_key = key().public_line;
  const std::vector<json::value> payloads = {
      nullptr,
      "text",
      42,
      true,
      json::array{},
      json::object{},
      json::object{{"username", 5}, {"sshPublicKey", good_key}},
      json::object{{"username", nullptr}, {"sshPublicKey", good_key}},
      json::object{{"username", json::object{}}, {"sshPublicKey", good_key}},
      json::object{{"username", "mallory"}},
      json::object{{"username", "mallory"}, {"sshPublicKey", 7}},
      json::object{{"username", "mallory"}, {"sshPublicKey", json::array{good_key}}},
      json::object{{"username", "mallory"}, {"sshPublicKey", good_key}, {"requestId", 5}},
      json::object{{"username", "mallory"}, {"sshPublicKey", good_key}, {"requestId", ""}},
      json::object{{"username", "mallory"}, {"sshPublicKey", good_key}, {"limits", "all"}}};
  // The log says what the reply says.
  const auto logged = [&](const json::value& reply) {
    return node_logs("command.invalid: " + text(reply, "message"), 2s);
  };
  for (const auto& payload : payloads) {
    const auto reply = s.command("create-container", payload);
    EXPECT_FALSE(truth(reply, "success")) << json::dump(payload);
    EXPECT_TRUE(logged(reply)) << json::dump(reply);
    EXPECT_TRUE(text(reply, "error.code").starts_with("invalid_"))
        << json::dump(payload) << " -> " << json::dump(reply);
    EXPECT_FALSE(text(reply, "message").empty());
  }
  for (const char* event : {"start-container", "stop-container", "delete-container"}) {
    for (const auto& payload : {json::value(), json::value("x"), json::value(json::object{})})
      EXPECT_TRUE(failed_with(s.command(event, payload), "invalid_request")) << event;
    EXPECT_TRUE(logs_line("command.invalid", event)) << event;
  }
  EXPECT_TRUE(failed_with(s.command("make-coffee", json::object{}), "invalid_request"));
  EXPECT_TRUE(logs_line("event.unknown", "make-coffee"));
  const auto response = [](const json::value& m) {
    return text(m, "t") == "event" && text(m, "name").ends_with("-response");
  };
  EXPECT_EQ(s.count(response, 0), 0U) << "an acknowledgement is the only reply";
  // Without one the reply is an event.
  s.emit("stop-container", json::object{{"username", 5}, {"requestId", "told"}});
  const auto told = s.wait_event("stop-container-response", 0, 10s);
  EXPECT_TRUE(failed_with(told, "invalid_username"));
  EXPECT_EQ(text(told, "requestId"), "told");
  // Nobody waits for an answer to an event that nobody knows.
  s.emit("make-tea", json::object{{"requestId", "unheard"}});
  EXPECT_TRUE(logs_line("event.unknown", "make-tea"));

  // V2: addressed where there is a name, else only a line in the log.
  EXPECT_EQ(number(s.v2("start_container", {}, "mallory"), "status"), 400);
  const std::size_t from = s.mark();
  s.emit("start_container", nullptr);
  s.emit("stop_container", json::array{1, 2});
  s.emit("delete_container", json::object{{"USERNAME", 9}});
  s.emit("unheard_of", json::object{{"USERNAME", "mallory"}});
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "somebody")), "false");
  const auto spoken = [](const json::value& m) {
    const std::string name = text(m, "name");
    return text(m, "t") == "event" &&
           (name == "mallory" || name.ends_with("-response") || name == "9");
  };
  EXPECT_EQ(s.count(spoken, from), 0U);
  for (const char* event : {"start_container", "stop_container", "delete_container"})
    EXPECT_TRUE(logs_line("command.invalid", event)) << event;
  EXPECT_TRUE(logs_line("event.unknown", "unheard_of"));
  EXPECT_EQ(s.count(response, 0), 1U) << "none came later";
  EXPECT_FALSE(s.seen(is("disconnect"), 0));
  EXPECT_TRUE(own_containers().empty());
}

TEST_F(Trouble, HostileUsernameIsRefusedOrMapped) {
  start_both();
  auto& s = server();
  for (const std::string& name :
       {""s, std::string(300, 'a'), std::string(200 * 1024, 'a'), "nul\0inside"s, "line\nbreak"s,
        "tab\there"s, "del\x7f"s, std::string(65, 'b')})
    EXPECT_TRUE(failed_with(s.command("create-container", request(name)), "invalid_username"))
        << name.substr(0, 20);

  const std::vector<std::string> mapped = {
      "; rm -rf / #", "$(id)", "`id`", "..",        "../../etc",   "/etc/passwd", "a b", "--help",
      "-v",           "é",     "имя",  "__proto__", "constructor", "a-b",         "x"};
  std::set<std::string> names;
  for (const auto& name : mapped) {
    const auto made = create(name);
    const auto found = inspect(text(made, "containerId"));
    const std::string container = text(found, "Name");
    EXPECT_TRUE(std::regex_match(container, std::regex("/" + prefix() + "[A-Za-z0-9_.-]{1,63}")))
        << name << " -> " << container;
    EXPECT_TRUE(names.insert(container).second) << "two users meet in " << container;
    const auto labels = at(found, "Config.Labels");
    ASSERT_NE(labels.find("dockhost.user"), nullptr);
    EXPECT_EQ(*labels.find("dockhost.user")->as_string(), name);
    EXPECT_TRUE(succeeded(s.command("stop-container", json::object{{"username", name}}))) << name;
    EXPECT_TRUE(succeeded(s.command("delete-container", json::object{{"username", name}}))) << name;
  }
  EXPECT_TRUE(names.contains("/" + name_of("a-b"))) << "a plain name is used as it is";
  EXPECT_TRUE(own_containers().empty());

  // In V2 the reply is an event named after the user: a reserved name would end the link.
  const std::size_t from = s.mark();
  const std::vector<std::string> reserved = {
      "connect",       "connect_error", "disconnect",
      "disconnecting", "newListener",   "removeListener",
      "node-hello",    "initial_state", "create-container-response"};
  for (const auto& name : reserved)
    s.emit("check_if_container_exists", json::object{{"USERNAME", name}});
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "plain")), "false");
  const auto addressed = [&](const json::value& m) {
    return text(m, "t") == "event" &&
           std::ranges::find(reserved, text(m, "name")) != reserved.end();
  };
  EXPECT_EQ(s.count(addressed, from), 0U);
  EXPECT_FALSE(s.seen(is("disconnect"), from));
}

TEST_F(Trouble, HostileJsonLeavesTheNodeUp) {
  start_both();
  auto& s = server();
  const auto hex = [](const std::string& bytes) {
    std::string out;
    for (const char c : bytes) {
      constexpr const char* digits = "0123456789abcdef";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
  };
  const auto still_works = [&](const std::string& after) {
    const bool works = eventually(
        [&] {
          const auto reply = s.try_command("list-containers", json::object{}, 3s);
          return reply && truth(*reply, "success");
        },
        20s);
    EXPECT_TRUE(works) << "after " << after;
    EXPECT_TRUE(node().running()) << "after " << after;
    EXPECT_LT(node_memory_kb(), memory_limit_kb) << "after " << after;
  };
  const auto repeated = [&](const std::string& head, const std::string& unit, int count,
                            const std::string& tail) {
    s.call("raw_repeated", {{"head", head}, {"unit", unit}, {"count", count}, {"tail", tail}});
  };
  repeated("2[\"create-container\",", "[", 1'000'000, "");
  still_works("a million open brackets");
  repeated("2[\"create-container\",", "{\"a\":", 1'000'000, "");
  still_works("a million open objects");
  repeated("20[\"create-container\",{\"username\":\"", "a", 10'000'000, "\"}]");
  still_works("10 MB of username");
  repeated("2[\"create-container\",[", "0,", 5'000'000, "0]]");
  still_works("five million numbers");
  repeated("2[\"create-container\"", ",{}", 900'000, "]");
  still_works("a great many arguments");

  for (const std::string& packet :
       {"2[\"create-container\",{\"username\":\"\\ud800\"}]"s,
        "2[\"create-container\",{\"username\":\"\\udc00\\ud800\"}]"s,
        "2[\"create-container\",{\"username\":1e999999}]"s,
        "2[\"create-container\",{\"username\":123456789012345678901234567890}]"s,
        "2[\"create-container\",{\"username\":\"a\",}]"s, "2[]"s, "2{}"s, "2[5]"s, "2"s,
        "2999999999999999999999[\"x\"]"s, "51-[\"x\"]"s, "2abc[\"x\"]"s, "9"s}) {
    s.call("raw", {{"packet", packet}});
    still_works(packet);
  }
  for (const std::string& bytes :
       {"42[\"create-container\",{\"username\":\"\xff\xfe\"}]"s, "42[\"\xc3\x28\"]"s, "\xff"s, ""s,
        "42[\"stop_container\",{\"USERNAME\":\"\xed\xa0\x80\"}]"s}) {
    s.call("raw_frame", {{"hex", hex(bytes)}});
    still_works("invalid UTF-8");
  }
  // Of duplicate keys the last wins, as in the language that sent them.
  const std::size_t from = s.mark();
  s.call("raw",
         {{"packet", R"(2["check_if_container_exists",{"USERNAME":"one","USERNAME":"two"}])"}});
  EXPECT_EQ(json::dump(s.wait_event("two", from, 10s)), "false");
  EXPECT_EQ(s.count(is("event", "name", "one"), from), 0U);
  EXPECT_TRUE(own_containers().empty());
}

TEST_F(Trouble, StartingPortThatIsNoneIsNoHint) {
  start_both();
  auto& s = server();
  // A block that is free and would be given to whoever asks for it properly.
  const int block = first_port() + 150;
  const std::string digits = std::to_string(block);
  const std::string code = "(() => " + digits + ")()";
  // In the one dialect and the other by turns.
  const std::vector<std::optional<json::value>> hints = {std::nullopt, // missing
                                                         std::nullopt,
                                                         nullptr,
                                                         nullptr,
                                                         digits,
                                                         digits,
                                                         code,
                                                         code,
                                                         "process.exit()",
                                                         0,
                                                         -5,
                                                         -block,
                                                         block + 0.5,
                                                         65'534,
                                                         1e9,
                                                         1e300,
                                                         true,
                                                         json::array{block},
                                                         json::object{{"valueOf", block}}};
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < hints.size(); ++i) {
    const std::string when = hints[i] ? json::dump(*hints[i]) : "missing";
    const std::string user = "user" + std::to_string(i);
    json::object fields;
    std::int64_t ssh = 0;
    if (i % 2 == 0) {
      if (hints[i]) fields.emplace_back("startingPort", *hints[i]);
      ssh = number(create(user, fields), "ports.ssh");
    } else {
      fields.emplace_back("SSH_PUB_KEY", key().public_line);
      if (hints[i]) fields.emplace_back("startingPortNo", *hints[i]);
      ssh = number(s.v2("start_container", fields, user), "PORT_NO");
    }
    EXPECT_GE(ssh, first_port()) << when;
    EXPECT_LT(ssh, block) << when;
    EXPECT_TRUE(seen.insert(ssh).second) << when;
    EXPECT_TRUE(has_banner(static_cast<std::uint16_t>(ssh))) << when;
  }
  EXPECT_EQ(number(create("proper", {{"startingPort", block}}), "ports.ssh"), block);
}

TEST_F(Trouble, PublicKeyThatIsBadIsRefused) {
  start_both();
  const std::string good = key().public_line;
  const std::string blob = good.substr(good.find(' ') + 1, 68);
  const std::vector<std::string> bad = {"not a key",
                                        "ssh-ed25519",
                                        "ssh-ed25519 AAAA",
                                        "ssh-ed25519 " + blob.substr(0, 60),
                                        "ssh-foo " + blob,
                                        "ssh-rsa " + blob,
                                        "ssh-ed25519 !!!!" + blob,
                                        "command=\"id\" " + good,
                                        "no-pty " + good,
                                        "from=\"*\" " + good,
                                        good + "\n" + good,
                                        good + "\nssh-ed25519 " + blob,
                                        good + "\r\n" + good,
                                        good + "\\n\n" + "x",
                                        good + std::string(17 * 1024, 'c'),
                                        "\n" + good + "\n\nroot::0",
                                        ""};
  for (const auto& line : bad) {
    const auto reply = server().command(
        "create-container", json::object{{"username", "mallory"}, {"sshPublicKey", line}});
    EXPECT_TRUE(failed_with(reply, "invalid_key")) << line.substr(0, 60);
    EXPECT_FALSE(text(reply, "message").empty());
    const auto v2 = server().v2("start_container", {{"SSH_PUB_KEY", line}}, "mallory");
    EXPECT_EQ(number(v2, "status"), 400) << line.substr(0, 60);
  }
  EXPECT_TRUE(own_containers().empty());
}

TEST_F(Trouble, PublicKeyIsExactlyOneLineAlsoAfterARestart) {
  start_both();
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    const auto pair = make_key(folder(), std::string("key_") + type, type);
    const auto reply = server().command(
        "create-container", json::object{{"username", type}, {"sshPublicKey", pair.public_line}});
    ASSERT_TRUE(succeeded(reply)) << type;
    const std::string id = text(reply, "data.containerId");
    const auto port = static_cast<std::uint16_t>(number(reply, "data.ports.ssh"));
    const auto lines = [&] { return inside(id, {"cat", "/root/.ssh/authorized_keys"}); };
    EXPECT_EQ(lines(), pair.public_line);
    EXPECT_EQ(ssh_login(folder(), port, pair, "true", text(reply, "data.sshHostKey")).status, 0);
    docker({"restart", "-t", "2", id});
    ASSERT_TRUE(eventually([&] { return has_banner(port); }, 20s));
    EXPECT_EQ(lines(), pair.public_line) << "after docker restart";
    const json::object user = {{"username", type}};
    EXPECT_TRUE(succeeded(server().command("stop-container", user)));
    EXPECT_TRUE(succeeded(server().command("start-container", user)));
    ASSERT_TRUE(eventually([&] { return has_banner(port); }, 20s));
    EXPECT_EQ(lines(), pair.public_line) << "after stop and start";
    EXPECT_EQ(ssh_login(folder(), port, pair, "true", text(reply, "data.sshHostKey")).status, 0);
    EXPECT_EQ(offered_methods(port), "publickey");
  }
}

} // namespace
} // namespace dockhost::e2e
