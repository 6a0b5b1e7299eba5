// SPDX-License-Identifier: MIT
#include "core/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dockhost {

namespace {

class number_text {
public:
  template <class Number>
  explicit number_text(Number n) {
    end_ = std::to_chars(digits_.data(), digits_.data() + digits_.size(), n).ptr;
  }
  /// The format has words of its own where a number is none.
  explicit number_text(double n) {
    std::string_view word;
    if (std::isnan(n)) word = "NaN";
    if (std::isinf(n)) word = n > 0 ? "+Inf" : "-Inf";
    end_ = word.empty() ? std::to_chars(digits_.data(), digits_.data() + digits_.size(), n).ptr
                        : std::copy(word.begin(), word.end(), digits_.data());
  }
  [[nodiscard]] std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

private:
  std::array<char, 32> digits_{};
  char* end_ = nullptr;
};

void escape_to(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes)) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string_view word_of(metric_kind kind) {
  switch (kind) {
  case metric_kind::counter: return "counter";
  case metric_kind::gauge: return "gauge";
  case metric_kind::histogram: return "histogram";
  }
  return "untyped";
}

} // namespace

void duration_histogram::observe(std::chrono::nanoseconds took) noexcept {
  took = std::max(took, std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto at = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  classes_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
}

duration_histogram::snapshot duration_histogram::read() const noexcept {
  snapshot out;
  for (std::size_t i = 0; i < classes_.size(); ++i)
    out.classes[i] = classes_[i].load(std::memory_order_relaxed);
  out.sum = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  return out;
}

void metrics_text::family(std::string_view name, metric_kind kind, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  escape_to(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(word_of(kind)).append("\n");
}

void metrics_text::value(labels of, std::uint64_t value) {
  line({}, of, {}, number_text(value).text());
}

void metrics_text::value(labels of, std::int64_t value) {
  line({}, of, {}, number_text(value).text());
}

void metrics_text::value(labels of, double value) {
  line({}, of, {}, number_text(value).text());
}

void metrics_text::value(labels of, const duration_histogram::snapshot& value) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < duration_histogram::bounds.size(); ++i) {
    so_far += value.classes[i];
    line("_bucket", of, number_text(duration_histogram::bounds[i]).text(),
         number_text(so_far).text());
  }
  so_far += value.classes.back();
  line("_bucket", of, "+Inf", number_text(so_far).text());
  line("_sum", of, {}, number_text(value.sum).text());
  line("_count", of, {}, number_text(so_far).text());
}

void metrics_text::line(std::string_view suffix, labels of, std::string_view bound,
                        std::string_view value) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view of_it) {
    text_ += before;
    before = ',';
    text_.append(name).append("=\"");
    escape_to(text_, of_it, true);
    text_ += '"';
  };
  for (const auto& [name, of_it] : of)
    label(name, of_it);
  if (!bound.empty()) label("le", bound);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

} // namespace dockhost
