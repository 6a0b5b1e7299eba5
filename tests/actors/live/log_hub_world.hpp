// SPDX-License-Identifier: MIT
/// \file
/// What the tests of the log hub stand on: browsers that keep what they were sent, and containers
/// that print.
#pragma once

#include "../node/fixture.hpp"
#include "actors/live/log_hub_actor.hpp"
#include "actors/live/log_packets.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors::test {

/// A browser that keeps what it was sent.
struct browser final : live_outlet {
  std::vector<std::string> packets;
  std::vector<log_packet> kept; ///< the same
  std::vector<std::string> attachments;
  std::size_t queued = 0; ///< bytes it has not read
  bool reads = true;
  bool there = true;

  bool emit(log_packet packet, std::size_t budget) override {
    if (!there || queued + packet->bytes() > budget) return false;
    if (!reads) queued += packet->bytes();
    packets.push_back(packet->text);
    kept.push_back(packet);
    attachments.insert(attachments.end(), packet->attachments.begin(), packet->attachments.end());
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
  [[nodiscard]] bool connected() const override { return there; }

  [[nodiscard]] std::vector<json::value> events(const std::string& name) const {
    std::vector<json::value> out;
    for (const auto& text : packets) {
      const auto at = text.find('[');
      const auto parsed = json::parse(text.substr(at));
      EXPECT_TRUE(parsed.ok()) << text;
      const auto& args = *parsed->as_array();
      if (*args[0].as_string() == name) out.push_back(args[1]);
    }
    return out;
  }
  /// All lines that came, without timestamps; "!reason" for a gap and "." for the end.
  [[nodiscard]] std::vector<std::string> lines(bool stamped = true) const {
    std::vector<std::string> out;
    for (const auto& text : packets) {
      const auto parsed = json::parse(text.substr(text.find('[')));
      const auto& args = *parsed->as_array();
      const auto& name = *args[0].as_string();
      if (name == "log_gap") out.push_back("!" + *args[1].find("reason")->as_string());
      if (name == "log_stream_stopped") out.push_back("." + *args[1].find("reason")->as_string());
      if (name != "log_update") continue;
      std::string_view rest = *args[1].find("log")->as_string();
      for (;;) {
        const auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        if (stamped) line.remove_prefix(31);
        out.emplace_back(line);
        if (end == rest.npos) break;
        rest.remove_prefix(end + 1);
      }
    }
    return out;
  }
};

using strings = std::vector<std::string>;

/// A node of which only the logs are run, on a simulated engine, in virtual time.
class log_hub_test : public actor_world {
protected:
  void start() {
    docker_ = spawn_docker();
    hub_ = track(system().spawn(log_hub_behavior, env(), docker_));
    settle();
  }
  /// `rotation`: the size of its log's files; those of the other tests' containers never get full.
  std::string run(const std::string& name, const std::string& rotation = {}) {
    docker::container_spec spec;
    spec.name = name;
    spec.image = "image";
    spec.log_max_size = rotation;
    return place(spec);
  }
  void print(const std::string& id, const std::string& line,
             log_channel channel = log_channel::out) {
    advance(1ms);
    engine().write_log(id, line, channel);
  }
  void print_all(const std::string& id, int from, int to) {
    for (int n = from; n <= to; ++n)
      print(id, std::to_string(n));
  }
  static strings numbers(int from, int to) {
    strings out;
    for (int n = from; n <= to; ++n)
      out.push_back(std::to_string(n));
    return out;
  }

  using answer = std::shared_ptr<asked<log_watch_answer>>;
  answer begin_watch(const std::string& id, const std::shared_ptr<browser>& who,
                     log_watch_options options = {}, std::uint64_t number = 1) {
    watch_log w;
    w.client = std::to_string(reinterpret_cast<std::uintptr_t>(who.get()));
    w.watch = number;
    w.container_id = id;
    w.spelling = "web";
    w.options = options;
    w.to = who;
    return ask<log_watch_answer>(hub_, w);
  }
  std::string watch(const std::string& id, const std::shared_ptr<browser>& who,
                    log_watch_options options = {}, std::uint64_t number = 1) {
    const auto got = begin_watch(id, who, options, number);
    until([&] { return got->answered(); }, 20s);
    if (!got->answered()) return "no answer";
    const auto& failure = got->answers.front().failure;
    return failure ? std::string(to_string(failure->code)) : "ok";
  }
  void unwatch(const std::shared_ptr<browser>& who, std::uint64_t number = 1) {
    tell(hub_, unwatch_log{std::to_string(reinterpret_cast<std::uintptr_t>(who.get())), number});
    settle();
  }
  void leave(const std::shared_ptr<browser>& who) {
    who->there = false;
    tell(hub_, client_gone{std::to_string(reinterpret_cast<std::uintptr_t>(who.get()))});
    settle();
  }
  log_counts counts() {
    const auto got = ask<log_counts>(hub_, get_log_counts{});
    settle();
    return got->answers.at(0);
  }
  void stop(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().stop(id, 1s, 5s, std::move(d)); });
  }
  void start_again(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().start(id, 5s, std::move(d)); });
  }
  void remove(const std::string& id) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> d) { engine().remove(id, 5s, std::move(d)); });
  }
  /// The next one that opens a log gets this, or waits so long.
  void fail_a_look(docker::engine_errc why) {
    docker::simulated_fault fault;
    fault.kind = docker::call_kind::logs;
    fault.error = docker::engine_error{why, "no answer"};
    fault.times = 1;
    engine().order(fault);
  }
  void delay_a_look(std::chrono::milliseconds delay) {
    docker::simulated_fault fault;
    fault.kind = docker::call_kind::logs;
    fault.delay = delay;
    fault.times = 1;
    engine().order(fault);
  }
  void hang_a_look() {
    docker::simulated_fault fault;
    fault.kind = docker::call_kind::logs;
    fault.hang = true;
    fault.times = 1;
    engine().order(fault);
  }
  static std::shared_ptr<browser> somebody() { return std::make_shared<browser>(); }

  docker_actor docker_;
  log_hub_actor hub_;
};

} // namespace dockhost::actors::test
