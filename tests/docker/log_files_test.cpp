// SPDX-License-Identifier: MIT
#include "docker/log_files.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dockhost::docker {
namespace {

TEST(rotation_of, what_an_engine_makes_of_its_options) {
  struct row {
    std::string driver;
    std::map<std::string, std::string> options;
    log_rotation wanted;
  };
  const log_rotation copy{20'000'000, 5};
  for (const auto& r : std::vector<row>{
           {"json-file", {}, {0, 1}},
           {"json-file", {{"max-size", "10m"}, {"max-file", "3"}}, {10'000'000, 3}},
           {"json-file", {{"max-size", "4k"}}, {4'000, 1}},
           {"json-file", {{"max-size", "4096"}}, {4'096, 1}},
           {"json-file", {{"max-size", "1G"}, {"max-file", "2"}}, {1'000'000'000, 2}},
           {"json-file", {{"max-size", "2MB"}}, {2'000'000, 1}},
           {"json-file", {{"max-size", "1.5m"}}, {1'500'000, 1}},
           {"json-file", {{"max-size", "0.5k"}}, {500, 1}},
           {"json-file", {{"max-size", "10 m"}}, {10'000'000, 1}},
           {"json-file", {{"max-size", "1.5 GB"}}, {1'500'000'000, 1}},
           {"json-file", {{"max-size", "20 "}}, {20, 1}},
           {"json-file", {{"max-size", "5p"}}, {std::int64_t{1} << 40, 1}},
           {"json-file", {{"max-size", "-1"}}, {0, 1}},
           {"json-file", {{"max-size", "inf"}}, {0, 1}},
           {"json-file", {{"max-size", "nan"}}, {0, 1}},
           {"json-file", {{"max-size", " m"}}, {0, 1}},
           {"json-file", {{"max-size", "1.5x"}}, {0, 1}},
           {"json-file", {{"max-size", "lots"}}, {0, 1}},
           {"json-file", {{"max-size", "9999999999999t"}}, {0, 1}},
           {"json-file", {{"max-size", "1m"}, {"max-file", "many"}}, {1'000'000, 1}},
           {"local", {}, copy},
           {"local", {{"max-size", "1m"}, {"max-file", "2"}}, {1'000'000, 2}},
           {"syslog", {{"max-size", "1m"}}, copy},
           {"journald", {}, {0, 1}},
           {"none", {}, {0, 1}},
           {"", {}, {0, 1}},
       })
    EXPECT_EQ(rotation_of(r.driver, r.options), r.wanted)
        << r.driver << " " << (r.options.empty() ? "" : r.options.rbegin()->second);
}

} // namespace
} // namespace dockhost::docker
