// SPDX-License-Identifier: MIT
#include "protocol/socketio_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dockhost::protocol::socketio {
namespace {

using json::array;
using json::object;
using std::string_literals::operator""s;

packet ok(std::string_view text) {
  decoder d;
  auto got = d.text(text);
  EXPECT_TRUE(got.ok()) << text << ": " << (got ? "" : got.err().message);
  if (!got || !*got) return {};
  return **got;
}

std::string why(std::string_view text) {
  decoder d;
  const auto got = d.text(text);
  EXPECT_FALSE(got.ok()) << text.substr(0, 80);
  return got ? "" : got.err().message;
}

packet event(json::array args) {
  return {packet_type::event, "/", {}, std::move(args), {}};
}

TEST(SocketioCodec, Connect) {
  auto p = ok("0");
  EXPECT_EQ(p.type, packet_type::connect);
  EXPECT_EQ(p.nsp, "/");
  EXPECT_TRUE(p.data.is_null());
  p = ok("0{\"sid\":\"x\"}");
  EXPECT_EQ(p.data, json::value(object{{"sid", "x"}}));
  for (const auto* text : {"0/custom,", "0/custom"})
    EXPECT_EQ(ok(text).nsp, "/custom");
  p = ok("0/a/b-c,{\"t\":1}");
  EXPECT_EQ(p.nsp, "/a/b-c");
  EXPECT_EQ(p.data, json::value(object{{"t", 1}}));
  for (const auto* text : {"0[]", "01", "0\"x\"", "0/a,1", "0null", "0/a\n,", "0{"})
    why(text);
}

TEST(SocketioCodec, Disconnect) {
  EXPECT_EQ(ok("1").type, packet_type::disconnect);
  EXPECT_EQ(ok("1/custom").nsp, "/custom");
  EXPECT_EQ(ok("1/custom,").nsp, "/custom");
  for (const auto* text : {"1{}", "1/a,[]", "1abc"})
    why(text);
}

TEST(SocketioCodec, ConnectError) {
  EXPECT_EQ(ok("4{\"message\":\"m\"}").type, packet_type::connect_error);
  EXPECT_EQ(ok("4\"m\"").data, json::value("m"));
  EXPECT_TRUE(ok("4/x").data.is_null());
  for (const auto* text : {"4[1]", "4abc", "47"})
    why(text);
}

TEST(SocketioCodec, Events) {
  auto p = ok("2[\"hi\",{\"a\":[1]},null]");
  EXPECT_EQ(p.type, packet_type::event);
  EXPECT_FALSE(p.id);
  EXPECT_EQ(p.data, json::value(array{"hi", object{{"a", array{1}}}, nullptr}));
  p = ok("2/n,456[\"\"]");
  EXPECT_EQ(p.nsp, "/n");
  EXPECT_EQ(p.id, 456U);
  EXPECT_EQ(ok("29007199254740991[\"e\"]").id, max_ack_id);
  EXPECT_EQ(why("29007199254740992[\"e\"]"), "ack id too large");
  EXPECT_EQ(why("299999999999999999999999[\"e\"]"), "ack id too large");
  for (const auto* text :
       {"2", "2{}", "2[]", "2[1]", "2[null]", "2[[\"a\"]]", "2\"a\"", "2abc[1]", "2-1[\"a\"]",
        "2 1[\"a\"]", "21", "2[\"a\"]x", "2[\"a\"", "2/n[\"a\"]", "2/n,/m,[\"a\"]", "22-[\"a\"]"}) {
    why(text);
  }
}

TEST(SocketioCodec, ReservedEventNames) {
  for (const auto* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener"}) {
    EXPECT_EQ(why("2[\"" + std::string(name) + "\"]"), "event: reserved name");
    EXPECT_FALSE(encode(event({name})).ok());
  }
  EXPECT_EQ(ok("2[\"__proto__\"]").data, json::value(array{"__proto__"}));
  EXPECT_EQ(ok("2[\"connection\"]").type, packet_type::event);
}

TEST(SocketioCodec, Acks) {
  const auto p = ok("3/n,0[1,\"two\"]");
  EXPECT_EQ(p.type, packet_type::ack);
  EXPECT_EQ(p.id, 0U);
  EXPECT_EQ(ok("312[]").data, json::value(array{}));
  for (const auto* text : {"3[]", "31", "31{}", "3", "3-1[]"})
    why(text);
}

TEST(SocketioCodec, UnknownPacketTypes) {
  for (const auto& text : {""s, "7"s, "9[]"s, "a"s, "\0"s, "-"s, "\xff\xff"s, "{}"s})
    why(text);
}

TEST(SocketioCodec, BinaryPackets) {
  decoder d;
  const auto text =
      "52-/n,7[\"e\",{\"_placeholder\":true,\"num\":1},{\"x\":[{\"_placeholder\":true,"
      "\"num\":0}]}]";
  auto got = d.text(text);
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(*got);
  got = d.binary("\0one"s);
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(*got);
  got = d.binary("");
  ASSERT_TRUE(got.ok() && *got);
  EXPECT_EQ((*got)->type, packet_type::event);
  EXPECT_EQ((*got)->nsp, "/n");
  EXPECT_EQ((*got)->id, 7U);
  EXPECT_EQ((*got)->attachments, (std::vector<std::string>{"\0one"s, ""}));
  EXPECT_EQ(placeholder_number(*(**got).data.as_array()->at(1).find("num")), std::nullopt);
  EXPECT_EQ(placeholder_number((**got).data.as_array()->at(1)), 1U);
  // The decoder is ready for the next one, and gives back what came in.
  EXPECT_TRUE(d.text("2[\"a\"]").ok());
  const auto again = encode(**got);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->text, text);
}

