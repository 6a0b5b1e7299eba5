// SPDX-License-Identifier: MIT
// What is served in place of the dashboard by a program that was built without it.
#include "web/assets.hpp"

#include <array>

namespace dockhost::web {

namespace {

constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DockHost</title>
<h1>DockHost</h1>
<p>This node runs, but its program was built without the dashboard: Node.js and npm were not there.</p>
<p>Everything else is served as usual: Socket.IO at <code>/socket.io/</code>, and <a href="healthz">/healthz</a>,
<a href="readyz">/readyz</a>, <a href="metrics">/metrics</a>.</p>
</html>
)";

constexpr std::array files{
    asset{"index.html",
          "text/html; charset=utf-8",
          page,
          {},
          "\"no-dashboard-1\"",
          "\"no-dashboard-1-gzip\"",
          false},
};

} // namespace

std::span<const asset> all() noexcept {
  return files;
}

bool has_dashboard() noexcept {
  return false;
}

} // namespace dockhost::web
