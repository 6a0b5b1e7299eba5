// SPDX-License-Identifier: MIT
#include "protocol/payload_fields.hpp"

#include "core/image_reference.hpp"
#include "core/port_hint.hpp"
#include "core/public_key.hpp"
#include "core/username.hpp"
#include "core/utf8.hpp"

#include <algorithm>

namespace dockhost::protocol {
namespace {

constexpr std::size_t max_request_id = 128;
constexpr std::size_t max_container_id = 255;

// The engine refuses less than 6 MiB and a hundredth of a CPU; the upper ends are beyond any
// machine (1 TiB; the kernel's own limit of pids), and keep the products in bytes and nanoseconds
// small.
constexpr std::int64_t min_memory_mb = 6;
constexpr std::int64_t max_memory_mb = 1'048'576;
constexpr double min_cpus = 0.01;
constexpr double max_cpus = 1024;
constexpr std::int64_t max_pids = 4'194'304;

failure<error> invalid(std::string message) {
  return fail(error{errc::invalid_request, std::move(message)});
}

std::string missing(std::string_view name) {
  return std::string(name).append(" is missing");
}

/// A member that is there and not null.
const json::value* given(const json::value& object, std::string_view name) {
  const auto* field = object.find(name);
  return field == nullptr || field->is_null() ? nullptr : field;
}

result<std::optional<std::int64_t>> integer_limit(const json::value& limits, std::string_view name,
                                                  std::int64_t least, std::int64_t most) {
  const auto* field = given(limits, name);
  if (field == nullptr) return std::optional<std::int64_t>();
  std::int64_t n = 0;
  if (!field->get_int(n) || n < least || n > most)
    return invalid("limits." + std::string(name) + " must be an integer from " +
                   std::to_string(least) + " to " + std::to_string(most));
  return std::optional(n);
}

} // namespace

const json::value* payload_fields::find(std::string_view name, std::string_view other) const {
  const auto* field = payload_.find(name);
  return field == nullptr && !other.empty() ? payload_.find(other) : field;
}

result<std::string> payload_fields::username(std::string_view name, std::string_view other) const {
  const auto* field = find(name, other);
  if (field == nullptr) return invalid(missing(name));
  const auto* text = field->as_string();
  if (text == nullptr) return fail(error{errc::invalid_username, "username is not a string"});
  if (const auto checked = check_username(*text); !checked.ok()) return fail(checked.err());
  return *text;
}

result<std::string> payload_fields::public_key(std::string_view name,
                                               std::string_view other) const {
  const auto* field = find(name, other);
  if (field == nullptr) return invalid(missing(name));
  const auto* text = field->as_string();
  if (text == nullptr) return fail(error{errc::invalid_key, "the key is not a string"});
  return normalise_public_key(*text);
}

result<std::string> payload_fields::request_id() const {
  const auto* field = given(payload_, "requestId");
  if (field == nullptr) return std::string();
  const auto* text = field->as_string();
  if (text == nullptr) return invalid("requestId is not a string");
  // At most four bytes per character: a long text isn't walked through.
  const auto length = text->size() > max_request_id * 4 ? std::nullopt : count_code_points(*text);
  if (!length || *length == 0 || *length > max_request_id)
    return invalid("requestId must have 1 to 128 characters");
  return *text;
}

result<std::string> payload_fields::image() const {
  const auto* field = given(payload_, "image");
  if (field == nullptr) return std::string();
  const auto* text = field->as_string();
  if (text == nullptr || !is_image_reference(*text))
    return invalid("image is not the name of an image");
  return *text;
}

std::optional<std::uint16_t> payload_fields::starting_port(std::string_view name,
                                                           std::string_view other) const {
  const auto* field = find(name, other);
  double asked = 0;
  if (field == nullptr || !field->get_double(asked)) return std::nullopt;
  return port_hint(asked);
}

result<unit> payload_fields::limits(create_arguments& out) const {
  const auto* limits = given(payload_, "limits");
  if (limits == nullptr) return unit{};
  if (limits->as_object() == nullptr) return invalid("limits is not an object");
  auto memory = integer_limit(*limits, "memoryMb", min_memory_mb, max_memory_mb);
  if (!memory.ok()) return fail(memory.err());
  auto pids = integer_limit(*limits, "pids", 1, max_pids);
  if (!pids.ok()) return fail(pids.err());
  if (const auto* field = given(*limits, "cpus")) {
    double cpus = 0;
    if (!field->get_double(cpus) || !(cpus >= min_cpus && cpus <= max_cpus))
      return invalid("limits.cpus must be a number from 0.01 to 1024");
    out.cpus = cpus;
  }
  out.memory_mb = *memory;
  out.pids = *pids;
  return unit{};
}

result<std::string> payload_fields::container_id(const json::value& field) {
  const auto* text = field.as_string();
  if (text == nullptr || text->empty()) return invalid("containerId is not a text");
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool possible = text->size() <= max_container_id && alnum(text->front()) &&
                        std::all_of(text->begin(), text->end(), [&](char c) {
                          return alnum(c) || c == '_' || c == '.' || c == '-';
                        });
  if (!possible)
    return fail(error{errc::not_found, "no container of this node has that id or name"});
  return *text;
}

} // namespace dockhost::protocol
