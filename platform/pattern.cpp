// SPDX-License-Identifier: MIT
#include "platform/pattern.hpp"

#include <re2/re2.h>

namespace dockhost::platform {
namespace {

constexpr std::int64_t max_memory = 1024 * 1024;
constexpr int max_program = 500;

RE2::Options options() {
  RE2::Options out(RE2::Quiet);
  out.set_max_mem(max_memory);
  return out;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

struct pattern::compiled {
  explicit compiled(std::string_view expression) : regex(piece(expression), options()) {}
  RE2 regex;
};

basic_result<pattern, std::string> pattern::compile(std::string_view expression) {
  if (expression.size() > max_length)
    return fail("the pattern is longer than " + std::to_string(max_length) + " bytes");
  auto made = std::make_shared<const compiled>(expression);
  if (!made->regex.ok()) return fail("invalid pattern: " + made->regex.error());
  if (made->regex.ProgramSize() > max_program) return fail(std::string("the pattern is too large"));
  return pattern(std::move(made));
}

bool pattern::occurs_in(std::string_view text) const {
  text = text.substr(0, max_searched);
  return compiled_->regex.Match(piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

} // namespace dockhost::platform
