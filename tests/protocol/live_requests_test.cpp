// SPDX-License-Identifier: MIT
#include "protocol/live_requests.hpp"

#include <gtest/gtest.h>

namespace dockhost::protocol {
namespace {

using namespace std::chrono_literals;

basic_result<live_request, std::string> decode(std::string_view event, std::string_view text) {
  const auto payload = json::parse(text);
  EXPECT_TRUE(payload.ok()) << text;
  return decode_live_request(event, *payload);
}

template <class T>
T good(std::string_view event, std::string_view text) {
  auto got = decode(event, text);
  EXPECT_TRUE(got.ok()) << text << ": " << (got.ok() ? "" : got.err());
  return got.ok() ? std::get<T>(got.value()) : T{};
}

TEST(live_requests, defaults_are_those_of_the_protocol) {
  const auto log = good<start_log_request>("start_log_stream", R"({"container_id":"web"})");
  EXPECT_EQ(log.container, "web");
  EXPECT_EQ(log.options, log_watch_options{});
  const auto all = good<subscribe_request>("subscribe", R"({"topics":["state"]})");
  EXPECT_EQ(all.containers, std::nullopt);
  EXPECT_FALSE(all.all);
  EXPECT_EQ(all.batch, std::nullopt);
}

TEST(live_requests, everything_that_can_be_said_is_read) {
  const auto log = good<start_log_request>(
      "start_log_stream",
      R"({"container_id":"web","tail":5,"since":"2026-01-02T03:04:05.000000006Z","timestamps":false,
          "format":"binary","filter":{"level":"warning","pattern":"a.*b","stream":"stderr"}})");
  EXPECT_EQ(log.options.tail, 5U);
  EXPECT_EQ(log.options.since_unix_nano, 1'767'323'045'000'000'006);
  EXPECT_FALSE(log.options.timestamps);
  EXPECT_EQ(log.options.encoding, log_encoding::binary);
  EXPECT_EQ(log.options.filter.level, log_severity::warn);
  EXPECT_EQ(log.options.filter.pattern, "a.*b");
  EXPECT_EQ(log.options.filter.channel, log_channel::err);
  const auto some = good<subscribe_request>(
      "subscribe", R"({"topics":["stats","node","heartbeat"],"containers":["a","b"],
                       "interval_ms":1,"batch_ms":5})");
  EXPECT_EQ(some.topics, (live_topics{false, true, true, true}));
  EXPECT_EQ(some.containers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(some.interval, 250ms); // the shortest
  EXPECT_EQ(some.batch, 10ms);
  EXPECT_EQ(good<subscribe_request>("subscribe", R"({"topics":["state"],"batch_ms":0})").batch,
            0ms);
  const auto all = good<subscribe_request>("subscribe", R"({"topics":["state"],"containers":"*"})");
  EXPECT_TRUE(all.all);
  EXPECT_EQ(all.containers, std::nullopt);
  const auto left = good<unsubscribe_request>(
      "unsubscribe", R"({"topics":["state","stats"],"containers":["a"],"interval_ms":5})");
  EXPECT_EQ(left.topics, (live_topics{true, true, false, false}));
  EXPECT_EQ(left.containers, (std::vector<std::string>{"a"}));
  for (const auto* text : {R"({"topics":["node"],"containers":"*"})", R"({"topics":["node"]})"})
    EXPECT_EQ(good<unsubscribe_request>("unsubscribe", text).containers, std::nullopt) << text;
  good<heartbeat_ack>("heartbeat_ack", R"({"seq":7})");
  const auto act = good<container_action_request>("container_action",
                                                  R"({"container_id":"x","action":"delete"})");
  EXPECT_EQ(act.action, container_action::remove);
  good<list_containers_request>("list_containers", "null");
  good<stop_log_request>("stop_log_stream", R"({"container_id":"x"})");
}

TEST(live_requests, since_is_text_or_a_number) {
  const auto nanos = [](std::string_view text) {
    return good<start_log_request>("start_log_stream",
                                   R"({"container_id":"x","since":)" + std::string(text) + "}")
        .options.since_unix_nano;
  };
  EXPECT_EQ(nanos("1700000000"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos("1700000000000"), 1'700'000'000'000'000'000);
  EXPECT_EQ(nanos("\"2023-11-14T22:13:20Z\""), 1'700'000'000'000'000'000);
}

TEST(live_requests, MalformedArgumentsAreNamed) {
  for (const auto& [event, text, why] : std::initializer_list<std::array<std::string, 3>>{
           {"start_log_stream", "null", "object"},
           {"start_log_stream", "[]", "object"},
           {"start_log_stream", "5", "object"},
           {"start_log_stream", "{}", "container_id"},
           {"start_log_stream", R"({"container_id":""})", "container_id"},
           {"start_log_stream", R"({"container_id":["x"]})", "container_id"},
           {"start_log_stream", R"({"container_id":"x","tail":-1})", "tail"},
           {"start_log_stream", R"({"container_id":"x","tail":"5"})", "tail"},
           {"start_log_stream", R"({"container_id":"x","tail":1e9})", "tail"},
           {"start_log_stream", R"({"container_id":"x","since":"yesterday"})", "since"},
           {"start_log_stream", R"({"container_id":"x","since":-1})", "since"},
           {"start_log_stream", R"({"container_id":"x","since":"1969-12-31T23:59:59Z"})", "since"},
           {"start_log_stream", R"({"container_id":"x","since":"9999-01-01T00:00:00Z"})", "since"},
           {"start_log_stream", R"({"container_id":"x","since":1e300})", "since"},
           {"start_log_stream", R"({"container_id":"x","filter":"x"})", "filter"},
           {"start_log_stream", R"({"container_id":"x","filter":{"level":"loud"}})", "level"},
           {"start_log_stream", R"({"container_id":"x","filter":{"pattern":5}})", "pattern"},
           {"start_log_stream", R"({"container_id":"x","filter":{"stream":"tty"}})", "stream"},
           {"start_log_stream", R"({"container_id":"x","timestamps":1})", "timestamps"},
           {"start_log_stream", R"({"container_id":"x","format":"xml"})", "format"},
           {"container_action", R"({"container_id":"x"})", "action"},
           {"container_action", R"({"container_id":"x","action":"exec"})", "action"},
           {"subscribe", "{}", "topics"},
           {"subscribe", R"({"topics":[]})", "topics"},
           {"subscribe", R"({"topics":["all"]})", "topics"},
           {"subscribe", R"({"topics":[null]})", "topics"},
           {"subscribe", R"({"topics":["state"],"containers":"web"})", "containers"},
           {"subscribe", R"({"topics":["state"],"containers":[5]})", "containers"},
           {"subscribe", R"({"topics":["stats"],"interval_ms":"1s"})", "interval_ms"},
           {"subscribe", R"({"topics":["state"],"batch_ms":-1})", "batch_ms"},
           {"unsubscribe", R"({"topics":"state"})", "topics"},
           {"unsubscribe", R"({"topics":["state"],"containers":"web"})", "containers"},
           {"unsubscribe", R"({"topics":["stats"],"interval_ms":"1s"})", "interval_ms"},
           {"list_containers", "[]", "object"},
           {"heartbeat_ack", "5", "object"},
           {"heartbeat_ack", R"({"seq":"5"})", "seq"},
           {"nothing_known", "{}", "unknown event"}}) {
    const auto got = decode(event, text);
    ASSERT_FALSE(got.ok()) << event << " " << text;
    EXPECT_NE(got.err().find(why), std::string::npos) << text << ": " << got.err();
  }
}

} // namespace
} // namespace dockhost::protocol
