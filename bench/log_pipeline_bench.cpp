// SPDX-License-Identifier: MIT
// A container's log from the engine's bytes to the packets that go to its watchers: what a log
// stream does, without sockets and actors.
#include "actors/live/log_group.hpp"
#include "bench/measure.hpp"
#include "core/log_cursor.hpp"
#include "core/log_lines.hpp"
#include "core/log_repeats.hpp"
#include "docker/log_demux.hpp"
#include "docker/rfc3339.hpp"
#include "protocol/engineio_server.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t lines_in_all = 200'000;
constexpr std::size_t one_read = 64 * 1024; ///< of the engine's connection

/// What an engine sends: a frame per line, which begins with a stamp.
struct engine_bytes {
  std::string all;
  std::size_t text = 0; ///< bytes of the lines, stamps and ends included

  template <class Text>
  explicit engine_bytes(Text text_of) {
    for (std::size_t n = 0; n < lines_in_all; ++n) {
      constexpr std::int64_t begin = 1'767'323'045'000'000'000;
      const auto time = begin + static_cast<std::int64_t>(n) * 1'037;
      const auto line = docker::rfc3339(time) + " " + text_of(n) + "\n";
      const auto size = static_cast<std::uint32_t>(line.size());
      all += {n % 10 == 0 ? '\2' : '\1', 0, 0, 0};
      for (const unsigned shift : {24U, 16U, 8U, 0U})
        all += static_cast<char>((size >> shift) & 255U);
      all += line;
      text += line.size();
    }
  }
};

/// Keeps nothing; what came is counted.
struct counting_outlet final : actors::live_outlet {
  std::size_t packets = 0, bytes = 0, line_ends = 0;
  bool counts_lines = false;
  bool emit(actors::log_packet packet, std::size_t) override {
    ++packets;
    bytes += packet->bytes();
    if (!counts_lines) return true;
    const std::string_view escaped = "\\n", text = packet->text;
    for (auto at = text.find(escaped); at != text.npos; at = text.find(escaped, at + 2))
      ++line_ends;
    for (const auto& attached : packet->attachments)
      line_ends += static_cast<std::size_t>(std::count(attached.begin(), attached.end(), '\n'));
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool connected() const override { return true; }
};

/// As actors/live/log_stream_actor.cpp passes a follow's lines on.
class stream final : log_line_sink {
public:
  explicit stream(std::vector<std::unique_ptr<actors::log_group>> groups)
      : groups_(std::move(groups)) {}

  /// What one message to the actor brings.
  void arrived(const log_batch& batch) {
    now_ = std::chrono::steady_clock::now();
    lines_.feed(batch, *this);
    for (const auto& group : groups_)
      group->send_if_ready(now_);
  }
  void end() {
    for (const auto& group : groups_)
      group->flush(now_);
  }
  std::size_t lines = 0;

private:
  void line(const log_line& l) override {
    if (repeats_.again(l)) return;
    ++lines;
    cursor_.passed(l);
    for (const auto& group : groups_)
      group->add(l, now_);
  }
  void cut(log_channel, std::size_t) override {}

