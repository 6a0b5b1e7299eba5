// SPDX-License-Identifier: MIT
#include "net/detail/deflate_codec.hpp"

#include <boost/beast/zlib/error.hpp>

#include <algorithm>

namespace dockhost::net::detail {

namespace {

namespace zlib = boost::beast::zlib;

/// What a flushed block ends with; left out on the wire.
constexpr std::string_view tail("\0\0\xff\xff", 4);
/// Level 6 takes three times the time for a few per cent, with lines of logs.
constexpr int level = 3;
constexpr int window_bits = 15;
constexpr int memory_level = 8;
constexpr std::size_t output_step = 16 * 1024;

} // namespace

std::string deflate_codec::compress(std::string_view plain) {
  deflate_.reset(level, window_bits, memory_level, zlib::Strategy::normal);
  std::string out;
  zlib::z_params zs;
  zs.next_in = plain.data();
  zs.avail_in = plain.size();
  boost::beast::error_code ec;
  do {
    const std::size_t before = out.size();
    out.resize(before + std::max(output_step, plain.size() / 4));
    zs.next_out = out.data() + before;
    zs.avail_out = out.size() - before;
    deflate_.write(zs, zlib::Flush::sync, ec);
    out.resize(out.size() - zs.avail_out);
  } while (!ec && zs.avail_out == 0);
  if (out.ends_with(tail)) out.resize(out.size() - tail.size());
  return out;
}

deflate_codec::outcome deflate_codec::inflate(std::string_view packed, std::size_t max,
                                              std::string& into) {
  inflate_.reset(window_bits);
  into.clear();
  for (const std::string_view part : {packed, tail}) {
    zlib::z_params zs;
    zs.next_in = part.data();
    zs.avail_in = part.size();
    for (;;) {
      const std::size_t before = into.size();
      if (before > max) return outcome::too_big;
      into.resize(std::min(before + output_step, max + 1));
      zs.next_out = into.data() + before;
      zs.avail_out = into.size() - before;
      boost::beast::error_code ec;
      inflate_.write(zs, zlib::Flush::sync, ec);
      into.resize(into.size() - zs.avail_out);
      if (ec == zlib::error::end_of_stream) // a final block: what follows it is nobody's
        return into.size() > max ? outcome::too_big : outcome::whole;
      if (ec && ec != zlib::error::need_buffers) return outcome::broken;
      if (zs.avail_out > 0) break; // it had room for more, and had no more
    }
  }
  return into.size() > max ? outcome::too_big : outcome::whole;
}

} // namespace dockhost::net::detail
