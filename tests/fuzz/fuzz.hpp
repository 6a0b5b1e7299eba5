// SPDX-License-Identifier: MIT
// What the fuzz targets share. A target is a function of its input; it asserts with require(). Its
// source says how it reads the input, so that files of the corpus can be written by hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace dockhost::fuzz {

/// Ends the process, loudly, where a property does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: does not hold: %s\n", what);
  std::abort();
}

/// Takes an input apart from its front. Where it is at its end, bytes are 0 and pieces empty.
class input {
public:
  explicit input(std::string_view all) : rest_(all) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// A byte, and so many bytes as it says (or as there are).
  std::string_view piece() {
    const auto size = std::min<std::size_t>(byte(), rest_.size());
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view rest() {
    const auto out = rest_;
    rest_ = {};
    return out;
  }

private:
  std::string_view rest_;
};

/// `bytes` cut into chunks of one byte more than `cuts` say, again and again; whole without cuts.
inline std::vector<std::string_view> chunks(std::string_view bytes, std::string_view cuts) {
  std::vector<std::string_view> out;
  if (cuts.empty()) {
    out.push_back(bytes);
    return out;
  }
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    const auto size = std::size_t{static_cast<std::uint8_t>(cuts[i % cuts.size()])} + 1;
    out.push_back(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return out;
}

} // namespace dockhost::fuzz
