// SPDX-License-Identifier: MIT
#include "docker/engine_errors.hpp"

#include <algorithm>
#include <initializer_list>

namespace dockhost::docker {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.find(word) != text.npos; });
}

/// Docker: the engine's own table; another process (bind); an address that is not this machine's.
/// Docker 28, Docker Desktop and Podman (rootlessport, pasta) have words of their own around the
/// same system errors.
bool says_port_taken(std::string_view text) {
  return has_any(text, {"port is already allocated", "address already in use",
                        "cannot assign requested address", "ports are not available",
                        "proxy already running"});
}

bool says_image_unavailable(std::string_view text) {
  return has_any(text, {"pull access denied", "manifest unknown", "name unknown",
                        "repository does not exist", "requested access to the resource is denied",
                        "no such image", "unable to find image", "unauthorized",
                        "no matching manifest", "not found: manifest", "not found: does not exist",
                        "failed to resolve reference"});
}

/// A start whose network is gone is a 404 that is not about the container.
bool says_network_missing(std::string_view text) {
  return text.find("network") != text.npos && text.find("not found") != text.npos;
}

bool says_name_taken(std::string_view text) {
  return has_any(text, {"is already in use by"});
}

engine_errc classify_500(call_kind kind, std::string_view text) {
  if (kind == call_kind::start && says_port_taken(text)) return engine_errc::port_taken;
  if (kind == call_kind::pull && says_image_unavailable(text)) return engine_errc::no_such_image;
  if (kind == call_kind::create && says_name_taken(text)) return engine_errc::name_taken;
  return engine_errc::failed;
}

engine_errc classify_404(call_kind kind, std::string_view text) {
  if (says_network_missing(text)) return engine_errc::failed;
  if (kind == call_kind::create || kind == call_kind::pull || kind == call_kind::has_image)
    return engine_errc::no_such_image;
  return engine_errc::not_found;
}

engine_errc classify_status(call_kind kind, int status, std::string_view text) {
  switch (status) {
  case 400: return engine_errc::bad_request;
  case 401:
  case 403: return kind == call_kind::pull ? engine_errc::no_such_image : engine_errc::failed;
  case 404: return classify_404(kind, text);
  case 409: return kind == call_kind::create ? engine_errc::name_taken : engine_errc::conflict;
  default: return classify_500(kind, text);
  }
}

engine_errc classify_cli(call_kind kind, std::string_view text, bool from_daemon) {
  if (!from_daemon &&
      has_any(text, {"cannot connect to the docker daemon", "error during connect",
                     "failed to connect to the docker api", "is the docker daemon running",
                     "connection refused", "connection reset", "unexpected eof", "broken pipe"}))
    return engine_errc::unreachable;
  if (kind == call_kind::start && says_port_taken(text)) return engine_errc::port_taken;
  if (says_network_missing(text)) return engine_errc::failed;
  if (has_any(text, {"no such container", "no such object", "could not find the file",
                     "no such file or directory"}))
    return engine_errc::not_found;
  if ((kind == call_kind::create || kind == call_kind::pull || kind == call_kind::has_image) &&
      says_image_unavailable(text))
    return engine_errc::no_such_image;
  if (kind == call_kind::create && says_name_taken(text)) return engine_errc::name_taken;
  if (has_any(text, {"is paused", "paused container", "is not running", "already in progress",
                     "is not paused", "already paused", "is restarting"}))
    return engine_errc::conflict;
  if (has_any(text, {"invalid container name", "invalid reference format", "invalid argument",
                     "invalid hostport", "unknown flag", "bad format for"}))
    return engine_errc::bad_request;
  return engine_errc::failed;
}

/// The last line that says something, without the program's preamble.
std::string essence(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  constexpr std::string_view hint = "\nSee 'docker"; // "... --help'." after an error of usage
  if (const auto at = text.find(hint); at != text.npos && at != 0) text = text.substr(0, at);
  for (const std::string_view start : {"Error response from daemon: ", "Error: ", "docker: "})
    if (text.starts_with(start)) text.remove_prefix(start.size());
  constexpr std::size_t enough = 2'000;
  return std::string(text.substr(0, enough));
}

} // namespace

engine_error error_from_status(call_kind kind, int status, std::string message) {
  const auto code = classify_status(kind, status, lower(message));
  if (message.empty()) message = "the engine answered with status " + std::to_string(status);
  return {code, std::move(message)};
}

engine_error error_from_pull_stream(std::string message) {
  const auto code = classify_500(call_kind::pull, lower(message));
  return {code, std::move(message)};
}

engine_error error_from_cli(call_kind kind, std::string_view stderr_text) {
  const bool from_daemon =
      stderr_text.find("Error response from daemon: ") != std::string_view::npos;
  const auto code = classify_cli(kind, lower(stderr_text), from_daemon);
  auto message = essence(stderr_text);
  if (message.empty()) message = "the docker program failed without a word";
  return {code, std::move(message)};
}

} // namespace dockhost::docker
