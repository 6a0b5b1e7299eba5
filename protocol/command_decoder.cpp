// SPDX-License-Identifier: MIT
#include "protocol/command_decoder.hpp"

#include "core/username.hpp"
#include "protocol/payload_fields.hpp"

#include <algorithm>
#include <array>

namespace dockhost::protocol {
namespace {

using decode_fn = result<command> (*)(const payload_fields&);

result<target> decode_target(const payload_fields& in) {
  const auto* id = in.find("containerId");
  if (id != nullptr && !id->is_null()) {
    // Two names for one thing could disagree, and the wrong container be deleted.
    if (const auto* name = in.find("username", "USERNAME"); name != nullptr && !name->is_null())
      return fail(error{errc::invalid_request, "give either username or containerId, not both"});
    auto checked = payload_fields::container_id(*id);
    if (!checked.ok()) return fail(checked.err());
    return target{{}, *checked};
  }
  auto name = in.username("username", "USERNAME");
  if (!name.ok()) return fail(name.err());
  return target{*name, {}};
}

template <class Command>
result<command> decode_targeted(const payload_fields& in) {
  auto which = decode_target(in);
  if (!which.ok()) return fail(which.err());
  return command(Command{*which});
}

template <class Command>
result<command> decode_v2_targeted(const payload_fields& in) {
  auto name = in.username("USERNAME");
  if (!name.ok()) return fail(name.err());
  return command(Command{target{*name, {}}});
}

template <class Command>
result<command> decode_v2_check(const payload_fields& in) {
  auto name = in.username("USERNAME");
  if (!name.ok()) return fail(name.err());
  return command(Command{*name});
}

result<command> decode_create(const payload_fields& in) {
  create_container out;
  auto name = in.username("username", "USERNAME");
  if (!name.ok()) return fail(name.err());
  auto key = in.public_key("sshPublicKey", "SSH_PUB_KEY");
  if (!key.ok()) return fail(key.err());
  auto image = in.image();
  if (!image.ok()) return fail(image.err());
  if (auto read = in.limits(out.arguments); !read.ok()) return fail(read.err());
  out.username = *name;
  out.arguments.public_key = *key;
  out.arguments.image = *image;
  out.arguments.port_hint = in.starting_port("startingPort", "startingPortNo");
  return command(std::move(out));
}

result<command> decode_v2_create(const payload_fields& in) {
  create_container out;
  auto name = in.username("USERNAME");
  if (!name.ok()) return fail(name.err());
  auto key = in.public_key("SSH_PUB_KEY");
  if (!key.ok()) return fail(key.err());
  out.username = *name;
  out.arguments.public_key = *key;
  out.arguments.port_hint = in.starting_port("startingPortNo");
  return command(std::move(out));
}

result<command> decode_list(const payload_fields& in) {
  if (in.find("username", "USERNAME") == nullptr) return command(list_containers{});
  auto name = in.username("username", "USERNAME");
  if (!name.ok()) return fail(name.err());
  return command(list_containers{*name});
}

struct event_rule {
  std::string_view name;
  dialect spoken;
  decode_fn decode;
};

// One line per event; the two vocabularies share no name.
constexpr std::array<event_rule, 11> rules = {{
    {"create-container", dialect::documented, decode_create},
    {"start-container", dialect::documented, decode_targeted<start_container>},
    {"stop-container", dialect::documented, decode_targeted<stop_container>},
    {"delete-container", dialect::documented, decode_targeted<delete_container>},
    {"list-containers", dialect::documented, decode_list},
    {"start_container", dialect::v2, decode_v2_create},
    {"resume_container", dialect::v2, decode_v2_targeted<start_container>},
    {"stop_container", dialect::v2, decode_v2_targeted<stop_container>},
    {"delete_container", dialect::v2, decode_v2_targeted<delete_container>},
    {"check_if_container_exists", dialect::v2, decode_v2_check<container_exists>},
    {"check_if_container_running", dialect::v2, decode_v2_check<container_running>},
}};

/// The longest username that is worth an answer: a reply repeats it as its event.
constexpr std::size_t max_addressed_username = 1024;

/// The username as far as a reply can use it. An invalid one can be answered too: the V2 server
/// waits for the event of that name, whatever it is.
std::string addressed_username(const payload_fields& in, dialect spoken) {
  const auto* field = spoken == dialect::v2 ? in.find("USERNAME") : in.find("username", "USERNAME");
  const auto* text = field == nullptr ? nullptr : field->as_string();
  if (text == nullptr || text->size() > max_addressed_username) return {};
  if (spoken == dialect::v2 && is_reserved_event(*text)) return {};
  return *text;
}

/// The same value with the members of every object in one order. The parser bounds the depth.
json::value in_one_order(const json::value& v) {
  if (const auto* items = v.as_array()) {
    json::array out;
    for (const auto& item : *items)
      out.push_back(in_one_order(item));
    return out;
  }
  if (const auto* members = v.as_object()) {
    json::object out;
    for (const auto& [name, member] : *members)
      out.emplace_back(name, in_one_order(member));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
  }
  return v;
}

std::string fingerprint_of(std::string_view event, const json::value& payload) {
  auto ordered = in_one_order(payload);
  if (auto* members = ordered.as_object())
    std::erase_if(*members, [](const auto& m) { return m.first == "requestId"; });
  std::string out(event);
  out += '\n';
  json::dump_to(out, ordered);
  return out;
}

} // namespace

bool is_check(std::string_view event) {
  return event == "check_if_container_exists" || event == "check_if_container_running";
}

decoded decode(std::string_view event, const json::array& arguments) {
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.name == event; });
  if (rule == rules.end()) return unknown_event{};

  const json::value nothing;
  const auto& payload = arguments.empty() ? nothing : arguments.front();
  const payload_fields in(payload);
  reply_address address{rule->spoken, std::string(event), addressed_username(in, rule->spoken), {}};
  auto fingerprint = fingerprint_of(event, payload);
  const auto refuse = [&](error why) {
    return decode_failure{std::move(why), std::move(address), std::move(fingerprint)};
  };

  // `emit("list-containers", ack)` has no payload at all, and means everybody's.
  const bool bare_list = arguments.empty() && rule->decode == decode_list;
  if (payload.as_object() == nullptr && !bare_list)
    return refuse({errc::invalid_request, "the payload is not an object"});
  if (rule->spoken == dialect::documented) {
    auto id = in.request_id();
    if (!id.ok()) return refuse(id.err());
    address.request_id = *id;
  } else if (const auto* name = in.find("USERNAME"); name != nullptr &&
                                                     name->as_string() != nullptr &&
                                                     is_reserved_event(*name->as_string())) {
    return refuse({errc::invalid_username, "username is the name of a reserved event"});
  }
  auto what = rule->decode(in);
  if (!what.ok()) return refuse(what.err());
  return request{std::move(what).value(), std::move(address), std::move(fingerprint)};
}

} // namespace dockhost::protocol
