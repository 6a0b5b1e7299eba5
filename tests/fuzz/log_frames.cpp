// SPDX-License-Identifier: MIT
// A container's log, from the engine's frames to lines on the wire.
// log_frames: a byte of flags (1: framed), a piece of cuts, the log.
// log_long, for lines up to the limit and over it: flags, a byte for the number of copies, a byte
// for the size of chunks, a piece that is repeated, what follows it.
#include "core/log_lines.hpp"
#include "core/log_severity.hpp"
#include "core/log_text.hpp"
#include "core/utf8.hpp"
#include "docker/log_demux.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "json/json.hpp"

#include <string>
#include <vector>

namespace dockhost::fuzz {
namespace {

/// What comes out of a log.
struct transcript {
  std::vector<kept_log_line> lines;
  std::vector<std::string> cuts; ///< with the number of lines before each
  std::string payload[2];        ///< per channel
  bool sound = false;            ///< no broken frame
};

class recorder final : public log_line_sink {
public:
  explicit recorder(transcript& to) : to_(to) {}
  void line(const log_line& line) override { to_.lines.emplace_back(line); }
  void cut(log_channel channel, std::size_t bytes) override {
    to_.cuts.push_back(std::to_string(to_.lines.size()) + " " +
                       std::to_string(static_cast<int>(channel)) + " " + std::to_string(bytes));
  }

private:
  transcript& to_;
};

transcript read(bool framed, const std::vector<std::string_view>& parts) {
  transcript out;
  recorder sink(out);
  docker::log_demux demux(framed);
  log_line_assembler lines;
  out.sound = true;
  for (const auto part : parts) {
    log_batch batch;
    const bool sound = demux.feed(part, batch);
    require(!sound || out.sound, "broken is for good");
    out.sound = sound;
    std::size_t at = 0;
    for (const auto& piece : batch.pieces) {
      require(piece.begin == at && piece.size > 0, "pieces follow each other");
      at += piece.size;
      out.payload[static_cast<std::size_t>(piece.channel)] += batch.text(piece);
    }
    require(at == batch.bytes.size(), "pieces cover their batch");
    lines.feed(batch, sink);
  }
  lines.finish(sink);
  return out;
}

void judge(const log_line& line) {
  require(line.text.size() <= log_line_assembler::max_line, "a line keeps to the limit");
  require(line.text.find('\n') == line.text.npos, "a line is one");
  (void)severity_of(line.text);
  if (line.text.size() > 8192) return; // the same again, only slower
  std::string json = "\"";
  append_json_text(json, line.text);
  const auto parsed = json::parse(json + '"');
  std::string text;
  append_utf8(text, line.text);
  require(parsed && parsed->as_string() != nullptr && *parsed->as_string() == text,
          "a line is the same text in JSON");
  require(count_code_points(text).has_value(), "what goes out is UTF-8");
  if (count_code_points(line.text)) require(text == line.text, "UTF-8 is left alone");
}

/// Reads a log whole and cut up.
void compare(bool framed, std::string_view log, const std::vector<std::string_view>& parts) {
  const auto whole = read(framed, {log});
  for (const auto& line : whole.lines)
    judge(line.view());

  const auto cut = read(framed, parts);
  require(cut.sound == whole.sound, "frames break at the same place however they come");
  require(cut.payload[0] == whole.payload[0] && cut.payload[1] == whole.payload[1],
          "the same bytes however they come");
  require(cut.cuts == whole.cuts, "the same cuts however they come");
  require(cut.lines.size() == whole.lines.size(), "as many lines however they come");
  for (std::size_t i = 0; i < whole.lines.size(); ++i) {
    const auto a = whole.lines[i].view(), b = cut.lines[i].view();
    require(a.channel == b.channel && a.unix_nano == b.unix_nano && a.time == b.time &&
                a.text == b.text,
            "the same lines however they come");
  }
}

} // namespace

void log_frames(std::string_view bytes) {
  input in(bytes);
  const bool framed = (in.byte() & 1) != 0;
  const auto cuts = in.piece();
  const auto log = in.rest();
  compare(framed, log, chunks(log, cuts));
}

void log_long(std::string_view bytes) {
  constexpr std::size_t most = log_line_assembler::max_line + 150'000;
  input in(bytes);
  const bool framed = (in.byte() & 1) != 0;
  const auto copies = std::size_t{1} << (in.byte() % 17);
  const auto step = (std::size_t{in.byte()} + 1) * 1024;
  const auto repeated = in.piece();
  if (repeated.find('\n') != repeated.npos) return; // many lines are only slow
  std::string log;
  for (std::size_t i = 0; i < copies && log.size() < most; ++i)
    log += repeated;
  log += in.rest();
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from < log.size(); from += step)
    parts.push_back(std::string_view(log).substr(from, step));
  compare(framed, log, parts);
}

} // namespace dockhost::fuzz
