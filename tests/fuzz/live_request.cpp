// SPDX-License-Identifier: MIT
// What browsers ask of the live view. The input: a byte that chooses the event, its argument.
#include "protocol/live_requests.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dockhost::fuzz {
namespace {

using namespace protocol;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

void judge_name(std::string_view container) {
  require(!container.empty() && container.size() <= 256, "a container has a name");
}

void judge_list(const std::optional<std::vector<std::string>>& containers) {
  if (!containers) return;
  require(containers->size() <= 1000, "a list has an end");
  for (const auto& name : *containers)
    judge_name(name);
}

void judge(const protocol::live_request& request) {
  std::visit(overloaded{
                 [](const subscribe_request& r) {
                   judge_list(r.containers);
                   require(!r.all || !r.containers, "all, or some");
                   require(!r.interval ||
                               (r.interval->count() >= 250 && r.interval->count() <= 3'600'000),
                           "an interval keeps to its limits");
                   require(!r.batch || r.batch->count() == 0 ||
                               (r.batch->count() >= 10 && r.batch->count() <= 10'000),
                           "a batch keeps to its limits");
                 },
                 [](const unsubscribe_request& r) { judge_list(r.containers); },
                 [](const container_action_request& r) { judge_name(r.container); },
                 [](const stop_log_request& r) { judge_name(r.container); },
                 [](const start_log_request& r) {
                   judge_name(r.container);
                   require(r.options.tail <= 1'000'000, "a tail has an end");
                   require(r.options.since_unix_nano >= 0, "no log is older than 1970");
                   require(r.options.filter.pattern.size() <= 1024, "a pattern has an end");
                 },
                 [](const auto&) {},
             },
             request);
}

} // namespace

void live_request(std::string_view bytes) {
  input in(bytes);
  const auto choice = in.byte() % (live_request_events.size() + 1);
  const bool known = choice < live_request_events.size();
  const auto payload = json::parse(in.rest());
  if (!payload) return;
  const auto got =
      decode_live_request(known ? live_request_events[choice] : "nothing_like_it", *payload);
  if (got) {
    require(known && (payload->as_object() != nullptr || payload->is_null()), "a request is one");
    judge(*got);
  } else {
    require(!got.err().empty() && got.err().size() < 200, "what is wrong is said, in short");
  }
}

} // namespace dockhost::fuzz
