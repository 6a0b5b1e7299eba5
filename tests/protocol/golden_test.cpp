// SPDX-License-Identifier: MIT
// What npm's peers really said (scripts/record_golden.mjs): our codecs must make the same packets
// of it, and the same bytes of those packets.
#include "protocol/engineio_codec.hpp"
#include "protocol/socketio_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace dockhost::protocol {
namespace {

json::value load(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  auto got = json::parse(text.str());
  EXPECT_TRUE(got.ok()) << file;
  return got ? std::move(got).value() : json::value();
}

const json::value& at(const json::value& v, std::string_view key) {
  static const json::value none;
  const auto* found = v.find(key);
  EXPECT_NE(found, nullptr) << key;
  return found != nullptr ? *found : none;
}

const json::array& list(const json::value& v) {
  static const json::array none;
  EXPECT_NE(v.as_array(), nullptr);
  return v.as_array() != nullptr ? *v.as_array() : none;
}

std::string text(const json::value& v) {
  EXPECT_NE(v.as_string(), nullptr);
  return v.as_string() != nullptr ? *v.as_string() : "";
}

std::string unhex(const json::value& v) {
  const auto digits = text(v);
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return out;
}

socketio::packet described(const json::value& v) {
  socketio::packet p;
  const auto type = text(at(v, "type"));
  const std::array<std::string_view, 5> names = {"connect", "disconnect", "event", "ack",
                                                 "connect_error"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == type) p.type = static_cast<socketio::packet_type>(i);
  }
  p.nsp = text(at(v, "nsp"));
  std::int64_t id = 0;
  if (const auto* n = v.find("id"); n != nullptr && n->get_int(id)) {
    p.id = static_cast<std::uint64_t>(id);
  }
  if (const auto* data = v.find("data")) p.data = *data;
  for (const auto& bytes : list(at(v, "attachments")))
    p.attachments.push_back(unhex(bytes));
  return p;
}

void expect_same(const socketio::packet& got, const socketio::packet& want) {
  EXPECT_EQ(got.type, want.type);
  EXPECT_EQ(got.nsp, want.nsp);
  EXPECT_EQ(got.id, want.id);
  EXPECT_EQ(got.data, want.data) << json::dump(got.data);
  EXPECT_EQ(got.attachments, want.attachments);
}

struct message {
  bool binary = false;
  std::string data;
};

/// The Engine.IO messages of one direction; every frame and payload is encoded again on the way.
std::vector<message> frames(const json::value& recorded) {
  std::vector<message> out;
  for (const auto& frame : list(recorded)) {
    if (const auto* bytes = frame.find("binary")) {
      out.push_back({true, unhex(*bytes)});
      continue;
    }
    const auto raw = text(at(frame, "text"));
    const auto p = engineio::decode_text(raw);
    EXPECT_TRUE(p.ok()) << raw;
    if (!p) continue;
    EXPECT_EQ(engineio::encode_text(p->type, p->data), raw);
    if (p->type == engineio::packet_type::open) {
      const auto h = engineio::decode_handshake(p->data);
      EXPECT_TRUE(h.ok());
      if (h) {
        EXPECT_EQ(engineio::encode_handshake(*h), p->data);
      }
    }
    if (p->type == engineio::packet_type::message) out.push_back({false, std::string(p->data)});
  }
  return out;
}

void read_payload(const std::string& raw, std::vector<message>& out) {
  engineio::payload_reader reader(raw);
  std::string again;
  for (;;) {
    auto next = reader.next();
    ASSERT_TRUE(next.ok()) << raw;
    if (!*next) break;
    engineio::append_to_payload(again, **next);
    if ((*next)->type == engineio::packet_type::message) {
      out.push_back({(*next)->binary, (*next)->data});
    }
  }
  EXPECT_EQ(again, raw);
}

/// Decodes the messages, compares with what the official parser made of them, encodes again.
void check(const std::vector<message>& messages, const json::value& want) {
  socketio::decoder decoder;
  std::vector<socketio::packet> packets;
  std::vector<message> again;
  for (const auto& m : messages) {
    auto got = m.binary ? decoder.binary(m.data) : decoder.text(m.data);
    ASSERT_TRUE(got.ok()) << m.data << ": " << got.err().message;
    if (!*got) continue;
    packets.push_back(**got);
    auto encoded = socketio::encode(std::move(**got));
    ASSERT_TRUE(encoded.ok()) << m.data << ": " << encoded.err().message;
    again.push_back({false, encoded->text});
    for (auto& bytes : encoded->attachments)
      again.push_back({true, std::move(bytes)});
  }
  ASSERT_EQ(packets.size(), list(want).size());
  for (std::size_t i = 0; i < packets.size(); ++i)
    expect_same(packets[i], described(list(want)[i]));
  ASSERT_EQ(again.size(), messages.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].binary, messages[i].binary);
    EXPECT_EQ(again[i].data, messages[i].data);
  }
}

TEST(Golden, RecordedSituations) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(GOLDEN_DIR)) {
    if (file.path().filename().string().starts_with("table-")) continue;
    SCOPED_TRACE(file.path().filename());
    ++count;
    const auto record = load(file.path());
    std::vector<message> up;
    std::vector<message> down;
    for (const auto& post : list(at(record, "post")))
      read_payload(text(at(post, "body")), up);
    for (const auto& get : list(at(record, "get"))) {
      if (at(get, "status") == json::value(200)) read_payload(text(at(get, "answer")), down);
    }
    const auto& websocket = at(record, "websocket");
    std::ranges::move(frames(at(websocket, "client")), std::back_inserter(up));
    std::ranges::move(frames(at(websocket, "server")), std::back_inserter(down));
    EXPECT_FALSE(up.empty());
    EXPECT_FALSE(down.empty());
    check(up, at(at(record, "packets"), "client"));
    check(down, at(at(record, "packets"), "server"));
  }
  EXPECT_GE(count, 14U);
}

TEST(Golden, PacketTable) {
  const auto table = load(GOLDEN_DIR "/table-packets.json");
  EXPECT_GE(list(table).size(), 13U);
  for (const auto& row : list(table)) {
    const auto packet = described(at(row, "packet"));
    const auto encoded = socketio::encode(packet);
    ASSERT_TRUE(encoded.ok()) << text(at(row, "text"));
    EXPECT_EQ(encoded->text, text(at(row, "text")));
    EXPECT_EQ(encoded->attachments, packet.attachments);
    std::vector<message> messages = {{false, text(at(row, "text"))}};
    for (const auto& bytes : list(at(row, "attachments")))
      messages.push_back({true, unhex(bytes)});
    check(messages, json::array{at(row, "packet")});
  }
}

TEST(Golden, PayloadTable) {
  const std::array<std::string_view, 7> names = {"open",    "close",   "ping", "pong",
                                                 "message", "upgrade", "noop"};
  const auto table = load(GOLDEN_DIR "/table-payloads.json");
  EXPECT_GE(list(table).size(), 4U);
  for (const auto& row : list(table)) {
    std::string payload;
    for (const auto& p : list(at(row, "packets"))) {
      engineio::packet packet;
      const auto name = text(at(p, "type"));
      packet.type =
          static_cast<engineio::packet_type>(std::ranges::find(names, name) - names.begin());
      packet.binary = p.find("binary") != nullptr;
      packet.data = packet.binary ? unhex(at(p, "binary")) : text(at(p, "text"));
      engineio::append_to_payload(payload, packet);
    }
    EXPECT_EQ(payload, text(at(row, "payload")));
    std::vector<message> got;
    read_payload(text(at(row, "payload")), got);
  }
}

} // namespace
} // namespace dockhost::protocol
