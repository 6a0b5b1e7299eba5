// SPDX-License-Identifier: MIT
// The seam's promises about containers' logs.
#include "core/log_lines.hpp"
#include "tests/docker/contract.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace dockhost::test {
namespace {

/// What an open log gives, from the engine's threads.
class log_reader : log_line_sink {
public:
  log_reader(docker::engine& engine, docker::log_request request, bool consume = true)
      : consume_(consume) {
    docker::log_handlers handlers;
    handlers.on_data = [this](const shared_log_batch& batch) {
      const std::lock_guard lock(mutex_);
      lines_.feed(*batch, *this);
      bytes_ += batch->bytes.size();
      waiting_ += batch->bytes.size();
      most_waiting_ = std::max(most_waiting_, waiting_);
      if (consume_ && stream_) stream_->consumed(std::exchange(waiting_, 0));
    };
    handlers.on_end = [this](const std::optional<engine_error>& why) {
      const std::lock_guard lock(mutex_);
      ++ends_;
      end_ = why ? std::string(to_string(why->code)) : "end";
    };
    auto stream = engine.logs(std::move(request), std::move(handlers));
    const std::lock_guard lock(mutex_);
    stream_ = std::move(stream);
    if (consume_) stream_->consumed(std::exchange(waiting_, 0));
  }
  ~log_reader() override { close(); }

  void close() {
    std::unique_ptr<docker::log_stream> stream;
    {
      const std::lock_guard lock(mutex_);
      stream = std::move(stream_);
    }
    stream.reset(); // waits for a handler, so not under its lock
  }
  void consume_all() {
    const std::lock_guard lock(mutex_);
    consume_ = true;
    stream_->consumed(std::exchange(waiting_, 0));
  }
  std::string ended() {
    (void)eventually([this] {
      const std::lock_guard lock(mutex_);
      return ends_ > 0;
    });
    const std::lock_guard lock(mutex_);
    return ends_ == 1 ? end_ : std::to_string(ends_) + " ends";
  }
  /// "O:text" or "E:text" of the test's own lines; waits until there are so many.
  std::vector<std::string> lines(std::size_t count) {
    (void)eventually([&] {
      const std::lock_guard lock(mutex_);
      return seen_.size() >= count;
    });
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::int64_t time_of(std::size_t line) {
    const std::lock_guard lock(mutex_);
    return times_.at(line);
  }
  std::size_t most_waiting() {
    const std::lock_guard lock(mutex_);
    return most_waiting_;
  }

private:
  void line(const log_line& l) override {
    if (!l.text.starts_with("test ")) return; // the image's own words
    seen_.push_back((l.channel == log_channel::err ? "E:" : "O:") +
                    std::string(l.text.substr(5, 100)));
    times_.push_back(l.time.empty() ? 0 : l.unix_nano);
  }
  void cut(log_channel, std::size_t) override {}

  std::recursive_mutex mutex_; // consumed() may give more at once
  bool consume_;
  std::unique_ptr<docker::log_stream> stream_;
  log_line_assembler lines_;
  std::vector<std::string> seen_;
  std::vector<std::int64_t> times_;
  std::size_t bytes_ = 0, waiting_ = 0, most_waiting_ = 0;
  int ends_ = 0;
  std::string end_;
};

using strings = std::vector<std::string>;

docker::log_request log_of(const std::string& id, bool follow = false) {
  docker::log_request out;
  out.id = id;
  out.follow = follow;
  return out;
}

TEST_P(engine_contract, a_log_is_read_from_where_it_is_asked) {
  const auto id = created(spec("log"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  for (const auto* text : {"test one", "test two", "test three"})
    world->print(id, text, log_channel::out);
  log_reader all(engine(), log_of(id));
  EXPECT_EQ(all.lines(3), (strings{"O:one", "O:two", "O:three"}));
  EXPECT_EQ(all.ended(), "end");
  EXPECT_GT(all.time_of(0), 1'600'000'000'000'000'000);
  EXPECT_LE(all.time_of(0), all.time_of(2));

  auto request = log_of(id);
  request.tail = 1;
  log_reader last(engine(), request);
  EXPECT_EQ(last.lines(1), (strings{"O:three"}));
  request.tail.reset();
  request.since_unix_nano = all.time_of(1); // this moment included
  log_reader since(engine(), request);
  EXPECT_EQ(since.lines(2), (strings{"O:two", "O:three"}));
  EXPECT_EQ(since.ended(), "end");
}

TEST_P(engine_contract, stdout_and_stderr_are_told_apart) {
  const auto id = created(spec("channels"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  world->print(id, "test out", log_channel::out);
  world->print(id, "test err", log_channel::err);
  log_reader both(engine(), log_of(id));
  auto seen = both.lines(2);
  std::sort(seen.begin(), seen.end()); // the docker program has a pipe for each
  EXPECT_EQ(seen, (strings{"E:err", "O:out"}));
}

TEST_P(engine_contract, a_followed_log_goes_on_until_the_container_ends) {
  const auto id = created(spec("follow"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  log_reader follow(engine(), log_of(id, true));
  world->print(id, "test one", log_channel::out);
  EXPECT_EQ(follow.lines(1), (strings{"O:one"}));
  world->print(id, "test two", log_channel::out);
  EXPECT_EQ(follow.lines(2), (strings{"O:one", "O:two"}));
  EXPECT_EQ(effect_of(stop(id)), "changed");
  EXPECT_EQ(follow.ended(), "end");
  log_reader stopped(engine(), log_of(id, true));
  EXPECT_EQ(stopped.ended(), "end");
}

TEST_P(engine_contract, a_log_of_no_container_is_not_found) {
  for (const auto* word : {"no-such-container-here", "", "--help", "../x"}) {
    log_reader none(engine(), log_of(word, true));
    EXPECT_EQ(none.ended(), "not_found") << word;
  }
}

TEST_P(engine_contract, a_log_ends_with_its_handle_and_with_the_connection) {
  const auto id = created(spec("ends"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  world->print(id, "test one", log_channel::out);
  log_reader closed(engine(), log_of(id, true)), cut(engine(), log_of(id, true));
  EXPECT_EQ(closed.lines(1), (strings{"O:one"}));
  EXPECT_EQ(cut.lines(1), (strings{"O:one"}));
  closed.close();
  world->print(id, "test two", log_channel::out);
  EXPECT_EQ(cut.lines(2), (strings{"O:one", "O:two"}));
  EXPECT_EQ(closed.lines(0), (strings{"O:one"}));
  world->lose();
  EXPECT_EQ(cut.ended(), "unreachable");
}

TEST_P(engine_contract, a_log_is_read_no_faster_than_it_is_consumed) {
  const auto id = created(spec("window"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  strings expected;
  for (int n = 0; n < 40; ++n) {
    expected.push_back("O:" + std::to_string(n));
    world->print(id, "test " + std::to_string(n), log_channel::out);
  }
  auto request = log_of(id);
  request.window = 500;
  log_reader slow(engine(), request, false);
  EXPECT_FALSE(slow.lines(1).empty());
  // What one read of the connection holds may come in excess of the window.
  EXPECT_LE(slow.most_waiting(), 500U + 64 * 1024);
  slow.consume_all();
  EXPECT_EQ(slow.lines(40), expected);
  EXPECT_EQ(slow.ended(), "end");
}

} // namespace
} // namespace dockhost::test
