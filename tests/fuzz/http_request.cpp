// SPDX-License-Identifier: MIT
// Requests on one connection, read as the server reads them. The input: a byte of options, a piece
// of cuts, what the client sends.
#include "net/detail/http_request_text.hpp"
#include "net/detail/request_reader.hpp"
#include "net/detail/websocket_handshake.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dockhost::fuzz {
namespace {

using namespace net;
using namespace net::detail;

constexpr std::size_t max_header = 1024;

void judge(const server_request& r) {
  require(valid_header(r.method, ""), "a method is a token");
  require(r.path == "*" || r.path.starts_with('/'), "a path begins with a slash");
  require(r.headers.size() <= 128 && r.parameters.size() <= 128, "so many and no more");
  for (const auto& [name, value] : r.headers)
    require(valid_header(name, value), "a header is one");
}

/// What the application hears of these bytes, to the first refusal.
std::vector<std::string> serve(const std::vector<std::string_view>& parts, std::size_t max_body) {
  std::vector<std::string> heard;
  std::string in;
  std::size_t scanned = 0;
  std::unique_ptr<request_reader> reader;
  bool keep_alive = true;
  const auto refused = [&](const request_refusal& why) {
    require(why.status >= 400 && why.status <= 505 && !why.why.empty(), "a refusal is one");
    heard.push_back("refused " + std::to_string(why.status) + " " + std::string(why.why));
  };
  for (const auto part : parts) {
    in += part;
    for (;;) {
      std::string_view bytes = in;
      if (reader) {
        const auto refusal = reader->read_body(bytes, max_body);
        in.erase(0, in.size() - bytes.size());
        if (refusal) return refused(*refusal), heard;
        if (reader->too_large()) return heard.emplace_back("too large"), heard;
        require(reader->body().size() <= max_body, "a body keeps to the limit");
        if (!reader->done()) break;
        heard.push_back("body " + reader->body());
        reader.reset();
        if (!keep_alive) return heard;
        continue;
      }
      while (in.starts_with("\r\n")) {
        in.erase(0, 2);
        scanned = 0;
      }
      bytes = std::string_view(in).substr(0, max_header);
      const auto found = scan_head(bytes, scanned);
      if (found.refusal) return refused(*found.refusal), heard;
      if (found.size == 0) {
        require(scanned == bytes.size(), "all is looked at");
        if (in.size() >= max_header) return heard.emplace_back("too long"), heard;
        break;
      }
      require(found.size <= bytes.size() && bytes.substr(0, found.size).ends_with("\r\n\r\n"),
              "a head ends with an empty line");
      reader = std::make_unique<request_reader>();
      const auto refusal = reader->read_head(bytes.substr(0, found.size));
      in.erase(0, found.size);
      scanned = 0;
      if (refusal) return refused(*refusal), heard;
      const auto& r = reader->request();
      judge(r);
      keep_alive = reader->keep_alive();
      std::string text = "request " + r.method + " " + r.target + " " + r.path;
      for (const auto& [name, value] : r.parameters)
        text.append(" ?").append(name).append("=").append(value);
      for (const auto& [name, value] : r.headers)
        text.append("\n").append(name).append(": ").append(value);
      text += keep_alive ? " keep " : " close ";
      text += std::to_string(static_cast<int>(judge_handshake(r, reader->http_1_1())));
      text += offers_deflate(r) ? " deflate" : "";
      heard.push_back(std::move(text));
      if (!r.has_body) {
        reader.reset();
        if (!keep_alive) return heard;
      }
    }
  }
  return heard;
}

} // namespace

void http_request(std::string_view bytes) {
  input in(bytes);
  const std::size_t max_body = (in.byte() & 1) != 0 ? 20 : 100'000;
  const auto cuts = in.piece();
  const auto sent = in.rest();
  const auto whole = serve({sent}, max_body);
  require(serve(chunks(sent, cuts), max_body) == whole, "the same requests however they come");
}

} // namespace dockhost::fuzz
