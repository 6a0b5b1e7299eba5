// SPDX-License-Identifier: MIT
#include "net/detail/output_queue.hpp"

#include <algorithm>

namespace dockhost::net::detail {

namespace {

/// What an empty queue keeps. Connections are idle most of the time, and there are many.
constexpr std::size_t kept_pieces = 4;
/// Consumed pieces are let go of, in bulk, once there are so many.
constexpr std::size_t most_consumed = 256;

} // namespace

void output_queue::push(std::string_view prefix, shared_bytes bytes) {
  piece p{};
  p.prefix_size = static_cast<std::uint8_t>(std::min(prefix.size(), max_prefix));
  std::copy_n(prefix.begin(), p.prefix_size, p.prefix.begin());
  p.bytes = std::move(bytes);
  if (p.size() == 0) return;
  bytes_ += p.size();
  pieces_.push_back(std::move(p));
}

std::size_t output_queue::gather(std::span<iovec> into) const {
  std::size_t used = 0;
  std::size_t skip = offset_;
  const auto add = [&](const char* data, std::size_t size) {
    const std::size_t gone = std::min(skip, size);
    skip -= gone;
    if (gone == size || used == into.size()) return;
    into[used++] = {const_cast<char*>(data) + gone, size - gone};
  };
  for (std::size_t i = first_; i < pieces_.size() && used < into.size(); ++i) {
    add(pieces_[i].prefix.data(), pieces_[i].prefix_size);
    if (pieces_[i].bytes) add(pieces_[i].bytes->data(), pieces_[i].bytes->size());
  }
  return used;
}

void output_queue::consume(std::size_t n) {
  bytes_ -= n;
  offset_ += n;
  while (first_ < pieces_.size() && offset_ >= pieces_[first_].size()) {
    offset_ -= pieces_[first_].size();
    pieces_[first_].bytes.reset();
    ++first_;
  }
  if (empty()) {
    clear();
  } else if (first_ >= most_consumed) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void output_queue::clear() {
  first_ = offset_ = bytes_ = 0;
  if (pieces_.capacity() > kept_pieces) {
    std::vector<piece>().swap(pieces_);
  } else {
    pieces_.clear();
  }
}

} // namespace dockhost::net::detail
