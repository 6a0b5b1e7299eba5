// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace dockhost::test {

/// A folder of the test's own, removed at the end.
class temp_folder {
public:
  temp_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dockhost-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }
  std::string write(std::string_view name, std::string_view content) const {
    const auto where = file(name);
    std::filesystem::create_directories(std::filesystem::path(where).parent_path());
    std::ofstream(where, std::ios::binary) << content;
    return where;
  }

private:
  std::string path_;
};

} // namespace dockhost::test