  std::vector<std::unique_ptr<actors::log_group>> groups_;
  log_line_assembler lines_;
  log_repeats repeats_;
  log_cursor cursor_;
  std::chrono::steady_clock::time_point now_;
};

using keys = std::vector<actors::log_group_key>;

std::unique_ptr<stream> open(const keys& wanted, const std::shared_ptr<counting_outlet>& to) {
  std::vector<std::unique_ptr<actors::log_group>> groups;
  for (const auto& key : wanted) {
    std::optional<platform::pattern> pattern;
    if (!key.filter.pattern.empty())
      pattern = platform::pattern::compile(key.filter.pattern).value();
    auto group = std::make_unique<actors::log_group>(key, std::move(pattern),
                                                     std::make_shared<actors::log_tally>());
    group->watchers.push_back({"client", 1, to, log_allowance()});
    groups.push_back(std::move(group));
  }
  return std::make_unique<stream>(std::move(groups));
}

void run(const engine_bytes& engine, stream& into) {
  docker::log_demux demux(true);
  for (std::string_view rest = engine.all; !rest.empty();) {
    log_batch batch;
    batch.bytes.reserve(one_read);
    const auto part = rest.substr(0, one_read);
    prove(demux.feed(part, batch), "the engine's frames are frames");
    into.arrived(batch);
    rest.remove_prefix(part.size());
  }
  into.end();
}

/// `passing`: lines that each key's filter lets through.
void flow(benchmark::State& state, const engine_bytes& engine, const keys& wanted,
          std::size_t passing = lines_in_all) {
  {
    const auto counts = std::make_shared<counting_outlet>();
    counts->counts_lines = true;
    const auto once = open(wanted, counts);
    run(engine, *once);
    // The last line of a packet has no end.
    prove(counts->line_ends + counts->packets == passing * wanted.size(), "every line is sent");
  }
  std::size_t bytes = 0, packets = 0;
  for (auto _ : state) {
    const auto to = std::make_shared<counting_outlet>();
    const auto all = open(wanted, to);
    run(engine, *all);
    prove(all->lines == lines_in_all, "every line is read");
    prove(passing < lines_in_all || to->bytes > engine.text / 2, "the lines' bytes are sent");
    bytes = to->bytes;
    packets = to->packets;
  }
  const auto times = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(times * static_cast<std::int64_t>(lines_in_all));
  state.SetBytesProcessed(times * static_cast<std::int64_t>(engine.text));
  state.counters["bytes_out"] = static_cast<double>(bytes);
  state.counters["packets"] = static_cast<double>(packets);
}

actors::log_group_key plain() {
  return {"0123456789ab", {}, log_encoding::text, true};
}

/// 69 to 95 bytes with the stamp.
const engine_bytes& usual() {
  static const engine_bytes out([](std::size_t n) {
    constexpr std::string_view rest = "GET /api/containers/list 200 in 3 ms";
    return "INFO " + std::to_string(n) + " " + std::string(rest.substr(0, 30 + n % 7)) +
           (n % 100 == 0 ? " ERROR after retry" : "");
  });
  return out;
}

void text(benchmark::State& state) {
  flow(state, usual(), {plain()});
}
void without_timestamps(benchmark::State& state) {
  auto key = plain();
  key.timestamps = false;
  flow(state, usual(), {key});
}
void binary(benchmark::State& state) {
  auto key = plain();
  key.encoding = log_encoding::binary;
  flow(state, usual(), {key});
}
void json_lines(benchmark::State& state) {
  static const engine_bytes engine([](std::size_t n) {
    return R"({"level":"info","n":)" + std::to_string(n) + R"(,"msg":"served \u00e9"})";
  });
  flow(state, engine, {plain()});
}
void not_ascii(benchmark::State& state) {
  static const engine_bytes engine([](std::size_t n) {
    return "Größe " + std::to_string(n) + " geändert – für die nächsten Läufe übernommen";
  });
  flow(state, engine, {plain()});
}
void four_groups(benchmark::State& state) {
  auto second = plain(), third = plain(), fourth = plain();
  second.spelling = "web";
  third.timestamps = false;
  fourth.encoding = log_encoding::binary;
  flow(state, usual(), {plain(), second, third, fourth});
}
void level_filter(benchmark::State& state) {
  auto key = plain();
  key.filter.level = log_severity::error;
  static const engine_bytes engine([](std::size_t n) {
    return (n % 100 == 0 ? "ERROR " : "INFO ") + std::to_string(n) +
           " GET /api/containers/list 200 in 3 ms";
  });
  flow(state, engine, {key}, lines_in_all / 100);
}
void pattern_filter(benchmark::State& state) {
  auto key = plain();
  key.filter.pattern = "ERROR.*retry$";
  flow(state, usual(), {key}, lines_in_all / 100);
}

BENCHMARK(text)->Unit(benchmark::kMillisecond);
BENCHMARK(without_timestamps)->Unit(benchmark::kMillisecond);
BENCHMARK(binary)->Unit(benchmark::kMillisecond);
BENCHMARK(json_lines)->Unit(benchmark::kMillisecond);
BENCHMARK(not_ascii)->Unit(benchmark::kMillisecond);
BENCHMARK(four_groups)->Unit(benchmark::kMillisecond);
BENCHMARK(level_filter)->Unit(benchmark::kMillisecond);
BENCHMARK(pattern_filter)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace dockhost::bench
