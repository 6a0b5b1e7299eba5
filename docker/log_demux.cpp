// SPDX-License-Identifier: MIT
#include "docker/log_demux.hpp"

#include <algorithm>
#include <cstring>

namespace dockhost::docker {
namespace {

constexpr unsigned char of_stderr = 2;
constexpr unsigned char of_engine = 3;
constexpr std::size_t most_complaint = 500;

} // namespace

bool log_demux::begin_frame() {
  const auto type = header_[0];
  if (type > of_engine || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) return false;
  left_ = (std::uint32_t{header_[4]} << 24U) | (std::uint32_t{header_[5]} << 16U) |
          (std::uint32_t{header_[6]} << 8U) | std::uint32_t{header_[7]};
  if (left_ > max_frame) return false;
  channel_ = type == of_stderr ? log_channel::err : log_channel::out;
  complains_ = type == of_engine;
  message_start_ = true;
  have_ = 0;
  return true;
}

bool log_demux::feed(std::string_view bytes, log_batch& into) {
  into.framed = framed_;
  if (!framed_) {
    if (!bytes.empty()) into.add(bytes, log_channel::out, false);
    return true;
  }
  while (!bytes.empty() && !broken_) {
    if (left_ == 0) {
      const auto n = std::min(header_.size() - have_, bytes.size());
      std::memcpy(header_.data() + have_, bytes.data(), n);
      have_ += n;
      bytes.remove_prefix(n);
      if (have_ == header_.size()) broken_ = !begin_frame();
      continue;
    }
    const auto n = std::min<std::size_t>(left_, bytes.size());
    if (complains_) {
      complaint_.append(bytes.substr(0, std::min(n, most_complaint - complaint_.size())));
    } else {
      into.add(bytes.substr(0, n), channel_, message_start_);
    }
    message_start_ = false;
    left_ -= static_cast<std::uint32_t>(n);
    bytes.remove_prefix(n);
  }
  return !broken_;
}

} // namespace dockhost::docker
