// SPDX-License-Identifier: MIT
#include "docker/simulated_state.hpp"

#include "docker/rfc3339.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

constexpr std::size_t batch_size = 64 * 1024;

} // namespace

void simulated_engine::state::open_log(log_request request, const std::shared_ptr<log_sink>& sink) {
  // The caller's stream is the only owner, so that destroying it ends the reading.
  post([request = std::move(request), weak = std::weak_ptr(sink)](state& self) {
    const auto alive = weak.lock();
    if (!alive) return;
    const auto call = self.begin_call(call_kind::logs, request.id, [weak] {
      if (const auto still = weak.lock()) still->end(simulated_unreachable());
    });
    if (call.refused) return alive->end(*call.refused);
    if (call.fault.hang) return; // nothing ever comes
    auto go_on = [id = call.id, error = call.fault.error, request, weak](state& s) {
      if (!s.end_call(id)) return;
      const auto still = weak.lock();
      if (!still) return;
      if (error) return still->end(*error);
      s.begin_log(request, still);
    };
    if (call.fault.delay.count() == 0)
      go_on(self);
    else
      self.after(call.id, call.fault.delay, std::move(go_on));
  });
}

void simulated_engine::state::begin_log(const log_request& request,
                                        const std::shared_ptr<log_sink>& sink) {
  auto reader = std::make_shared<log_reader>();
  reader->request = request;
  reader->sink = sink;
  {
    const std::lock_guard lock(mutex);
    const auto details = world.inspect(request.id);
    if (!details) return sink->end(details.err());
    reader->id = details->id;
    const auto& log = logs[reader->id];
    reader->next = log.first;
    if (request.tail)
      reader->next += log.entries.size() - std::min(*request.tail, log.entries.size());
    reader->ending = !request.follow || details->pid == 0;
    std::erase_if(log_readers, [](const auto& other) { return other->sink.expired(); });
    log_readers.push_back(reader);
  }
  sink->hold(nullptr, [state = weak_from_this(), again = std::weak_ptr(reader)](bool stop) {
    const auto owner = state.lock();
    if (!owner || stop) return;
    owner->post([again](simulated_engine::state& s) {
      if (const auto still = again.lock()) s.read_log(still);
    });
  });
  read_log(reader);
}

void simulated_engine::state::read_log(const std::shared_ptr<log_reader>& reader) {
  for (;;) {
    const auto sink = reader->sink.lock();
    if (!sink) return;
    auto batch = std::make_shared<log_batch>();
    batch->framed = true;
    bool end = false;
    {
      const std::lock_guard lock(mutex);
      const auto& log = logs[reader->id];
      reader->next = std::max(reader->next, log.first);
      const auto limit = std::min(batch_size, sink->room());
      while (batch->bytes.size() < limit && reader->next < log.first + log.entries.size()) {
        const auto& entry = log.entries[reader->next++ - log.first];
        if (entry.time < reader->request.since_unix_nano) continue;
        batch->add(rfc3339(entry.time) + " " + entry.line + "\n", entry.channel, true);
      }
      end = reader->ending && reader->next == log.first + log.entries.size();
      if (end) std::erase(log_readers, reader);
    }
    if (!batch->bytes.empty()) sink->deliver(batch);
    if (end) return sink->end(std::nullopt);
    if (batch->bytes.empty()) return;
  }
}

void simulated_engine::state::write_log(const std::string& ref, const std::string& line,
                                        log_channel channel, bool followed) {
  std::vector<std::shared_ptr<log_reader>> readers;
  {
    const std::lock_guard lock(mutex);
    const auto details = world.inspect(ref);
    if (!details) return;
    auto& log = logs[details->id];
    log.last_time = std::max(log.last_time + 1, wall_clock()); // no two lines share a nanosecond
    const auto number = log.first + log.entries.size();
    log.entries.push_back({log.last_time, channel, line});
    for (const auto& reader : log_readers) {
      if (reader->id != details->id) continue;
      if (!followed && reader->request.follow && reader->next == number) ++reader->next;
      readers.push_back(reader);
    }
  }
  for (const auto& reader : readers)
    read_log(reader);
}

void simulated_engine::state::rotate_log(const std::string& ref, std::size_t keep) {
  const std::lock_guard lock(mutex);
  const auto details = world.inspect(ref);
  if (!details) return;
  auto& log = logs[details->id];
  while (log.entries.size() > keep) {
    log.entries.pop_front();
    ++log.first;
  }
}

void simulated_engine::state::end_logs(const std::string& id,
                                       const std::optional<engine_error>& why) {
  std::vector<std::shared_ptr<log_reader>> ended;
  {
    const std::lock_guard lock(mutex);
    for (const auto& reader : log_readers)
      if (id.empty() || reader->id == id) ended.push_back(reader);
    std::erase_if(log_readers, [&](const auto& r) { return id.empty() || r->id == id; });
  }
  for (const auto& reader : ended)
    if (const auto sink = reader->sink.lock()) sink->end(why);
}

void simulated_engine::state::end_finished_logs() {
  std::vector<std::shared_ptr<log_reader>> readers;
  {
    const std::lock_guard lock(mutex);
    for (const auto& reader : log_readers) {
      const auto details = world.inspect(reader->id);
      if (details && details->pid != 0) continue;
      reader->ending = true;
      readers.push_back(reader);
    }
  }
  for (const auto& reader : readers)
    read_log(reader);
}

} // namespace dockhost::docker
