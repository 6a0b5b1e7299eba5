// SPDX-License-Identifier: MIT
#include "protocol/live_requests.hpp"

#include "core/log_severity.hpp"
#include "core/log_time.hpp"

#include <limits>
#include <utility>

namespace dockhost::protocol {

namespace {

constexpr std::size_t max_name = 256;
constexpr std::size_t max_listed = 1'000; ///< containers of one subscription
constexpr std::size_t max_pattern = 1'024;
constexpr std::int64_t max_tail = 1'000'000;
constexpr std::int64_t min_interval_ms = 250;
constexpr std::int64_t max_interval_ms = 3'600'000;
constexpr std::int64_t min_batch_ms = 10;
constexpr std::int64_t max_batch_ms = 10'000;
constexpr std::int64_t latest_seconds = 100'000'000'000; ///< a larger number counts milliseconds
constexpr std::int64_t nanos = 1'000'000'000;

template <class T>
using read = basic_result<T, std::string>;

auto wrong(std::string_view field, std::string_view what) {
  return fail(std::string(field) + " must be " + std::string(what));
}

/// The member, or null where it is missing or null itself.
const json::value* given(const json::value& from, std::string_view name) {
  const auto* member = from.find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

read<std::string> container_name(const json::value& v, std::string_view field) {
  const auto* text = v.as_string();
  if (text == nullptr || text->empty() || text->size() > max_name) {
    return wrong(field, "a container's id, its first 12 characters or more, or its name");
  }
  return *text;
}

read<std::string> container_of(const json::value& payload) {
  static const json::value none;
  const auto* member = payload.find("container_id");
  return container_name(member == nullptr ? none : *member, "container_id");
}

read<std::optional<std::chrono::milliseconds>>
period(const json::value& payload, std::string_view field, std::int64_t least, std::int64_t most) {
  const auto* member = given(payload, field);
  std::optional<std::chrono::milliseconds> out;
  if (member == nullptr) return out;
  std::int64_t ms = 0;
  if (!member->get_int(ms) || ms < 0 || ms > most) {
    return wrong(field, "milliseconds, at most " + std::to_string(most));
  }
  out = std::chrono::milliseconds(std::max(ms, least));
  return out;
}

read<live_topics> topics_of(const json::value& payload) {
  const auto* member = payload.find("topics");
  const auto* list = member == nullptr ? nullptr : member->as_array();
  constexpr std::string_view what = "a list of: state, stats, node, heartbeat";
  if (list == nullptr || list->empty() || list->size() > 16) return wrong("topics", what);
  live_topics out;
  for (const auto& each : *list) {
    const auto* word = each.as_string();
    if (word == nullptr) return wrong("topics", what);
    if (*word == "state") {
      out.state = true;
    } else if (*word == "stats") {
      out.stats = true;
    } else if (*word == "node") {
      out.node = true;
    } else if (*word == "heartbeat") {
      out.heartbeat = true;
    } else {
      return wrong("topics", what);
    }
  }
  return out;
}

/// The payload of `subscribe`, and of `unsubscribe`.
read<subscribe_request> subscription(const json::value& payload) {
  subscribe_request out;
  auto topics = topics_of(payload);
  if (!topics) return fail(topics.err());
  out.topics = *topics;
  if (const auto* member = given(payload, "containers")) {
    const auto* word = member->as_string();
    const auto* list = member->as_array();
    if (list != nullptr && list->size() <= max_listed) {
      auto& names = out.containers.emplace();
      for (const auto& each : *list) {
        auto name = container_name(each, "each of containers");
        if (!name) return fail(name.err());
        names.push_back(std::move(name).value());
      }
    } else if (word != nullptr && *word == "*") {
      out.all = true;
    } else {
      return wrong("containers", "\"*\", or a list of at most 1000");
    }
  }
  const auto interval = period(payload, "interval_ms", min_interval_ms, max_interval_ms);
  if (!interval) return fail(interval.err());
  const auto batch = period(payload, "batch_ms", 0, max_batch_ms);
  if (!batch) return fail(batch.err());
  out.interval = *interval;
  out.batch = *batch;
  // Zero asks for no batches at all.
  if (out.batch && out.batch->count() != 0) {
    out.batch = std::max(*out.batch, std::chrono::milliseconds(min_batch_ms));
  }
  return out;
}

read<live_request> heard(const json::value& payload) {
  if (const auto* seq = given(payload, "seq")) {
    std::int64_t number = 0;
    if (!seq->get_int(number)) return wrong("seq", "the number of a heartbeat");
  }
  return live_request(heartbeat_ack{});
}

read<live_request> action(const json::value& payload) {
  container_action_request out;
  auto name = container_of(payload);
  if (!name) return fail(name.err());
  out.container = std::move(name).value();
  const auto* member = payload.find("action");
  const auto* word = member == nullptr ? nullptr : member->as_string();
  for (const auto each : {container_action::start, container_action::stop,
                          container_action::restart, container_action::remove}) {
    if (word == nullptr || *word != to_string(each)) continue;
    out.action = each;
    return live_request(std::move(out));
  }
  return wrong("action", "one of: start, stop, restart, delete");
}

read<std::int64_t> since(const json::value& v) {
  constexpr std::string_view what =
      "a time such as \"2026-01-02T03:04:05Z\", or seconds since 1970";
  if (const auto* text = v.as_string()) {
    const auto line = *text + " ";
    std::string_view rest = line;
    const auto time = log_time_reader().take(rest);
    if (time.text.empty() || !rest.empty() || time.unix_nano < 0) return wrong("since", what);
    return time.unix_nano;
  }
  double number = 0;
  if (!v.get_double(number) || !(number >= 0)) return wrong("since", what);
  if (number > static_cast<double>(latest_seconds)) number /= 1'000;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / nanos - 1;
  if (number > static_cast<double>(most)) return wrong("since", what);
  return static_cast<std::int64_t>(number * static_cast<double>(nanos));
}

read<log_filter> filter_of(const json::value& v) {
  log_filter out;
  if (v.as_object() == nullptr) return wrong("filter", "an object");
  if (const auto* level = given(v, "level")) {
    const auto* word = level->as_string();
    out.level = word == nullptr ? std::nullopt : severity_word(*word);
    if (!out.level) return wrong("filter.level", "one of: debug, info, warn, error");
  }
  if (const auto* pattern = given(v, "pattern")) {
    const auto* text = pattern->as_string();
    if (text == nullptr || text->size() > max_pattern) {
      return wrong("filter.pattern", "a text of at most 1024 bytes");
    }
    out.pattern = *text;
  }
  if (const auto* stream = given(v, "stream")) {
    const auto* word = stream->as_string();
    if (word != nullptr && *word == "stdout") {
      out.channel = log_channel::out;
    } else if (word != nullptr && *word == "stderr") {
      out.channel = log_channel::err;
    } else if (word == nullptr || *word != "both") {
      return wrong("filter.stream", "one of: stdout, stderr, both");
    }
  }
  return out;
}

read<live_request> start_log(const json::value& payload) {
  start_log_request out;
  auto name = container_of(payload);
  if (!name) return fail(name.err());
  out.container = std::move(name).value();
  if (const auto* tail = given(payload, "tail")) {
    std::int64_t lines = 0;
    if (!tail->get_int(lines) || lines < 0 || lines > max_tail) {
      return wrong("tail", "a number of lines, at most 1000000");
    }
    out.options.tail = static_cast<std::size_t>(lines);
  }
  if (const auto* from = given(payload, "since")) {
    const auto time = since(*from);
    if (!time) return fail(time.err());
    out.options.since_unix_nano = *time;
  }
  if (const auto* filter = given(payload, "filter")) {
    auto read_filter = filter_of(*filter);
    if (!read_filter) return fail(read_filter.err());
    out.options.filter = std::move(read_filter).value();
  }
  if (const auto* timestamps = given(payload, "timestamps")) {
    const auto* flag = timestamps->as_bool();
    if (flag == nullptr) return wrong("timestamps", "true or false");
    out.options.timestamps = *flag;
  }
  if (const auto* format = given(payload, "format")) {
    const auto* word = format->as_string();
    if (word == nullptr || (*word != "text" && *word != "binary")) {
      return wrong("format", "text or binary");
    }
    out.options.encoding = *word == "text" ? log_encoding::text : log_encoding::binary;
  }
  return live_request(std::move(out));
}

} // namespace

std::string_view to_string(container_action action) {
  switch (action) {
  case container_action::start: return "start";
  case container_action::stop: return "stop";
  case container_action::restart: return "restart";
  case container_action::remove: return "delete";
  }
  return "start";
}

read<live_request> decode_live_request(std::string_view event, const json::value& payload) {
  // Nothing has to be said with these.
  const bool may_be_nothing = event == "list_containers" || event == "heartbeat_ack";
  if (payload.as_object() == nullptr && !(may_be_nothing && payload.is_null())) {
    return fail(std::string("the argument must be an object"));
  }
  if (event == "list_containers") return live_request(list_containers_request{});
  if (event == "heartbeat_ack") return heard(payload);
  if (event == "subscribe" || event == "unsubscribe") {
    auto what = subscription(payload);
    if (!what) return fail(what.err());
    if (event == "subscribe") return live_request(std::move(what).value());
    return live_request(unsubscribe_request{what->topics, std::move(what->containers)});
  }
  if (event == "container_action") return action(payload);
  if (event == "start_log_stream") return start_log(payload);
  if (event == "stop_log_stream") {
    auto name = container_of(payload);
    if (!name) return fail(name.err());
    return live_request(stop_log_request{std::move(name).value()});
  }
  return fail(std::string("unknown event"));
}

} // namespace dockhost::protocol