TEST(SocketioCodec, NothingComesBetweenAPacketAndItsAttachments) {
  const auto head = "51-[\"e\",{\"_placeholder\":true,\"num\":0}]";
  decoder interleaved;
  ASSERT_TRUE(interleaved.text(head).ok());
  EXPECT_FALSE(interleaved.text("2[\"a\"]").ok());
  decoder twice;
  ASSERT_TRUE(twice.text(head).ok());
  EXPECT_FALSE(twice.text(head).ok());
  decoder unannounced;
  EXPECT_FALSE(unannounced.binary("x").ok());
  decoder one_too_many;
  ASSERT_TRUE(one_too_many.text(head).ok());
  ASSERT_TRUE(one_too_many.binary("x").ok());
  EXPECT_FALSE(one_too_many.binary("y").ok());
}

TEST(SocketioCodec, IllegalPlaceholdersAndCounts) {
  for (const auto* text : {"5[\"e\"]",
                           "5-[\"e\"]",
                           "50-[\"e\"]",
                           "5-1-[\"e\"]",
                           "51[\"e\"]",
                           "5x-[\"e\"]",
                           "51.0-[\"e\"]",
                           "511-[\"e\"]",
                           "5999999999999999999999-[\"e\"]",
                           "51-",
                           "51-{}",
                           R"(51-["e",{"_placeholder":true,"num":1}])",
                           R"(51-["e",{"_placeholder":true,"num":-1}])",
                           R"(51-["e",{"_placeholder":true,"num":0.5}])",
                           R"(51-["e",{"_placeholder":true}])",
                           R"(51-["e",{"_placeholder":true,"num":"0"}])",
                           R"(51-["e",{"_placeholder":true,"num":"splice"}])",
                           R"(61-1{"_placeholder":true,"num":0})",
                           R"(61-[{"_placeholder":true,"num":0}])",
                           R"(51-[{"_placeholder":true,"num":0}])"}) {
    why(text);
  }
  decoder d;
  EXPECT_TRUE(d.text(R"(510-["e",{"_placeholder":true,"num":9},{"_placeholder":false}])").ok());
  // In a packet without attachments such an object is plain data.
  EXPECT_EQ(ok(R"(2["e",{"_placeholder":true,"num":5}])").attachments.size(), 0U);
}

