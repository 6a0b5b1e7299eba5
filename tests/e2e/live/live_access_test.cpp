// SPDX-License-Identifier: MIT
// What browsers may see, and how they come in.
#include "tests/e2e/live/live_world.hpp"
#include "tests/e2e/support/certificates.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace dockhost::e2e {
namespace {

using ::testing::IsEmpty;

class LiveAccess : public live_world {};

std::vector<std::string> ids_of(const json::value& state) {
  std::vector<std::string> out;
  const json::value list = at(state, "containers");
  for (const auto& each : *list.as_array())
    out.push_back(text(each, "container_id"));
  return out;
}

TEST_F(LiveAccess, ManagedOnlyShowsTheNodesOwnContainers) {
  config["live"]["managed_only"] = "true";
  config["live"]["foreign_actions"] = "true";
  const auto other = run_quiet("web");
  start_view();
  const auto own = text(create("ann"), "containerId");
  auto& b = browsers();
  const auto from = b.mark();
  const int client = join();
  EXPECT_EQ(ids_of(b.events(client, "initial_state", from)[0]), std::vector{own});
  EXPECT_EQ(ids_of(b.ask(client, "list_containers", json::object{})), std::vector{own});
  for (const auto& name : {other, other.substr(0, 12), prefix() + "web"}) {
    const json::object wish = {{"container_id", name}};
    EXPECT_TRUE(refused_with(b.ask(client, "start_log_stream", wish), "not_found")) << name;
    EXPECT_TRUE(refused_with(
        b.ask(client, "container_action", json::object{{"container_id", name}, {"action", "stop"}}),
        "not_found"))
        << name;
  }
  EXPECT_EQ(status_of(other), "running");
  EXPECT_EQ(text(b.ask(client, "start_log_stream", json::object{{"container_id", own}}), "status"),
            "stream_started");
  // What happens to others is not told; what happens to its own is.
  docker({"stop", "-t", "0", other});
  docker({"start", other});
  docker({"stop", "-t", "0", own});
  wait_state(client, own, "stopped", from);
  EXPECT_THAT(states(client, other, from), IsEmpty());
}

TEST_F(LiveAccess, TlsWithACertificateOfAPrivateCa) {
  const auto files = make_certificates(folder() / "tls");
  config["live"]["cert_file"] = "\"" + files.server_cert.string() + "\"";
  config["live"]["key_file"] = "\"" + files.server_key.string() + "\"";
  const auto id = run_quiet("web");
  start_view();
  ASSERT_TRUE(url().starts_with("https://")) << url();
  std::ostringstream ca;
  ca << std::ifstream(files.ca).rdbuf();
  auto& b = browsers();
  for (const json::array& way :
       {json::array{"polling"}, json::array{"websocket"}, json::array{"polling", "websocket"}}) {
    const auto from = b.mark();
    const int client = join({{"transports", way}, {"ca", ca.str()}});
    const json::object wish = {{"container_id", id}, {"tail", 0}, {"timestamps", false}};
    EXPECT_EQ(text(b.ask(client, "start_log_stream", wish), "status"), "stream_started");
    const std::string large(100'000, 'x'); // of several TLS records
    say(id, large);
    b.wait_line(client, large, from);
    if (way.size() == 2) b.wait_link(client, "upgrade", from);
    b.close(client);

    // Who does not know the CA does not come in.
    const auto before = b.mark();
    const int stranger = b.open(url(), {{"transports", way}});
    b.wait_link(stranger, "refused", before);
  }
  // Nor does plain HTTP.
  const auto before = b.mark();
  const int plain = b.open("http" + url().substr(5), {{"transports", json::array{"websocket"}}});
  b.wait_link(plain, "refused", before);
}

class LiveCompression : public live_world {
protected:
  static constexpr int lines = 20'000;
  static constexpr const char* words = "a line like any other: ";

  /// The events of a browser that joins, is told of a log and of a change, and asks for something
  /// large in vain; what each brings anew left out.
  json::array everything(json::object options) {
    auto& b = browsers();
    const int witness = join();
    const auto before = b.mark();
    const auto id = run_quiet("web");
    wait_state(witness, id, "running", before);
    const auto from = b.mark();
    const bool upgrades = options.empty() || options[0].first != "transports";
    const int client = join(std::move(options));
    const auto link = b.wait_link(client, upgrades ? "upgrade" : "open", from);
    deflate = at(link, "deflate");
    docker({"pause", id});
    wait_state(client, id, "paused", from);
    docker({"unpause", id});
    wait_state(client, id, "running", from);
    const json::object wish = {{"container_id", prefix() + "web"}, {"timestamps", false}};
    EXPECT_EQ(text(b.ask(client, "start_log_stream", wish), "status"), "stream_started");
    say_many(id, words, 1, lines);
    say(id, "the last");
    b.wait_line(client, "the last", from);
    received = text(link, "transport") == "websocket" ? b.received(client) : -1;
    EXPECT_TRUE(refused_with(
        b.ask(client, "start_log_stream", json::object{{"container_id", std::string(9'000, 'y')}}),
        "invalid_request"));
    std::vector<std::string> expected;
    for (int n = 1; n <= lines; ++n)
      expected.push_back(words + std::to_string(n));
    expected.emplace_back("the last");
    EXPECT_EQ(b.log_lines(client, prefix() + "web", from), expected);
    EXPECT_EQ(states(client, id, from), (std::vector<std::string>{"paused", "running"}));
    b.close(client);
    b.close(witness);
    remove_container(id);
    json::array names;
    for (auto& name : b.event_names(client, from))
      if (name != "log_update") names.emplace_back(std::move(name));
    return names;
  }
  bool feature() {
    auto& b = browsers();
    const auto from = b.mark();
    const int client = join();
    const auto all =
        json::dump(at(b.events(client, "connection_established", from)[0], "features"));
    b.close(client);
    return all.find("\"compression\"") != std::string::npos;
  }

  json::value deflate;        ///< what the last one of everything() has agreed upon
  std::int64_t received = -1; ///< bytes on its WebSocket, if it has one
};

TEST_F(LiveCompression, IsAgreedUponWhereConfiguredAndChangesNothing) {
  config["live"]["compression"] = "true";
  start_view();
  const json::array websocket = {"websocket"};
  const auto plain = everything({{"transports", websocket}, {"perMessageDeflate", false}});
  EXPECT_TRUE(deflate.is_null()) << "it did not ask for it";
  const auto whole = received;
  EXPECT_GT(whole, lines * 20);
  const json::object agreed = {{"server_no_context_takeover", true},
                               {"client_no_context_takeover", true}};
  EXPECT_EQ(everything({{"transports", websocket}}), plain);
  for (const auto& [name, value] : agreed)
    EXPECT_EQ(at(deflate, name), value) << json::dump(deflate);
  EXPECT_LT(received, whole / 4);
  EXPECT_EQ(everything({}), plain) << "polling, then WebSocket";
  for (const auto& [name, value] : agreed)
    EXPECT_EQ(at(deflate, name), value) << json::dump(deflate);
  EXPECT_LT(received, whole / 4);
  EXPECT_EQ(everything({{"transports", json::array{"polling"}}}), plain);
  EXPECT_TRUE(feature());
}

TEST_F(LiveCompression, IsOffUnlessConfigured) {
  start_view();
  const auto by_websocket = everything({{"transports", json::array{"websocket"}}});
  EXPECT_TRUE(deflate.is_null()) << json::dump(deflate);
  EXPECT_GT(received, lines * 20);
  EXPECT_EQ(everything({}), by_websocket);
  EXPECT_TRUE(deflate.is_null()) << json::dump(deflate);
  EXPECT_FALSE(feature());
}

} // namespace
} // namespace dockhost::e2e
