// SPDX-License-Identifier: MIT
#include "core/log_rotation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t mb = 1'000'000;
constexpr std::int64_t begin = 1'000'000 * ms;

log_line at(std::int64_t nano, std::string_view text = "line") {
  return {log_channel::out, nano, "stamped", text};
}

TEST(log_jumps, a_pause_counts_where_a_whole_file_could_be_written_in_it) {
  struct row {
    std::int64_t file_bytes;
    std::int64_t pause;
    bool jump;
  };
  for (const auto& r : std::vector<row>{
           {0, 1'000'000 * ms, false}, // the log is not rotated
           {mb, 15 * ms, false},
           {mb, 16 * ms, true},
           {10 * mb, 156 * ms, false},
           {10 * mb, 157 * ms, true},
           {10 * mb, 3'600'000 * ms, true},
           {4'000, 62'000, false},
           {4'000, 63'000, true},
       }) {
    log_jumps jumps({r.file_bytes, 3}, begin);
    jumps.passed(at(begin + ms));
    EXPECT_EQ(jumps.before(at(begin + ms + r.pause)), r.jump) << r.file_bytes << " " << r.pause;
  }
}

TEST(log_jumps, nothing_is_left_out_of_what_was_there_at_the_opening) {
  log_jumps jumps({mb, 3}, begin);
  EXPECT_FALSE(jumps.before(at(begin + 1'000 * ms))) << "the first line";
  jumps.passed(at(begin - 5'000 * ms));
  EXPECT_FALSE(jumps.before(at(begin)));
  EXPECT_TRUE(jumps.before(at(begin + 1)));
}

TEST(log_jumps, a_step_back_is_none) {
  log_jumps jumps({mb, 3}, 0);
  jumps.passed(at(begin));
  EXPECT_FALSE(jumps.before(at(begin - 500 * ms)));
}

TEST(log_jumps, who_was_seen_to_write_faster_writes_a_file_sooner) {
  log_jumps jumps({mb, 3}, 0);
  const std::string text(1'000 - 80, 'x');
  EXPECT_EQ(jumps.file_times().least, mb * 1'000 / 64) << "nothing is known";
  EXPECT_EQ(jumps.file_times().likely, mb * 1'000 / 64);
  for (int n = 0; n < 300; ++n) // 100 MB/s
    jumps.passed(at(begin + n * 10'000, text));
  const auto last = begin + 299 * 10'000;
  EXPECT_FALSE(jumps.before(at(last + 3'200'000)));
  EXPECT_TRUE(jumps.before(at(last + 3'400'000)));
  EXPECT_EQ(jumps.line_bytes(), 1'000);
  EXPECT_NEAR(static_cast<double>(jumps.file_times().least), 3.33e6, 1e5);
  EXPECT_NEAR(static_cast<double>(jumps.file_times().likely), 5e6, 1e5);
}

TEST(log_jumps, one_that_writes_slowly_may_begin_to_write_fast) {
  log_jumps jumps({mb, 3}, 0);
  const std::string text(1'000 - 80, 'x');
  for (int n = 0; n < 300; ++n) // 1 MB/s
    jumps.passed(at(begin + n * ms, text));
  EXPECT_EQ(jumps.file_times().least, mb * 1'000 / 64);
  EXPECT_NEAR(static_cast<double>(jumps.file_times().likely), 5e8, 1e8);
}

TEST(log_jumps, goes_on_from_no_earlier_than_where_it_is) {
  log_jumps jumps({mb, 3}, 0);
  jumps.passed(at(begin));
  jumps.goes_on_from(begin - 1'000 * ms); // a line of a file that came twice
  EXPECT_FALSE(jumps.before(at(begin + ms)));
  jumps.goes_on_from(begin + 1'000 * ms);
  EXPECT_FALSE(jumps.before(at(begin + 1'001 * ms)));
}

TEST(mend_tail, looks_at_little_first_and_at_all_last) {
  using tails = std::vector<std::optional<std::size_t>>;
  struct row {
    log_rotation rotation;
    tails wanted;
  };
  for (const auto& r : std::vector<row>{
           {{10 * mb, 3}, {266, 16'394, {}, {}}},        // 300,000 lines
           {{10 * mb, 100}, {266, 16'394, 400'010, {}}}, // ten million
           {{mb, 3}, {266, {}, {}}},                     // 30,000: half of it is not much cheaper
           {{mb, 100}, {266, 16'394, 40'010, {}}},
           {{4'000, 1'000}, {266, 16'394, {}}}, // four files are less than that
           {{4'000, 3}, {266, {}}},
           {{std::int64_t{1} << 40, std::int64_t{1} << 62}, {266, 16'394}},
       }) {
    for (std::size_t n = 0; n < r.wanted.size(); ++n)
      EXPECT_EQ(mend_tail(static_cast<int>(n), 10, r.rotation, 100), r.wanted[n])
          << r.rotation.file_bytes << " " << n;
  }
}

// --- laying a read beside what is held

struct entry {
  std::int64_t time;
  std::string text;
  log_channel channel = log_channel::out;
};
using entries = std::vector<entry>;
using strings = std::vector<std::string>;

struct collect final : log_mend::sink {
  strings out;
  void line(const log_line& l, bool missing) override {
    out.push_back((missing ? "+" : "") + std::string(l.text));
  }
  void cut(log_channel, std::size_t bytes) override { out.push_back("-" + std::to_string(bytes)); }
  void lost() override { out.emplace_back("!"); }
};

log_line line_of(const entry& e) {
  return {e.channel, e.time * ms, "stamped", e.text};
}

struct mended {
  strings out;  ///< "+" before what the follow had left out, "!" where lines may be missing
  strings held; ///< left
  log_mend::state state;
};

/// A file takes 10 ms at least, and 30 ms as far as is known.
constexpr log_file_times file_times{10 * ms, 30 * ms};

/// The place is the last one of `before`; the follow goes on with `held`, the read gives `read`.
mended mend(const entries& before, const entries& held, const entries& read, bool all = true,
            bool ends = true, bool may_be_gone = false) {
  log_cursor place;
  for (const auto& e : before)
    place.passed(line_of(e));
  log_mend m(place, file_times, may_be_gone);
  for (const auto& e : held)
    m.hold(line_of(e));
  m.begin(all);
  collect to;
  auto state = log_mend::state::reading;
  for (const auto& e : read) {
    state = m.feed(line_of(e), to);
    if (state != log_mend::state::reading) break;
  }
  if (ends && state == log_mend::state::reading) state = m.ended(to);
  mended got{to.out, {}, state};
  for (const auto& kept : m.take_held())
    got.held.push_back(kept.text);
  return got;
}

const entries before{{1'000, "a"}, {1'001, "b"}};

TEST(log_mend, a_container_that_was_silent_is_missing_nothing) {
  for (const bool all : {true, false}) {
    const auto got = mend(before, {{9'000, "c"}, {9'001, "d"}},
                          {{1'000, "a"}, {1'001, "b"}, {9'000, "c"}, {9'001, "d"}}, all, false);
    EXPECT_EQ(got.out, (strings{"c", "d"}));
    EXPECT_EQ(got.state, log_mend::state::over);
  }
}

TEST(log_mend, what_was_left_out_comes_in_its_place) {
  const entries whole{{1'000, "a"}, {1'001, "b"}, {1'002, "c"},
                      {1'003, "d"}, {1'500, "e"}, {1'501, "f"}};
  const auto got = mend(before, {{1'500, "e"}, {1'501, "f"}}, whole, true, false);
  EXPECT_EQ(got.out, (strings{"+c", "+d", "e", "f"}));
  EXPECT_TRUE(got.held.empty());
  // What is held of later lines than the read's follows.
  const auto more = mend(before, {{1'500, "e"}, {1'501, "f"}, {1'502, "g"}}, whole, true, true);
  EXPECT_EQ(more.out, got.out);
  EXPECT_EQ(more.held, (strings{"g"}));
}

TEST(log_mend, more_than_once) {
  const auto got = mend(before, {{1'500, "d"}, {2'500, "g"}},
                        {{1'001, "b"},
                         {1'002, "c"},
                         {1'500, "d"},
                         {2'000, "e"},
                         {2'001, "f"},
                         {2'500, "g"},
                         {2'501, "h"}});
  EXPECT_EQ(got.out, (strings{"+c", "d", "+e", "+f", "g"})); // the follow has h still to give
}

TEST(log_mend, lines_of_one_moment_and_of_both_channels) {
  const entries twins{{1'000, "x"}, {1'000, "x"}};
  const auto err = log_channel::err;
  const auto got = mend(twins, {{1'400, "x"}, {1'399, "x", err}},
                        {{1'000, "x"},
                         {1'000, "x"},
                         {1'000, "x"},
                         {1'001, "x", err},
                         {1'400, "x"},
                         {1'399, "x", err}});
  EXPECT_EQ(got.out, (strings{"+x", "+x", "x", "x"}));
  EXPECT_TRUE(got.held.empty());
}

TEST(log_mend, a_tail_that_begins_too_late_is_not_enough) {
  const auto behind = mend(before, {{1'500, "e"}}, {{1'400, "d"}, {1'500, "e"}}, false);
  EXPECT_EQ(behind.state, log_mend::state::too_short);
  EXPECT_TRUE(behind.out.empty());
  EXPECT_EQ(behind.held, (strings{"e"}));
  EXPECT_EQ(mend(before, {{1'500, "e"}}, {}, false).state, log_mend::state::too_short);
  // Out of order by a little: the place's time has come, its line has not.
  EXPECT_EQ(mend(before, {{1'500, "e"}}, {{1'001, "late"}, {1'500, "e"}}, false).state,
            log_mend::state::too_short);
}

TEST(log_mend, what_the_engine_no_longer_has_is_said_once) {
  const auto got = mend(before, {{1'500, "e"}}, {{1'400, "d"}, {1'500, "e"}});
  EXPECT_EQ(got.out, (strings{"!", "+d", "e"}));
  EXPECT_EQ(mend(before, {{1'500, "e"}}, {}).out, (strings{"!"}));
  EXPECT_EQ(mend(before, {{1'500, "e"}}, {}).held, (strings{"e"}));
  // Close to the place, so that it is not seen at once.
  EXPECT_EQ(mend(before, {{1'100, "d"}}, {{1'050, "c"}, {1'100, "d"}}).out,
            (strings{"!", "+c", "d"}));
}

TEST(log_mend, what_is_held_of_files_that_are_gone_keeps_its_place) {
  // All of it: the follow gives the rest. It jumped to e, and from there to g.
  const auto all =
      mend(before, {{1'500, "e"}, {1'501, "f"}, {1'700, "g"}}, {{1'900, "i"}, {1'901, "j"}});
  EXPECT_EQ(all.out, (strings{"!", "e", "f", "!", "g", "!"}));
  EXPECT_TRUE(all.held.empty());
  // Some of it; with a file after f that is there, and not missing anything before.
  const auto some = mend(before, {{1'500, "e"}, {1'501, "f"}, {1'700, "j"}},
                         {{1'502, "g"}, {1'600, "h"}, {1'699, "i"}, {1'700, "j"}});
  EXPECT_EQ(some.out, (strings{"!", "e", "f", "+g", "+h", "+i", "j"}));
  // Both channels, out of order where the read begins.
  const auto err = log_channel::err;
  const auto two = mend(before, {{1'500, "e"}, {1'501, "f", err}, {1'700, "j"}},
                        {{1'502, "g"}, {1'501, "f", err}, {1'700, "j"}});
  EXPECT_EQ(two.out, (strings{"!", "e", "f", "+g", "j"}));
}

TEST(log_mend, what_is_a_little_newer_than_all_that_is_held_is_not_lost) {
  const auto err = log_channel::err;
  const auto got =
      mend(before, {{1'501, "e"}}, {{1'001, "b"}, {1'502, "X", err}, {1'501, "e"}}, true, false);
  EXPECT_EQ(got.out, (strings{"+X", "e"}));
  EXPECT_EQ(got.state, log_mend::state::over);
  // Nothing behind it is held: the follow gives it.
  EXPECT_EQ(mend(before, {{1'500, "e"}, {1'400, "ghost"}},
                 {{1'001, "b"}, {1'500, "e"}, {1'600, "g"}, {1'701, "h"}})
                .out,
            (strings{"e"}));
}

struct step {
  bool hold; ///< else it is read
  entry what;
};

TEST(log_mend, what_was_ahead_and_the_follow_left_out_comes_in_its_place) {
  constexpr bool read = false, hold = true;
  // The follow has read a file twice, so that something older is still held.
  const std::vector<step> start{{hold, {1'500, "e"}},
                                {hold, {1'000, "a"}},
                                {read, {1'001, "b"}},
                                {read, {1'500, "e"}},
                                {read, {1'600, "g"}}};
  struct row {
    std::vector<step> then;
    strings out;
  };
  for (const auto& r : std::vector<row>{
           {{{hold, {1'650, "h"}}, {read, {1'650, "h"}}}, {"e", "+g", "a", "h"}},
           {{{hold, {1'600, "g"}}, {hold, {1'650, "h"}}, {read, {1'650, "h"}}},
            {"e", "a", "g", "h"}},
           {{{read, {1'610, "G"}},
             {hold, {1'600, "g"}},
             {hold, {1'650, "h"}},
             {read, {1'650, "h"}}},
            {"e", "a", "g", "+G", "h"}},
           {{{hold, {1'650, "i"}}, {read, {1'640, "h"}}, {read, {1'650, "i"}}},
            {"e", "+g", "+h", "a", "i"}},
           {{{read, {1'701, "far"}}}, {"e"}},
       }) {
    log_cursor place;
    place.passed(line_of(before.back()));
    log_mend m(place, file_times, false);
    m.hold(line_of(start[0].what));
    m.hold(line_of(start[1].what));
    m.begin(true);
    collect to;
    for (std::size_t n = 2; n < start.size(); ++n)
      (void)m.feed(line_of(start[n].what), to);
    for (const auto& s : r.then)
      if (s.hold)
        m.hold(line_of(s.what));
      else
        (void)m.feed(line_of(s.what), to);
    EXPECT_EQ(to.out, r.out);
  }
}

TEST(log_mend, a_slow_container_that_begins_to_write_fast_loses_nothing_unmarked) {
  // 15 ms behind the place, which is gone: time enough for a file.
  const auto got = mend(before, {{1'020, "e"}}, {{1'016, "d"}, {1'020, "e"}});
  EXPECT_EQ(got.out, (strings{"!", "+d", "e"}));
  // Further on, that a file fits in is not enough.
  const auto more = mend(before, {{1'002, "c"}, {1'020, "e"}}, {{1'900, "i"}});
  EXPECT_EQ(more.out, (strings{"c", "e", "!"}));
}

TEST(log_mend, a_file_that_went_up_to_the_place_is_no_loss) {
  const auto got = mend(before, {{1'500, "e"}}, {{1'002, "c"}, {1'300, "d"}, {1'500, "e"}});
  EXPECT_EQ(got.out, (strings{"+c", "+d", "e"}));
}

TEST(log_mend, a_place_that_may_be_gone_is_no_loss) {
  const auto got = mend(before, {{1'500, "e"}}, {{1'500, "e"}, {1'501, "f"}}, true, true, true);
  EXPECT_EQ(got.out, (strings{"e"}));
  EXPECT_EQ(mend(before, {{1'500, "e"}}, {}, true, true, true).held, (strings{"e"}));
}

TEST(log_mend, with_nothing_held_all_that_follows_passes) {
  EXPECT_EQ(mend(before, {}, {{1'001, "b"}, {1'002, "c"}, {9'000, "d"}}).out,
            (strings{"+c", "+d"}));
  EXPECT_EQ(mend(before, {}, {{1'000, "a"}, {1'001, "b"}}).out, strings{});
}

TEST(log_mend, what_was_cut_off_is_kept_with_its_line) {
  log_mend m({}, {}, false);
  m.hold(line_of({1'500, "e"}));
  m.hold_cut(log_channel::out, 5);
  m.hold(line_of({1'501, "f", log_channel::err}));
  m.hold_cut(log_channel::out, 2); // of a line whose end comes late
  const auto held = m.take_held();
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[0].cut, 7U);
  EXPECT_EQ(held[1].cut, 0U);
}

// The read is not read on to where it would tell.
TEST(log_mend, what_was_cut_off_the_last_one_is_told) {
  log_cursor place;
  place.passed(line_of({1'001, "b"}));
  log_mend m(place, file_times, false);
  m.hold(line_of({1'500, "e"}));
  m.hold_cut(log_channel::out, 4);
  m.hold(line_of({1'501, "f"}));
  m.hold_cut(log_channel::out, 5);
  m.begin(true);
  collect to;
  for (const auto& e : entries{{1'001, "b"}, {1'500, "e"}})
    EXPECT_EQ(m.feed(line_of(e), to), log_mend::state::reading);
  EXPECT_EQ(m.feed(line_of({1'501, "f"}), to), log_mend::state::over);
  EXPECT_EQ(to.out, (strings{"e", "f", "-5"})) << "what was cut off e, the read itself tells";
}

TEST(log_mend, what_was_cut_off_passes_with_its_line) {
  log_cursor place;
  place.passed(line_of({1'001, "b"}));
  log_mend m(place, file_times, false);
  m.hold(line_of({1'500, "e"}));
  m.hold_cut(log_channel::out, 5);
  m.hold(line_of({1'501, "f"}));
  m.begin(true);
  collect to;
  for (const auto& e : entries{{1'001, "b"}, {1'501, "f"}})
    (void)m.feed(line_of(e), to);
  EXPECT_EQ(to.out, (strings{"e", "-5", "f"}));
}

// A line of several messages: its first ones may stand in a file that is left out, or before the
// last ones that a tail gives.
TEST(log_mend, the_end_of_a_long_line_is_that_line) {
  const auto whole = [](std::int64_t time) {
    return log_line{log_channel::out, time * ms, "stamped", "beginning and end", 10};
  };
  const auto end = [](std::int64_t time) {
    return log_line{log_channel::out, time * ms, "stamped", "and end"};
  };
  for (const bool held_whole : {true, false}) {
    log_cursor place;
    place.passed(line_of({1'001, "b"}));
    log_mend m(place, file_times, false);
    m.hold(held_whole ? whole(1'500) : end(1'500));
    m.begin(true);
    collect to;
    (void)m.feed(line_of({1'001, "b"}), to);
    EXPECT_EQ(m.feed(held_whole ? end(1'500) : whole(1'500), to), log_mend::state::over);
    EXPECT_EQ(to.out, strings{"beginning and end"});
  }
}

// e came while the log was read: there may be a d that neither has given.
TEST(log_mend, tells_how_far_the_read_has_come) {
  log_cursor place;
  place.passed(line_of({1'001, "b"}));
  log_mend m(place, file_times, false);
  m.hold(line_of({1'500, "c"}));
  m.begin(true);
  EXPECT_FALSE(m.has_read_to(1'500 * ms));
  collect to;
  EXPECT_EQ(m.feed(line_of({1'001, "b"}), to), log_mend::state::reading);
  m.hold(line_of({1'900, "e"}));
  EXPECT_EQ(m.feed(line_of({1'500, "c"}), to), log_mend::state::reading);
  EXPECT_EQ(m.ended(to), log_mend::state::over);
  EXPECT_EQ(to.out, (strings{"c"}));
  EXPECT_EQ(m.held(), 1U);
  EXPECT_TRUE(m.has_read_to(1'500 * ms));
  EXPECT_FALSE(m.has_read_to(1'900 * ms));
}

TEST(log_mend, a_file_that_the_follow_reads_twice_hides_nothing) {
  const auto got =
      mend(before, {{1'500, "e"}, {1'501, "f"}, {1'400, "c"}, {1'900, "h"}},
           {{1'001, "b"}, {1'400, "c"}, {1'500, "e"}, {1'501, "f"}, {1'850, "g"}, {1'900, "h"}});
  EXPECT_EQ(got.out, (strings{"+c", "e", "f", "+g", "c", "h"}));
  EXPECT_TRUE(got.held.empty());
}

TEST(log_mend, held_lines_that_the_log_does_not_have_are_not_lost) {
  const auto got =
      mend(before, {{1'500, "ghost"}, {1'500, "e"}}, {{1'001, "b"}, {1'002, "c"}, {1'500, "e"}});
  EXPECT_EQ(got.out, (strings{"+c", "ghost", "e"}));
}

} // namespace
} // namespace dockhost