TEST(SocketioCodec, AttachmentsAreBoundedInBytes) {
  decoder d(1'000);
  ASSERT_TRUE(d.text(R"(52-["e",{"_placeholder":true,"num":0}])").ok());
  EXPECT_TRUE(d.binary(std::string(600, 'x')).ok());
  EXPECT_FALSE(d.binary(std::string(401, 'x')).ok());
  EXPECT_FALSE(decoder(1'000).text("2[\"" + std::string(1'000, 'x') + "\"]").ok());
  EXPECT_TRUE(decoder(1'000).text("2[\"" + std::string(995, 'x') + "\"]").ok());
  EXPECT_FALSE(decoder(1'000).text("2[\"" + std::string(996, 'x') + "\"]").ok())
      << "the type counts, too";
}

TEST(SocketioCodec, JsonNestedAMillionDeepIsRefused) {
  EXPECT_EQ(why("2[\"e\"," + std::string(1'000'000, '[')), "invalid payload");
  EXPECT_EQ(why("0" + std::string(1'000'000, '{')), "invalid payload");
  EXPECT_EQ(why("2[\"e\",\"\\ud800\"]"), "invalid payload");
  EXPECT_EQ(why("2[\"e\",\"\xff\"]"), "invalid payload");
}

TEST(SocketioCodec, EncodesHeaders) {
  const auto text = [](packet p) {
    auto got = encode(std::move(p));
    EXPECT_TRUE(got.ok());
    return got ? got->text : got.err().message;
  };
  EXPECT_EQ(text({packet_type::connect, "/", {}, object{{"k", "v"}}, {}}), "0{\"k\":\"v\"}");
  EXPECT_EQ(text({packet_type::connect, "/x", {}, nullptr, {}}), "0/x,");
  EXPECT_EQ(text({packet_type::disconnect, "/", {}, nullptr, {}}), "1");
  EXPECT_EQ(text({packet_type::disconnect, "/x", {}, nullptr, {}}), "1/x,");
  EXPECT_EQ(text({packet_type::event, "/x", 3, array{"e", 1}, {}}), "2/x,3[\"e\",1]");
  EXPECT_EQ(text({packet_type::ack, "/", 3, array{}, {}}), "33[]");
  EXPECT_EQ(text({packet_type::connect_error, "/x", {}, object{{"message", "m"}}, {}}),
            "4/x,{\"message\":\"m\"}");
}

TEST(SocketioCodec, RefusesToEncodeWhatAPeerWouldDropTheLinkFor) {
  const auto refused = [](packet p) { return !encode(std::move(p)).ok(); };
  EXPECT_TRUE(refused(event({})));
  EXPECT_TRUE(refused(event({1})));
  EXPECT_TRUE(refused({packet_type::event, "/", {}, object{}, {}}));
  EXPECT_TRUE(refused({packet_type::event, "x", {}, array{"e"}, {}}));
  EXPECT_TRUE(refused({packet_type::event, "/a,b", {}, array{"e"}, {}}));
  EXPECT_TRUE(refused({packet_type::event, "/", max_ack_id + 1, array{"e"}, {}}));
  EXPECT_TRUE(refused({packet_type::ack, "/", {}, array{}, {}}));
  EXPECT_TRUE(refused({packet_type::connect, "/", 1, nullptr, {}}));
  EXPECT_TRUE(refused({packet_type::disconnect, "/", {}, object{}, {}}));
  auto p = event({"e", placeholder(0)});
  p.attachments = {"a", "b"};
  EXPECT_TRUE(refused(p)); // the second is named by nothing
  p.data = array{"e", placeholder(0), placeholder(0)};
  EXPECT_TRUE(refused(p));
  p.data = array{"e", placeholder(0), placeholder(2)};
  EXPECT_TRUE(refused(p));
  p.data = array{"e", placeholder(1), array{placeholder(0)}};
  EXPECT_FALSE(refused(p));
  p.attachments.resize(11);
  EXPECT_TRUE(refused(p));
}

TEST(SocketioCodec, GarbageNeverCrashes) {
  std::mt19937 rng(5);
  const std::string_view seeds[] = {"52-/n,7[\"e\",{\"_placeholder\":true,\"num\":1}]",
                                    "2/ns,12[\"e\",{\"a\":1}]", "0{\"sid\":\"x\"}", "31[]"};
  std::size_t accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(seeds[rng() % 4]);
    for (auto n = rng() % 4; n > 0; --n)
      text[rng() % text.size()] = static_cast<char>(rng());
    text.resize(rng() % (text.size() + 1));
    decoder d;
    auto got = d.text(text);
    if (!got || !*got) continue;
    ++accepted;
    EXPECT_TRUE(encode(**got).ok()) << text;
  }
  EXPECT_GT(accepted, 0U);
}

} // namespace
} // namespace dockhost::protocol::socketio
