// SPDX-License-Identifier: MIT
// The seam's promises about archives and events.
#include "core/tar.hpp"
#include "tests/docker/contract.hpp"

#include <algorithm>
#include <mutex>

namespace dockhost::test {
namespace {

std::string key_archive() {
  tar_writer tar(1'700'000'000);
  tar.add_directory("root/.ssh", 0700);
  tar.add_file("root/.ssh/authorized_keys", 0600, "ssh-ed25519 AAAA somebody\n");
  tar.add_file("etc/dockhost-contract", 0640, "hello");
  return tar.finish();
}

TEST_P(engine_contract, an_archive_is_unpacked_with_its_owners_and_modes) {
  const auto id = created(spec("archive"));
  const auto done = put(id, key_archive());
  ASSERT_TRUE(done.ok()) << done.err().message;
  const auto tar = get(id, "/root/.ssh/authorized_keys");
  ASSERT_TRUE(tar.ok()) << tar.err().message;
  tar_reader reader(*tar);
  const auto entry = reader.next();
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->name, "authorized_keys"); // by the path's last part
  EXPECT_EQ(entry->type, tar_type::file);
  EXPECT_EQ(entry->mode, 0600U);
  EXPECT_EQ(entry->uid, 0U);
  EXPECT_EQ(entry->gid, 0U);
  EXPECT_EQ(entry->content, "ssh-ed25519 AAAA somebody\n");
  EXPECT_FALSE(reader.next().has_value());
}

TEST_P(engine_contract, a_folder_comes_with_what_is_in_it) {
  const auto id = created(spec("folder"));
  ASSERT_TRUE(put(id, key_archive()).ok());
  const auto tar = get(id, "/root/.ssh");
  ASSERT_TRUE(tar.ok()) << tar.err().message;
  EXPECT_EQ(find_file(*tar, ".ssh/authorized_keys"), "ssh-ed25519 AAAA somebody\n");
  // What the image brought is there too.
  const auto config = get(id, "/etc/ssh/sshd_config");
  ASSERT_TRUE(config.ok()) << config.err().message;
  EXPECT_TRUE(find_file(*config, "sshd_config").has_value());
}

TEST_P(engine_contract, an_archive_goes_into_a_running_container_and_outlives_a_stop) {
  const auto id = created(spec("running"));
  ASSERT_EQ(effect_of(start(id)), "changed");
  ASSERT_TRUE(put(id, key_archive()).ok());
  ASSERT_EQ(effect_of(stop(id)), "changed");
  const auto tar = get(id, "/etc/dockhost-contract");
  ASSERT_TRUE(tar.ok()) << tar.err().message;
  EXPECT_EQ(find_file(*tar, "dockhost-contract"), "hello");
}

TEST_P(engine_contract, a_missing_path_is_not_found) {
  const auto id = created(spec("nopath"));
  EXPECT_EQ(code_of(get(id, "/no/such/file")), "not_found");
  EXPECT_EQ(code_of(get(id, "/root/--help")), "not_found");
  EXPECT_FALSE(put(id, "this is no archive at all").ok());
}

TEST_P(engine_contract, an_archive_above_16_mib_is_refused) {
  const auto id = created(spec("large"));
  tar_writer tar(0);
  tar.add_file("root/large", 0600, std::string(17 * 1024 * 1024, 'x'));
  const auto done = put(id, tar.finish());
  ASSERT_TRUE(done.ok()) << done.err().message;
  EXPECT_EQ(code_of(get(id, "/root/large")), "failed");
  tar.add_file("root/fits", 0600, std::string(15 * 1024 * 1024, 'x'));
  ASSERT_TRUE(put(id, tar.finish()).ok());
  EXPECT_EQ(code_of(get(id, "/root/fits")), "ok");
}

// --- events
// -----------------------------------------------------------------------------------------

/// What an event stream has told of one container.
struct listener {
  std::mutex mutex;
  std::vector<docker::container_event> events;
  std::vector<engine_error> ends;

