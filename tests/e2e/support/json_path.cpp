// SPDX-License-Identifier: MIT
#include "tests/e2e/support/json_path.hpp"

namespace dockhost::e2e {

json::value at(const json::value& root, std::string_view path) {
  const json::value* here = &root;
  while (here != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    here = here->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return here == nullptr ? json::value() : *here;
}

std::string text(const json::value& root, std::string_view path) {
  const json::value found = at(root, path);
  return found.as_string() == nullptr ? std::string() : *found.as_string();
}

std::int64_t number(const json::value& root, std::string_view path) {
  std::int64_t n = -1;
  return at(root, path).get_int(n) ? n : -1;
}

bool truth(const json::value& root, std::string_view path) {
  const json::value found = at(root, path);
  return found.as_bool() != nullptr && *found.as_bool();
}

} // namespace dockhost::e2e
