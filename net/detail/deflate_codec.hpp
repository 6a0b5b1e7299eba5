// SPDX-License-Identifier: MIT
// permessage-deflate's two directions (RFC 7692 section 7.2) without context takeover: one codec
// serves every connection of the io thread. Beast's stream would keep 160 KiB per connection.
#pragma once

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

class deflate_codec {
public:
  [[nodiscard]] std::string compress(std::string_view plain);

  enum class outcome { whole, broken, too_big };
  /// `into` is replaced; never grows beyond `max` + 1 bytes, whatever the input claims.
  [[nodiscard]] outcome inflate(std::string_view packed, std::size_t max, std::string& into);

private:
  boost::beast::zlib::deflate_stream deflate_;
  boost::beast::zlib::inflate_stream inflate_;
};

} // namespace dockhost::net::detail
