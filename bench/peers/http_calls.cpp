// SPDX-License-Identifier: MIT
#include "bench/peers/http_calls.hpp"

#include "core/base64.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <sys/time.h>

namespace dockhost::bench {

namespace {

constexpr std::string_view id_mark = "{id}";

std::string text_of(const json::value& object, std::string_view name) {
  const auto* member = object.find(name);
  const auto* text = member ? member->as_string() : nullptr;
  return text ? *text : std::string();
}

/// All that follows the path of a request.
std::string headers_of(const std::string& type, std::size_t body) {
  std::string out = " HTTP/1.1\r\nHost: docker\r\n";
  if (!type.empty()) out += "Content-Type: " + type + "\r\n";
  return out + "Content-Length: " + std::to_string(body) + "\r\n\r\n";
}

http_call call_from(const json::value& object) {
  http_call call;
  std::int64_t status = 0;
  const auto* member = object.find("status");
  if (!member || !member->get_int(status)) throw std::runtime_error("a call without a status");
  call.status = std::to_string(status);
  call.method = text_of(object, "method");
  call.path = text_of(object, "path");
  auto body = base64_decode(text_of(object, "body"));
  if (!body) throw std::runtime_error("a body that is no base64");
  call.body = std::move(*body);
  call.headers = headers_of(text_of(object, "type"), call.body.size());
  return call;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

} // namespace

std::vector<http_call> calls_from(const json::value& list) {
  if (!list.as_array()) throw std::runtime_error("no list of calls");
  std::vector<http_call> out;
  for (const auto& each : *list.as_array())
    out.push_back(call_from(each));
  return out;
}

http_call bare_call(std::string status, std::string method, std::string path) {
  return {std::move(status), std::move(method), std::move(path), headers_of({}, 0), {}};
}

http_caller::http_caller(const std::string& path) : fd_(connect_unix(path)) {
  timeval limit{};
  limit.tv_sec = 120;
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
    throw std::runtime_error("SO_RCVTIMEO");
}

std::string http_caller::make(const std::vector<http_call>& calls) {
  std::string id;
  for (const auto& call : calls) {
    auto path = call.path;
    if (const auto at = path.find(id_mark); at != std::string::npos)
      path.replace(at, id_mark.size(), id);
    if (!send_all(fd_.get(), call.method + " " + path + call.headers + call.body))
      throw std::runtime_error("the engine went away");
    const auto answer = receive();
    if (answer.status != call.status)
      throw std::runtime_error(call.method + " " + path + ": " + answer.status + answer.body);
    if (call.status == "201") {
      const auto made = json::parse(answer.body);
      if (made.ok()) id = text_of(*made, "Id");
    }
  }
  return id;
}

http_caller::response http_caller::receive() {
  response out;
  const auto first = line();
  out.status = first.substr(first.find(' ') + 1, 3);
  std::size_t length = 0;
  bool chunked = false;
  for (auto header = lower(line()); !header.empty(); header = lower(line())) {
    constexpr std::string_view content_length = "content-length:";
    if (header.starts_with(content_length))
      length = std::stoul(header.substr(content_length.size()));
    if (header == "transfer-encoding: chunked") chunked = true;
  }
  if (!chunked) {
    out.body = bytes(length);
    return out;
  }
  for (;;) {
    const auto size = std::stoul(line(), nullptr, 16);
    out.body += bytes(size);
    static_cast<void>(line());
    if (size == 0) return out;
  }
}

std::string http_caller::line() {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n")) == std::string::npos)
    fill();
  auto out = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  return out;
}

std::string http_caller::bytes(std::size_t count) {
  while (pending_.size() < count)
    fill();
  auto out = pending_.substr(0, count);
  pending_.erase(0, count);
  return out;
}

void http_caller::fill() {
  const auto got = receive_some(fd_.get(), pending_);
  if (got == received::nothing) throw std::runtime_error("the engine does not answer");
  if (got != received::bytes) throw std::runtime_error("the engine went away");
}

} // namespace dockhost::bench
