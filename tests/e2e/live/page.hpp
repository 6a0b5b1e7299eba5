// SPDX-License-Identifier: MIT
// A reader of a test: real Chromium at the dashboard (servers/page.mjs).
#pragma once

#include "tests/e2e/support/script_peer.hpp"
#include "tests/support/fault_proxy.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace dockhost::e2e {

/// It has a network of its own, with the way to one server and nothing else: Chromium drops its
/// connections whenever an interface comes or goes, as containers' do beside the engine.
///
/// Selectors are Playwright's; of several that fit the first counts. Everything waits until it can
/// be done, and throws std::runtime_error when it can't.
class page : public script_peer {
public:
  /// `address`: "http://127.0.0.1:PORT" of the server.
  page(const std::filesystem::path& folder, const std::string& address);

  void visit(const std::string& url);
  void wait(const std::string& selector, milliseconds timeout = milliseconds(20'000));
  void wait_gone(const std::string& selector, milliseconds timeout = milliseconds(20'000));
  void click(const std::string& selector);
  void fill(const std::string& selector, const std::string& text);
  void press(const std::string& key);
  [[nodiscard]] std::string text_of(const std::string& selector);
  [[nodiscard]] std::int64_t count_of(const std::string& selector);
  [[nodiscard]] std::string address();
  /// The lines of the file that a click downloads.
  [[nodiscard]] std::vector<std::string> download(const std::string& selector);
  /// "light" or "dark", as the reader's system has it.
  void prefer_colours(const std::string& scheme);
  /// A screenshot, kept after the test as DOCKHOST_E2E_OUTPUT/page/NAME.png.
  void shoot(const std::string& name, int width = 1'440, int height = 860);
  /// What the page must not do: exceptions, and complaints of its security policy.
  [[nodiscard]] std::vector<std::string> trouble();

private:
  test::fault_proxy way_;
  json::value run(const std::string& op, json::object fields,
                  milliseconds timeout = milliseconds(20'000));
};

} // namespace dockhost::e2e
