// SPDX-License-Identifier: MIT
#include "net/detail/request_reader.hpp"

#include "net/detail/chunked_start.hpp"
#include "net/detail/http_request_text.hpp"
#include "net/detail/request_target.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace dockhost::net::detail {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using error_code = beast::error_code;

/// Above the server's own limit, which is checked before: only trailers and the like meet it.
constexpr std::uint32_t header_limit = 1024 * 1024;
constexpr std::size_t first_reserve = 64 * 1024;
/// Each costs far more memory than its bytes on the wire; browsers send some twenty.
constexpr std::size_t most_fields = 128;

bool is_digits(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

request_refusal refusal_of(const error_code& ec) {
  if (ec == http::error::bad_version) return {505, "not HTTP/1.0 or HTTP/1.1"};
  if (ec == http::error::header_limit) return {431, "the trailers are too long"};
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length)
    return {400, "the Content-Length is wrong"};
  if (ec == http::error::bad_transfer_encoding) return {400, "the Transfer-Encoding is wrong"};
  if (ec == http::error::bad_chunk || ec == http::error::bad_chunk_extension)
    return {400, "a chunk is malformed"};
  return {400, "the request is malformed"};
}

} // namespace

head_scan scan_head(std::string_view bytes, std::size_t& scanned) {
  const auto bad = [](std::string_view why) { return head_scan{0, request_refusal{400, why}}; };
  for (; scanned < bytes.size(); ++scanned) {
    const char c = bytes[scanned];
    const char before = scanned > 0 ? bytes[scanned - 1] : '\0';
    if (before == '\r' && c != '\n') return bad("a carriage return without a line feed");
    if (c == '\n') {
      if (before != '\r') return bad("a line feed without a carriage return");
      if (scanned >= 3 && bytes[scanned - 2] == '\n') return {scanned + 1, {}};
      continue;
    }
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\r' && c != '\t') || u == 0x7f) return bad("a control character");
    if ((c == ' ' || c == '\t') && (before == '\n' || scanned == 0))
      return bad("a line begins with white space");
  }
  return {};
}

class request_reader::parser final : public http::basic_parser<true> {
public:
  parser() {
    header_limit(detail::header_limit);
    body_limit(boost::none); // ours, because asking for the body comes later
    eager(false);
  }

  server_request request;
  std::string target;
  std::string body;
  std::size_t max = 0;
  int version = 11;
  bool too_large = false;
  bool had_chunk = false;
  bool expects_continue = false;
  std::optional<request_refusal> refusal;

  void check_head() {
    if (refusal) return;
    if (hosts_ > 1 || (version == 11 && hosts_ == 0)) {
      refuse(400, "no Host, or several");
    } else if (lengths_ > 1 || (lengths_ > 0 && encodings_ > 0)) {
      refuse(400, "two lengths");
    } else if (encodings_ > 1 || (encodings_ > 0 && version == 10)) {
      refuse(400, "the Transfer-Encoding is wrong");
    }
  }

private:
  void refuse(int status, std::string_view why) {
    if (!refusal) refusal = request_refusal{status, why};
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view raw, int number,
                       error_code&) override {
    request.method.assign(method.data(), method.size());
    target.assign(raw.data(), raw.size());
    version = number;
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (head_done_) return; // a trailer: nobody asks for any
    if (request.headers.size() == most_fields) return refuse(431, "too many headers");
    const std::string_view text(value.data(), value.size());
    switch (field) {
    case http::field::host: ++hosts_; break;
    case http::field::content_length:
      ++lengths_;
      if (!is_digits(text)) refuse(400, "the Content-Length is wrong");
      break;
    case http::field::transfer_encoding:
      ++encodings_;
      if (!same_header(text, "chunked")) refuse(501, "a Transfer-Encoding other than chunked");
      break;
    case http::field::expect:
      if (same_header(text, "100-continue")) {
        expects_continue = true;
      } else {
        refuse(417, "an expectation that can't be met");
      }
      break;
    default: break;
    }
    request.headers.emplace_back(std::string(name.data(), name.size()), std::string(text));
  }
  void on_header_impl(error_code&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, error_code&) override { return take(bytes); }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override {
    had_chunk = true;
    if (size > max - std::min(max, body.size())) too_large = true;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
    return take(bytes);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t take(beast::string_view bytes) {
    if (bytes.size() > max - std::min(max, body.size())) {
      too_large = true;
    } else {
      if (body.empty()) {
        const auto announced = content_length();
        const std::size_t known = announced ? static_cast<std::size_t>(*announced) : bytes.size();
        body.reserve(std::min(known, std::max(first_reserve, bytes.size())));
      }
      body.append(bytes.data(), bytes.size());
    }
    return bytes.size();
  }

  int hosts_ = 0;
  int lengths_ = 0;
  int encodings_ = 0;
  bool head_done_ = false;
};

request_reader::request_reader() : parser_(std::make_unique<parser>()) {}
request_reader::~request_reader() = default;

std::optional<request_refusal> request_reader::read_head(std::string_view head) {
  std::size_t used = 0;
  while (used < head.size() && !parser_->is_header_done()) {
    error_code ec;
    used += parser_->put(boost::asio::buffer(head.data() + used, head.size() - used), ec);
    if (parser_->refusal) return parser_->refusal;
    if (ec == http::error::need_more) return request_refusal{400, "the request is malformed"};
    if (ec) return refusal_of(ec);
  }
  parser_->check_head();
  if (parser_->refusal) return parser_->refusal;
  auto target = parse_target(parser_->request.method, parser_->target);
  if (!target) return request_refusal{400, "the target is malformed"};
  server_request& r = parser_->request;
  r.target = std::move(target->target);
  r.path = std::move(target->path);
  r.parameters = std::move(target->parameters);
  r.has_body = !parser_->is_done();
  return std::nullopt;
}

server_request& request_reader::request() {
  return parser_->request;
}

bool request_reader::http_1_1() const {
  return parser_->version == 11;
}

bool request_reader::keep_alive() const {
  return parser_->keep_alive();
}

bool request_reader::expects_continue() const {
  return parser_->expects_continue;
}

std::optional<std::size_t> request_reader::length() const {
  const auto n = parser_->content_length();
  return n ? std::optional<std::size_t>(static_cast<std::size_t>(*n)) : std::nullopt;
}

std::optional<request_refusal> request_reader::read_body(std::string_view& bytes, std::size_t max) {
  parser_->max = max;
  while (!bytes.empty() && !parser_->is_done() && !parser_->too_large) {
    if (wait_for_chunk(*parser_, parser_->had_chunk, bytes)) break;
    error_code ec;
    bytes.remove_prefix(parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec));
    if (ec == http::error::need_more) break;
    if (ec) return refusal_of(ec);
  }
  return std::nullopt;
}

bool request_reader::done() const {
  return parser_->is_done();
}

bool request_reader::too_large() const {
  return parser_->too_large;
}

std::string& request_reader::body() {
  return parser_->body;
}

} // namespace dockhost::net::detail
