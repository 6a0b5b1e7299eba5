// SPDX-License-Identifier: MIT
#include "core/v2_batch.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace dockhost {
namespace {

// A script of words, and what must come of it. "create" (or any other word) is a request; the
// letter after a slash stands for another payload; "!" ends the request that is being executed;
// "lost" is the loss of the connection. The outcome lists what is executed ("create"), what joins
// ("+create"), what is refused ("-create", or "!create" where it is told), and which replies are
// sent (">create").
std::string play(const std::string& script, std::size_t max = 64) {
  v2_batch batch(max);
  std::vector<std::string> names;
  std::optional<std::uint64_t> executing;
  std::string out;
  const auto say = [&](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  const auto execute = [&](std::optional<std::uint64_t> id) {
    if (!id) return;
    EXPECT_FALSE(executing) << "two at once";
    executing = id;
    say(names[*id]);
  };
  std::istringstream in(script);
  for (std::string word; in >> word;) {
    if (word == "lost") {
      batch.connection_lost();
    } else if (word == "!") {
      if (!executing) {
        ADD_FAILURE() << "nothing is being executed: " << script;
        return out;
      }
      const auto id = *executing;
      executing.reset();
      const auto step = batch.finished(id);
      if (step.send) say(">" + names[id]);
      execute(step.execute);
    } else {
      const auto slash = word.find('/');
      const auto event = word.substr(0, slash);
      names.push_back(word);
      const auto got =
          batch.arrived({names.size() - 1, event, slash == word.npos ? "" : word.substr(slash),
                         event == "exists" || event == "runs"});
      if (got.fate == v2_arrival::joined) say("+" + word);
      if (got.fate == v2_arrival::refused) say((got.tell ? "!" : "-") + word);
      execute(got.execute);
    }
  }
  EXPECT_EQ(batch.idle(), !executing);
  return out;
}

TEST(v2_batch, trouble_row_v2_requests_that_overlap) {
  const struct {
    const char* rule;
    const char* script;
    const char* outcome;
  } rows[] = {
      {"a command alone", "create !", "create >create"},
      {"a check alone", "exists !", "exists >exists"},
      {"one after the other", "create ! stop !", "create >create stop >stop"},
      {"create+check", "create exists ! !", "create >create exists"},
      {"check+create", "exists create ! !", "exists create >create"},
      {"stop+resume", "stop resume ! !", "stop >stop resume"},
      {"create+delete", "create delete ! !", "create >create delete"},
      {"two creates with different keys", "create/a create/b ! !", "create/a >create/a create/b"},
      {"two creates with the same key", "create/a create/a !", "create/a +create/a >create/a"},
      {"identical stops", "stop stop stop !", "stop +stop +stop >stop"},
      {"identical to a queued one", "create stop stop ! !", "create +stop >create stop"},
      {"a check is joined", "exists exists !", "exists +exists >exists"},
      {"a check between does not keep from joining", "create exists create ! !",
       "create +create >create exists"},
      {"checks of a batch whose command comes late", "exists runs stop ! ! !",
       "exists runs stop >stop"},
      {"two checks: the first answers both", "exists runs ! !", "exists >exists runs"},
      {"a failed command answers its checks just so", "stop exists runs ! ! !",
       "stop >stop exists runs"},
      {"after the reply begins the next batch", "create delete ! exists ! !",
       "create >create delete exists >exists"},
      {"the next batch waits for the silent ones", "create stop ! resume ! !",
       "create >create stop resume >resume"},
      {"checks of the next batch wait for its command", "create delete ! exists create/b ! ! !",
       "create >create delete exists create/b >create/b"},
      {"three batches", "create stop ! resume delete ! ! exists ! !",
       "create >create stop resume >resume delete exists >exists"},
      {"joins a silent one and waits for its reply", "delete create ! create !",
       "delete >delete create +create >create"},
      {"joins a silent check", "create exists ! exists !", "create >create exists +exists >exists"},
      {"order counts: stop, resume, stop", "stop resume stop ! ! !", "stop >stop resume stop"},
      {"a check after a command is another check", "exists create exists ! ! !",
       "exists create >create exists"},
      {"connection lost: nothing is sent", "create exists lost ! !", "create exists"},
      {"connection lost: the next request has its own reply", "stop lost resume ! !",
       "stop resume >resume"},
      {"connection lost: asked for again", "create/a lost create/a !",
       "create/a +create/a >create/a"},
  };
  for (const auto& r : rows)
    EXPECT_EQ(play(r.script), r.outcome) << r.rule;
}

TEST(v2_batch, the_queue_is_bounded) {
  EXPECT_EQ(play("create/a create/b create/c create/d create/c ! ! !", 3),
            "create/a -create/d +create/c >create/a create/b create/c");
}

TEST(v2_batch, a_refusal_is_told_where_no_reply_is_to_come) {
  // The reply that answered the rest has gone; what still runs is silent.
  EXPECT_EQ(play("create stop resume ! delete ! !", 2),
            "create -resume >create stop delete >delete");
  EXPECT_EQ(play("create stop resume ! delete exists !", 1),
            "create -stop -resume >create delete -exists >delete");
  EXPECT_EQ(play("create/a create/b create/c lost delete ! ! !", 3),
            "create/a !delete create/b create/c");
  EXPECT_EQ(play("create/a create/b create/c ! resume delete ! ! !", 3),
            "create/a >create/a create/b -delete create/c resume >resume");
}

TEST(v2_batch, without_room_a_request_may_only_join) {
  v2_batch batch;
  EXPECT_EQ(batch.arrived({1, "stop", "a", false}, false).fate, v2_arrival::refused);
  EXPECT_TRUE(batch.idle());
  EXPECT_TRUE(batch.arrived({1, "stop", "a", false}, false).tell) << "nobody else waits";
  EXPECT_EQ(batch.arrived({2, "stop", "a", false}).execute, 2U);
  EXPECT_EQ(batch.arrived({3, "stop", "a", false}, false).fate, v2_arrival::joined);
  EXPECT_FALSE(batch.arrived({4, "resume", "a", false}, false).tell);
}

TEST(v2_batch, an_answer_nobody_waits_for_is_ignored) {
  v2_batch batch;
  EXPECT_FALSE(batch.finished(1).send);
  EXPECT_EQ(batch.arrived({1, "stop", "", false}).execute, 1U);
  EXPECT_EQ(batch.arrived({2, "resume", "", false}).execute, std::nullopt);
  const auto early = batch.finished(2);
  EXPECT_FALSE(early.send);
  EXPECT_EQ(early.execute, std::nullopt);
  EXPECT_TRUE(batch.finished(1).send);
}

} // namespace
} // namespace dockhost
