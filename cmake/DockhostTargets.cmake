# SPDX-License-Identifier: MIT
# One interface target carries the compile rules of all our own code; libraries come in as system headers,
# so that "warnings are errors" speaks of our code only.
add_library(dockhost_flags INTERFACE)
target_compile_options(dockhost_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
# g++ 12, where it inlines at -O2 and above, takes the inactive members of a moved std::variant for read, and the two
# halves of a std::string concatenation for overlapping: false each time. Its other warnings that come of inlining are
# told, but are no errors: what the tests' build has passed must not keep anybody from building the program.
target_compile_options(dockhost_flags INTERFACE
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-error=array-bounds;-Wno-error=stringop-overflow;-Wno-error=stringop-overread;-Wno-error=dangling-pointer;-Wno-error=use-after-free;-Wno-error=stringop-truncation;-Wno-error=format-overflow;-Wno-error=format-truncation;-Wno-error=nonnull;-Wno-error=free-nonheap-object>")
target_include_directories(dockhost_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(dockhost_flags INTERFACE DOCKHOST_VERSION="${PROJECT_VERSION}")
set(sanitizer_ignores "-fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/sanitizer_ignores.txt")
if(DOCKHOST_SANITIZE)
  # null: false positives inside CAF and libstdc++ (docs/architecture.md, "Sanitizers").
  target_compile_options(dockhost_flags INTERFACE -fsanitize=address,undefined -fno-sanitize=null ${sanitizer_ignores}
                         -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_definitions(dockhost_flags INTERFACE DOCKHOST_SANITIZED)
  target_link_options(dockhost_flags INTERFACE -fsanitize=address,undefined)
endif()
if(DOCKHOST_FUZZ)
  # What is under test is instrumented; only the targets get libFuzzer's main (tests/fuzz).
  set(fuzz_instrumentation -fsanitize=fuzzer-no-link,address,undefined)
  target_compile_options(dockhost_flags INTERFACE ${fuzz_instrumentation} ${sanitizer_ignores}
                         -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(dockhost_flags INTERFACE ${fuzz_instrumentation})
endif()
if(DOCKHOST_FAULT_POINTS)
  target_compile_definitions(dockhost_flags INTERFACE DOCKHOST_FAULT_POINTS)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers are cached only when told that their macros and times do not matter (ccache's manual).
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${CCACHE_PROGRAM}")
  target_compile_options(dockhost_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# dockhost_layer(NAME SOURCES... [LINKS ...]): the static library of one folder.
function(dockhost_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(dockhost_${name} STATIC ${arg_SOURCES})
  target_link_libraries(dockhost_${name} PUBLIC dockhost_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# What compiles with the tests, which are half of what there is to compile: not optimised, and GoogleTest's headers are
# parsed once. (Optimised, g++ 12 warns falsely of what it inlines from a precompiled header.)
#   dockhost_test_headers(NAME [HEADER...]) makes the precompiled headers of NAME: GoogleTest's and these.
#   dockhost_test_flags(NAME [OF]) compiles NAME with those of OF; without it with those that nearly all have.
function(dockhost_test_headers name)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O0>)
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <chrono> <functional> <map> <memory>
    <optional> <string> <variant> <vector> ${ARGN})
endfunction()
function(dockhost_test_flags name)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O0>)
  if(ARGN)
    target_precompile_headers(${name} REUSE_FROM ${ARGN})
  else()
    target_precompile_headers(${name} REUSE_FROM dockhost_test_support)
  endif()
endfunction()

# dockhost_test(NAME LABEL unit|engine|e2e SOURCES... LINKS... [HEADERS_OF ...]): one GoogleTest program, its cases found by ctest.
function(dockhost_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT;HEADERS_OF" "SOURCES;LINKS;ENVIRONMENT" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE dockhost_flags ${arg_LINKS} GTest::gmock GTest::gtest_main)
  dockhost_test_flags(${name} ${arg_HEADERS_OF})
  # One target per label (dockhost_unit_tests, ...): the sanitizer build needs the unit tests only.
  if(NOT TARGET dockhost_${arg_LABEL}_tests)
    add_custom_target(dockhost_${arg_LABEL}_tests)
  endif()
  add_dependencies(dockhost_${arg_LABEL}_tests ${name})
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
