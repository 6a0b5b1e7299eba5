// SPDX-License-Identifier: MIT
// Gives each target its committed corpus, which holds what once broke: no fuzzing, any compiler.
#include "tests/fuzz/targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dockhost::fuzz {
namespace {

/// How many files `target` was given; it ends the process where it is not content.
int replay(const char* name, void (*target)(std::string_view)) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(CORPUS_DIR) + "/" + name)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(in.good() || in.eof()) << entry.path();
    testing::ScopedTrace trace(__FILE__, __LINE__, entry.path().string());
    target(bytes);
    ++files;
  }
  target({});
  return files;
}

struct named_target {
  const char* name;
  void (*function)(std::string_view);
};

class FuzzCorpus : public testing::TestWithParam<named_target> {};

TEST_P(FuzzCorpus, IsReplayed) {
  EXPECT_GT(replay(GetParam().name, GetParam().function), 3);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus,
                         testing::Values(named_target{"engineio_payload", engineio_payload},
                                         named_target{"engineio_server", engineio_server},
                                         named_target{"socketio_packet", socketio_packet},
                                         named_target{"socketio_client", socketio_client},
                                         named_target{"socketio_server", socketio_server},
                                         named_target{"live_request", live_request},
                                         named_target{"log_frames", log_frames},
                                         named_target{"log_long", log_long},
                                         named_target{"engine_stream", engine_stream},
                                         named_target{"http_request", http_request},
                                         named_target{"http_target", http_target},
                                         named_target{"websocket_frames", websocket_frames},
                                         named_target{"deflate", deflate}),
                         [](const auto& each) { return std::string(each.param.name); });

} // namespace
} // namespace dockhost::fuzz
