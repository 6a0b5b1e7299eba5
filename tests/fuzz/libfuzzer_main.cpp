// SPDX-License-Identifier: MIT
// The entry of libFuzzer to one target: FUZZ_TARGET is its function's name.
#include "tests/fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An empty string_view has a pointer, too: what is under test may be given one.
  dockhost::fuzz::FUZZ_TARGET(size == 0
                                  ? std::string_view("", 0)
                                  : std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
