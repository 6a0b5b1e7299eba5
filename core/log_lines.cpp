// SPDX-License-Identifier: MIT
#include "core/log_lines.hpp"

#include <algorithm>

namespace dockhost {
namespace {

/// Room for the timestamps inside a line of the greatest length.
constexpr std::size_t max_raw =
    log_line_assembler::max_line +
    (log_line_assembler::max_line / log_line_assembler::message_size + 2) * 40;

/// The greatest part of `text` that is no longer than `size` and doesn't end inside a character.
std::string_view whole_characters(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t end = size;
  while (end > 0 && size - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;
  return text.substr(0, size - end < 4 ? end : size);
}

/// Whether a message that equals the one before it is there twice by a fault: old engines repeat
/// one where the file was rotated in the middle of a line. Of a program, two times the same 16 KiB
/// are to be expected only where they are the same few characters over and over.
bool repeated_by_engine(std::string_view message) {
  for (std::size_t period = 1; period <= 64; period *= 2)
    if (message.size() > period &&
        message.substr(period) == message.substr(0, message.size() - period))
      return false;
  return true;
}

} // namespace

void log_line_assembler::feed(const log_batch& batch, log_line_sink& sink) {
  framed_ = batch.framed;
  for (const auto& piece : batch.pieces)
    feed(batch.text(piece), piece.channel, piece.message_start, sink);
}

void log_line_assembler::feed(std::string_view bytes, log_channel channel, bool message_start,
                              log_line_sink& sink) {
  auto& open = open_[static_cast<std::size_t>(channel)];
  const bool opened = !open.raw.empty() || open.swallowing;
  if (message_start && opened && !open.swallowing) open.messages.push_back(open.raw.size());
  bool first = true;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const bool continues = first && opened;
    first = false;
    if (end == bytes.npos) return extend(open, channel, bytes, sink);
    if (!continues && end <= message_size) { // the usual one: nothing is copied
      auto text = bytes.substr(0, end);
      const auto time = times_.take(text);
      if (!framed_ && text.ends_with('\r')) text.remove_suffix(1);
      give(channel, time, text, 0, sink);
    } else {
      extend(open, channel, bytes.substr(0, end), sink);
      complete(open, channel, sink);
    }
    bytes.remove_prefix(end + 1);
  }
}

void log_line_assembler::finish(log_line_sink& sink) {
  for (const auto channel : {log_channel::out, log_channel::err}) {
    auto& open = open_[static_cast<std::size_t>(channel)];
    if (!open.raw.empty() || open.swallowing) complete(open, channel, sink);
  }
}

void log_line_assembler::finish_so_far(log_line_sink& sink) {
  for (auto& open : open_) {
    if (!open.swallowing && last_message_is_full(open)) open = {};
  }
  finish(sink);
}

/// Or longer than full: bytes that are no UTF-8 were made longer by the engine after it had counted
/// them.
bool log_line_assembler::last_message_is_full(const open_line& open) {
  std::string_view text = open.raw;
  (void)times_.take(text);
  if (open.messages.empty() && (framed_ || text.size() <= message_size))
    return text.size() >= message_size;
  const auto longer = joined(open, text);
  return longer.text.size() - longer.earlier >= message_size;
}

void log_line_assembler::extend(open_line& open, log_channel channel, std::string_view bytes,
                                log_line_sink& sink) {
  const auto room = open.swallowing ? 0 : max_raw - open.raw.size();
  open.raw.append(bytes.substr(0, room));
  if (bytes.size() <= room) return;
  open.swallowed += bytes.size() - room;
  if (open.swallowing) return;
  const auto beyond = open.swallowed;
  complete(open, channel, sink);
  open.swallowing = true;
  open.swallowed += beyond;
}

void log_line_assembler::complete(open_line& open, log_channel channel, log_line_sink& sink) {
  if (open.swallowing) {
    sink.cut(channel, open.swallowed);
    open = {};
    return;
  }
  std::string_view text = open.raw;
  const auto time = times_.take(text);
  long_text longer;
  if (!open.messages.empty() || (!framed_ && text.size() > message_size)) {
    longer = joined(open, text);
    text = longer.text;
  }
  if (!framed_ && text.ends_with('\r')) text.remove_suffix(1);
  const auto shown = whole_characters(text, max_line);
  give(channel, time, shown, std::min(longer.earlier, shown.size()), sink);
  const auto beyond = text.size() - shown.size();
  const bool full = open.swallowed > 0; // its end is still to come, and is told then
  if (!full && beyond > 0) sink.cut(channel, beyond);
  open.raw = {};
  open.messages.clear();
  open.swallowed = full ? beyond : 0;
}

void log_line_assembler::give(log_channel channel, const log_time& time, std::string_view text,
                              std::size_t earlier, log_line_sink& sink) {
  if (!time.text.empty()) last_nano_ = time.unix_nano;
  sink.line({channel, last_nano_, time.text, text, earlier});
}

log_line_assembler::long_text log_line_assembler::joined(const open_line& open,
                                                         std::string_view text) {
  long_text longer;
  auto& out = longer.text;
  out.reserve(text.size());
  const auto skipped = open.raw.size() - text.size(); // the first timestamp
  if (framed_) {
    std::string_view before;
    std::size_t from = 0;
    const auto add = [&](std::string_view message) {
      if (message == before && repeated_by_engine(message)) return;
      longer.earlier = out.size();
      out.append(message);
      before = message;
    };
    for (const auto message : open.messages) {
      if (message < skipped + from) continue; // a timestamp before it did not end where it begins
      const auto at = message - skipped;
      add(text.substr(from, at - from));
      auto rest = text.substr(at);
      (void)times_.take(rest); // the engine gives all messages of a line the same
      from = text.size() - rest.size();
    }
    add(text.substr(from));
    return longer;
  }
  // Not framed: a timestamp stands where a message was full. Bytes that are no UTF-8 were made
  // longer by the engine after it had counted them.
  while (text.size() > message_size) {
    bool found = false;
    const auto last = std::min(text.size(), 3 * message_size);
    for (auto at = message_size; at < last && !found; ++at) {
      auto rest = text.substr(at);
      if (times_.take(rest).text.empty()) continue;
      out.append(text.substr(0, at));
      text = rest;
      found = true;
    }
    if (!found) break;
  }
  longer.earlier = out.size();
  out.append(text);
  return longer;
}

} // namespace dockhost
