// SPDX-License-Identifier: MIT
// RapidJSON's event reader in its iterative mode (its stack is on the heap), feeding a builder that
// refuses as soon as a bound is passed: a tree is never larger than the bounds allow.
#include "json/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

namespace dockhost::json {
namespace {

/// `\udc00` alone comes out of the reader as the bytes ED B0 80: no UTF-8, as are all of
/// ED A0..BF xx.
bool has_surrogate(std::string_view s) {
  for (auto at = s.find('\xed'); at != std::string_view::npos; at = s.find('\xed', at + 1)) {
    if (at + 1 < s.size() && static_cast<unsigned char>(s[at + 1]) >= 0xa0) return true;
  }
  return false;
}

/// One spelling per number: an integer that fits std::int64_t is held in it, else in std::uint64_t,
/// and all else is a double. False when it is beyond the doubles. `text` is a well-formed number
/// with a NUL behind it.
bool to_number(std::string_view text, value& out) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  std::int64_t n = 0;
  if (const auto got = std::from_chars(begin, end, n); got.ec == std::errc() && got.ptr == end) {
    out = value(n);
    return true;
  }
  std::uint64_t u = 0;
  if (const auto got = std::from_chars(begin, end, u); got.ec == std::errc() && got.ptr == end) {
    out = value(u);
    return true;
  }
  double d = 0;
  if (std::from_chars(begin, end, d).ec != std::errc()) {
    d = std::strtod(begin, nullptr); // tells too small (0) from too large (infinite)
    if (!std::isfinite(d)) return false;
  }
  out = value(d);
  return true;
}

/// Keeps the first place and the last value of each key, as JSON.parse does. Linear: a long object
/// goes through a hash table.
void drop_duplicates(object& members) {
  std::unordered_map<std::string_view, std::size_t> first;
  first.reserve(members.size());
  std::vector<bool> gone(members.size(), false);
  bool any = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [at, fresh] = first.try_emplace(members[i].first, i);
    if (fresh) continue;
    members[at->second].second = std::move(members[i].second);
    gone[i] = true;
    any = true;
  }
  if (!any) return;
  object kept;
  kept.reserve(first.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(members[i]));
  }
  members = std::move(kept);
}

bool has_duplicates_slowly(const object& members) {
  for (std::size_t i = 1; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].first == members[j].first) return true;
    }
  }
  return false;
}

class builder {
public:
  explicit builder(const limits& bounds) : bounds_(bounds) {}

  bool Null() { return add(value()); }
  bool Bool(bool b) { return add(value(b)); }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
    value number;
    if (!to_number(std::string_view(s, n), number)) return refuse("number too big to be stored");
    return add(std::move(number));
  }
  // Numbers come as text; these events exist only because the reader's template names them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (has_surrogate(text)) return refuse("lone surrogate in a string");
    return add(value(text));
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    const std::string_view text(s, n);
    if (has_surrogate(text)) return refuse("lone surrogate in a string");
    open_.back().members.emplace_back(std::string(text), value());
    return true;
  }
  bool StartObject() { return open(true); }
  bool StartArray() { return open(false); }
  bool EndObject(rapidjson::SizeType) {
    object members = std::move(open_.back().members);
    open_.pop_back();
    constexpr std::size_t few = 12; // below it, comparing all is faster than hashing
    if (members.size() > few || has_duplicates_slowly(members)) drop_duplicates(members);
    place(value(std::move(members)));
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    array elements = std::move(open_.back().elements);
    open_.pop_back();
    place(value(std::move(elements)));
    return true;
  }

  [[nodiscard]] const char* refusal() const { return refusal_; }
  [[nodiscard]] value take() { return std::move(root_); }

private:
  struct level {
    bool is_object = false;
    object members; ///< the last one waits for its value
    array elements;
  };

  bool refuse(const char* why) {
    refusal_ = why;
    return false;
  }
  bool count() {
    if (++values_ > bounds_.max_values) return refuse("too many values");
    return true;
  }
  bool add(value v) {
    if (!count()) return false;
    place(std::move(v));
    return true;
  }
  bool open(bool is_object) {
    if (!count()) return false;
    if (open_.size() >= bounds_.max_depth) return refuse("nested too deep");
    open_.push_back({is_object, {}, {}});
    return true;
  }
  void place(value v) {
    if (open_.empty()) {
      root_ = std::move(v);
    } else if (open_.back().is_object) {
      open_.back().members.back().second = std::move(v);
    } else {
      open_.back().elements.push_back(std::move(v));
    }
  }

  const limits& bounds_;
  std::size_t values_ = 0;
  std::vector<level> open_;
  value root_;
  const char* refusal_ = nullptr;
};

} // namespace

basic_result<value, parse_error> parse(std::string_view text, const limits& bounds) {
  if (text.size() > bounds.max_bytes) return fail(parse_error{"too large", bounds.max_bytes});
  // Not kParseFullPrecisionFlag: in RapidJSON 1.1.0 it reads outside its table, and crashes, on
  // "0." with a few hundred zeros and a 1; without it doubles are inexact. So numbers come as text.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream in(text.data(), text.size());
  rapidjson::Reader reader;
  builder tree(bounds);
  const rapidjson::ParseResult done = reader.Parse<flags>(in, tree);
  if (done.IsError()) {
    const char* why = tree.refusal() != nullptr ? tree.refusal() : GetParseError_En(done.Code());
    return fail(parse_error{why, done.Offset()});
  }
  // The reader takes a NUL byte for the end of the text.
  if (in.Tell() != text.size()) {
    return fail(parse_error{"the document must not be followed by other bytes", in.Tell()});
  }
  return tree.take();
}

} // namespace dockhost::json