  auto on_event() {
    return [this](docker::container_event event) {
      const std::lock_guard lock(mutex);
      events.push_back(std::move(event));
    };
  }
  auto on_end() {
    return [this](engine_error reason) {
      const std::lock_guard lock(mutex);
      ends.push_back(std::move(reason));
    };
  }
  std::vector<std::string> actions(const std::string& id) {
    const std::lock_guard lock(mutex);
    std::vector<std::string> out;
    for (const auto& event : events)
      if (event.id == id) out.push_back(event.action);
    return out;
  }
  bool has(const std::string& id, const std::string& action) {
    const auto all = actions(id);
    return std::find(all.begin(), all.end(), action) != all.end();
  }
  std::size_t end_count() {
    const std::lock_guard lock(mutex);
    return ends.size();
  }
};

std::int64_t now_unix_nano() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST_P(engine_contract, events_tell_a_life_in_order) {
  listener heard;
  const auto since = now_unix_nano();
  const auto stream = engine().events(since, heard.on_event(), heard.on_end());
  const auto s = spec("events");
  const auto id = created(s);
  start(id);
  pause(id);
  unpause(id);
  stop(id);
  remove(id);
  ASSERT_TRUE(eventually([&] { return heard.has(id, "destroy"); }));
  std::vector<std::string> life;
  for (const auto& action : heard.actions(id))
    for (const auto* known : {"create", "start", "pause", "unpause", "die", "stop", "destroy"})
      if (action == known) life.push_back(action);
  EXPECT_EQ(life, (std::vector<std::string>{"create", "start", "pause", "unpause", "die", "stop",
                                            "destroy"}));
  const std::lock_guard lock(heard.mutex);
  std::int64_t last = since;
  for (const auto& event : heard.events) {
    if (event.id != id) continue;
    EXPECT_GE(event.time_nano, last);
    last = event.time_nano;
    EXPECT_EQ(event.attributes.at("name"), s.name);
    EXPECT_EQ(event.attributes.at("dockhost.test"), s.name);
    if (event.action == "die") {
      EXPECT_TRUE(event.attributes.contains("exitCode"));
    }
  }
  EXPECT_TRUE(heard.ends.empty());
}

TEST_P(engine_contract, events_of_the_past_are_told_from_the_given_moment) {
  const auto since = now_unix_nano();
  const auto id = created(spec("past"));
  start(id);
  listener heard;
  const auto stream = engine().events(since, heard.on_event(), heard.on_end());
  EXPECT_TRUE(eventually([&] { return heard.has(id, "start"); }));
  EXPECT_EQ(heard.actions(id).front(), "create");
}

TEST_P(engine_contract, a_lost_event_stream_ends_once) {
  listener heard;
  const auto stream = engine().events(now_unix_nano(), heard.on_event(), heard.on_end());
  const auto id = created(spec("lost"));
  ASSERT_TRUE(eventually([&] { return heard.has(id, "create"); }));
  world->lose();
  ASSERT_TRUE(eventually([&] { return heard.end_count() > 0; }));
  EXPECT_EQ(heard.end_count(), 1U);
  EXPECT_EQ(heard.ends[0].code, engine_errc::unreachable);
  // Opened while there is no engine: refused the same way.
  listener second;
  const auto refused = engine().events(0, second.on_event(), second.on_end());
  EXPECT_TRUE(eventually([&] { return second.end_count() == 1; }));
}

TEST_P(engine_contract, a_dropped_subscription_tells_nothing_more) {
  listener dropped, kept;
  const auto since = now_unix_nano();
  auto stream = engine().events(since, dropped.on_event(), dropped.on_end());
  const auto other = engine().events(since, kept.on_event(), kept.on_end());
  const auto id = created(spec("dropped"));
  ASSERT_TRUE(eventually([&] { return dropped.has(id, "create"); }));
  stream.reset();
  start(id);
  ASSERT_TRUE(eventually([&] { return kept.has(id, "start"); }));
  EXPECT_FALSE(dropped.has(id, "start"));
  EXPECT_EQ(dropped.end_count(), 0U);
}

TEST_P(engine_contract, the_engine_may_go_before_its_subscriptions) {
  listener heard;
  const auto stream = engine().events(now_unix_nano(), heard.on_event(), heard.on_end());
  const auto id = created(spec("outlive"));
  ASSERT_TRUE(eventually([&] { return heard.has(id, "create"); }));
  remove(id);
  world->destroy_engine();
  destroyed = true;
  EXPECT_EQ(heard.end_count(), 1U);
}

} // namespace
} // namespace dockhost::test
