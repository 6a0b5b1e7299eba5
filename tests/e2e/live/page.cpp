// SPDX-License-Identifier: MIT
#include "tests/e2e/live/page.hpp"

#include "tests/e2e/support/json_path.hpp"

#include <cstdlib>
#include <sstream>

namespace dockhost::e2e {

namespace {

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

/// The path of a socket has to be short.
std::string way_in() {
  return std::string(std::getenv("DOCKHOST_TEST_ENGINE_DIR")) + "/page.sock";
}

} // namespace

page::page(const std::filesystem::path& folder, const std::string& address)
    : script_peer(folder, "page"),
      way_("unix://" + way_in(), "tcp://127.0.0.1:" + port_of(address)) {
  const json::object config = {
      {"folder", folder.string()}, {"port", std::stoi(port_of(address))}, {"way", way_in()}};
  launch("page.mjs", config, "ready", {"unshare", "--net"});
}

json::value page::run(const std::string& op, json::object fields, milliseconds timeout) {
  fields.emplace_back("ms", static_cast<std::int64_t>(timeout.count()));
  const auto id = post(op, fields);
  fields.emplace_back("op", op);
  return outcome(id, timeout + milliseconds(5'000), "the page: " + json::dump(fields));
}

void page::visit(const std::string& url) {
  run("visit", {{"url", url}});
}

void page::wait(const std::string& selector, milliseconds timeout) {
  run("wait", {{"selector", selector}}, timeout);
}

void page::wait_gone(const std::string& selector, milliseconds timeout) {
  run("wait_gone", {{"selector", selector}}, timeout);
}

void page::click(const std::string& selector) {
  run("click", {{"selector", selector}});
}

void page::fill(const std::string& selector, const std::string& text) {
  run("fill", {{"selector", selector}, {"text", text}});
}

void page::press(const std::string& key) {
  run("press", {{"key", key}});
}

std::string page::text_of(const std::string& selector) {
  return *run("text", {{"selector", selector}}).as_string();
}

std::int64_t page::count_of(const std::string& selector) {
  std::int64_t out = 0;
  return run("count", {{"selector", selector}}).get_int(out) ? out : -1;
}

std::string page::address() {
  return *run("address", {}).as_string();
}

std::vector<std::string> page::download(const std::string& selector) {
  std::istringstream file(*run("download", {{"selector", selector}}).as_string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

void page::prefer_colours(const std::string& scheme) {
  run("colours", {{"scheme", scheme}});
}

void page::shoot(const std::string& name, int width, int height) {
  const auto folder = std::filesystem::path(DOCKHOST_E2E_OUTPUT) / "page";
  std::filesystem::create_directories(folder);
  run("shoot",
      {{"path", (folder / (name + ".png")).string()}, {"width", width}, {"height", height}});
}

std::vector<std::string> page::trouble() {
  std::vector<std::string> out;
  for (const auto& m : all(is("trouble"), 0))
    out.push_back(text(m, "text"));
  return out;
}

} // namespace dockhost::e2e
