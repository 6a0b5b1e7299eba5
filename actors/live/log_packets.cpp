// SPDX-License-Identifier: MIT
#include "actors/live/log_packets.hpp"

#include "core/log_text.hpp"
#include "protocol/socketio_codec.hpp"
#include "protocol/socketio_server.hpp"
#include "json/json.hpp"

#include <utility>
#include <vector>

namespace dockhost::actors {
namespace {

namespace server = protocol::socketio::server;

constexpr std::string_view name_space = "/";

std::string head_of(const std::string& spelling) {
  std::string out = "{\"container_id\":\"";
  append_json_text(out, spelling);
  out += "\",\"log\":\"";
  return out;
}

std::string_view word(log_gap_reason reason) {
  switch (reason) {
  case log_gap_reason::slow_client: return "slow_client";
  case log_gap_reason::rotation: return "rotation";
  case log_gap_reason::engine_restart: return "engine_restart";
  case log_gap_reason::line_too_long: return "line_too_long";
  }
  return "rotation";
}

log_packet text_event(std::string_view name, std::string_view args) {
  auto packet = server::encode_event_text(name_space, name, args);
  return packet ? std::move(packet).value() : nullptr;
}

} // namespace

log_update_builder::log_update_builder(std::string spelling, log_encoding encoding, bool timestamps)
    : spelling_(std::move(spelling)), head_(head_of(spelling_)), encoding_(encoding),
      timestamps_(timestamps) {}

void log_update_builder::add(std::string_view time, std::string_view text) {
  const bool first = lines_++ == 0;
  bytes_ += text.size() + 1;
  const bool stamped = timestamps_ && !time.empty();
  if (stamped) bytes_ += time.size() + 1;
  if (encoding_ == log_encoding::text) {
    if (first)
      text_ = head_;
    else
      text_ += "\\n";
  } else if (!first) {
    text_ += '\n';
  }
  if (stamped) {
    text_ += time; // digits and a few signs, as its reader made sure
    text_ += ' ';
  }
  if (encoding_ == log_encoding::text)
    append_json_text(text_, text);
  else
    append_utf8(text_, text);
}

log_packet log_update_builder::take() {
  if (empty()) return nullptr;
  lines_ = 0;
  bytes_ = 0;
  if (encoding_ == log_encoding::text) {
    text_ += "\"}";
    auto packet = text_event("log_update", text_);
    text_.clear(); // keeps its memory for the next one
    return packet;
  }
  json::array args{
      json::object{{"container_id", spelling_}, {"log", protocol::socketio::placeholder(0)}}};
  std::vector<std::string> attachments{std::exchange(text_, {})};
  auto packet =
      server::encode_event(name_space, "log_update", std::move(args), std::move(attachments));
  return packet ? std::move(packet).value() : nullptr;
}

log_packet encode_log_gap(const std::string& spelling, const std::optional<log_loss>& loss,
                          log_gap_reason reason) {
  std::string args = "{\"container_id\":\"";
  append_json_text(args, spelling);
  args += "\",\"lines\":" + (loss ? std::to_string(loss->lines) : "null");
  args += ",\"bytes\":" + (loss ? std::to_string(loss->bytes) : "null");
  args += ",\"reason\":\"" + std::string(word(reason)) + "\"}";
  return text_event("log_gap", args);
}

log_packet encode_log_stopped(const std::string& spelling, std::string_view message,
                              std::string_view reason) {
  std::string args = "{\"container_id\":\"";
  append_json_text(args, spelling);
  args += "\",\"message\":\"";
  append_json_text(args, message);
  args += "\",\"reason\":\"";
  append_json_text(args, reason);
  args += "\"}";
  return text_event("log_stream_stopped", args);
}

} // namespace dockhost::actors
