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

} // namespace
} // namespace dockhost::e2e
