// SPDX-License-Identifier: MIT
#include "actors/live/log_file.hpp"

#include "core/log_text.hpp"

namespace dockhost::actors {

namespace {

std::string_view word_of(log_channel channel) {
  return channel == log_channel::out ? "stdout" : "stderr";
}

} // namespace

std::string_view content_type(log_file_format format) {
  switch (format) {
  case log_file_format::text: return "text/plain; charset=utf-8";
  case log_file_format::json: return "application/json; charset=utf-8";
  case log_file_format::ndjson: return "application/x-ndjson; charset=utf-8";
  }
  return "text/plain; charset=utf-8";
}

std::string_view file_ending(log_file_format format) {
  switch (format) {
  case log_file_format::text: return "log";
  case log_file_format::json: return "json";
  case log_file_format::ndjson: return "ndjson";
  }
  return "log";
}

log_file_writer::log_file_writer(log_file_format format, bool timestamps)
    : format_(format), timestamps_(timestamps) {
  if (format_ == log_file_format::json) text_ += '[';
}

void log_file_writer::begin_object() {
  if (format_ == log_file_format::json) text_ += empty_ ? "\n" : ",\n";
  empty_ = false;
  text_ += '{';
}

void log_file_writer::line(const log_line& l) {
  const bool stamped = timestamps_ && !l.time.empty();
  if (format_ == log_file_format::text) {
    if (stamped) text_.append(l.time).append(" ");
    append_utf8(text_, l.text);
    text_ += '\n';
    return;
  }
  begin_object();
  if (stamped) text_.append("\"time\":\"").append(l.time).append("\",");
  text_.append("\"stream\":\"").append(word_of(l.channel)).append("\",\"log\":\"");
  append_json_text(text_, l.text);
  text_ += "\"}";
  if (format_ == log_file_format::ndjson) text_ += '\n';
}

void log_file_writer::cut(log_channel channel, std::size_t bytes) {
  const auto count = std::to_string(bytes);
  if (format_ == log_file_format::text) {
    text_ += "[" + count + " bytes of the line above are left out]\n";
    return;
  }
  begin_object();
  text_.append("\"stream\":\"").append(word_of(channel)).append("\",\"cut_bytes\":" + count + "}");
  if (format_ == log_file_format::ndjson) text_ += '\n';
}

void log_file_writer::end() {
  if (format_ == log_file_format::json) text_ += empty_ ? "]\n" : "\n]\n";
}

} // namespace dockhost::actors
