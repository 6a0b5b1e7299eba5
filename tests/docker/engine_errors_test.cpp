// SPDX-License-Identifier: MIT
#include "docker/engine_errors.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace dockhost::docker {
namespace {

struct status_row {
  call_kind kind;
  int status;
  const char* message;
  engine_errc code;
};

const status_row by_status[] = {
    {call_kind::create, 400, "invalid reference format", engine_errc::bad_request},
    {call_kind::create, 404, "No such image: a:1", engine_errc::no_such_image},
    {call_kind::create, 409, "Conflict. The container name \"/a\" is already in use",
     engine_errc::name_taken},
    {call_kind::create, 500, "the container name \"a\" is already in use by 12ab",
     engine_errc::name_taken},
    {call_kind::create, 500, "no space left on device", engine_errc::failed},
    {call_kind::inspect, 404, "No such container: a", engine_errc::not_found},
    {call_kind::start, 404, "No such container: a", engine_errc::not_found},
    {call_kind::start, 404, "network dockhost not found", engine_errc::failed},
    {call_kind::start, 409, "cannot start a paused container, try unpause instead",
     engine_errc::conflict},
    // The engine's own table; another process; an address that isn't ours (Docker 20.10 to 27).
    {call_kind::start, 500,
     "driver failed programming external connectivity on endpoint a (1f): Bind for 0.0.0.0:8080 "
     "failed: port is already allocated",
     engine_errc::port_taken},
    {call_kind::start, 500,
     "driver failed programming external connectivity on endpoint a (1f): Error starting userland "
     "proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
     engine_errc::port_taken},
    {call_kind::start, 500,
     "Error starting userland proxy: listen tcp4 10.9.8.7:80: bind: cannot assign requested "
     "address",
     engine_errc::port_taken},
    // Docker 28.
    {call_kind::start, 500,
     "failed to set up container networking: driver failed programming external connectivity: "
     "failed to bind host port 0.0.0.0:8080/tcp: address already in use",
     engine_errc::port_taken},
    // Docker Desktop, Podman.
    {call_kind::start, 500,
     "Ports are not available: exposing port TCP 0.0.0.0:80 -> 127.0.0.1:0: listen tcp",
     engine_errc::port_taken},
    {call_kind::start, 500, "rootlessport listen tcp 0.0.0.0:8080: bind: address already in use",
     engine_errc::port_taken},
    {call_kind::start, 500, "Failed to bind port 8080 (Address already in use) for option '-t'",
     engine_errc::port_taken},
    // The same words about something else than a start.
    {call_kind::create, 500, "address already in use", engine_errc::failed},
    {call_kind::remove, 409, "removal of container a is already in progress",
     engine_errc::conflict},
    {call_kind::pull, 401, "unauthorized", engine_errc::no_such_image},
    {call_kind::pull, 404, "pull access denied for a, repository does not exist",
     engine_errc::no_such_image},
    {call_kind::pull, 500, "Get \"https://registry/v2/\": dial tcp: lookup registry: no such host",
     engine_errc::failed},
    {call_kind::list, 503, "", engine_errc::failed},
};

TEST(engine_errors, a_status_and_its_call_give_the_code) {
  for (const auto& row : by_status) {
    const auto e = error_from_status(row.kind, row.status, row.message);
    EXPECT_EQ(to_string(e.code), to_string(row.code)) << row.status << " " << row.message;
    EXPECT_FALSE(e.message.empty());
  }
}

struct cli_row {
  call_kind kind;
  const char* text;
  engine_errc code;
  const char* message;
};

const cli_row by_text[] = {
    {call_kind::list,
     "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?\n",
     engine_errc::unreachable,
     "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?"},
    {call_kind::start, "error during connect: Post \"http://x/start\": EOF\n",
     engine_errc::unreachable, "error during connect: Post \"http://x/start\": EOF"},
    {call_kind::inspect, "Error: No such container: a\n", engine_errc::not_found,
     "No such container: a"},
    {call_kind::inspect, "error: no such object: a\n", engine_errc::not_found, nullptr},
    {call_kind::stop, "Error response from daemon: No such container: a\n", engine_errc::not_found,
     "No such container: a"},
    {call_kind::get_archive,
     "Error response from daemon: Could not find the file /x in container a\n",
     engine_errc::not_found, nullptr},
    {call_kind::create, "Error: No such image: a:1\n", engine_errc::no_such_image, nullptr},
    {call_kind::has_image, "Error response from daemon: No such image: a:1\n",
     engine_errc::no_such_image, nullptr},
    {call_kind::create,
     "docker: Error response from daemon: Conflict. The container name \"/a\" is already in use by "
     "container \"12\". You have to remove (or rename) that container.\nSee 'docker run --help'.\n",
     engine_errc::name_taken, nullptr},
    {call_kind::start,
     "Error response from daemon: driver failed: Bind for 0.0.0.0:1 failed: port is already "
     "allocated\nError: failed to start containers: a\n",
     engine_errc::port_taken, nullptr},
    {call_kind::start,
     "Error response from daemon: network dockhost not found\nError: failed to start containers\n",
     engine_errc::failed, nullptr},
    {call_kind::pause, "Error response from daemon: Container a is not running\n",
     engine_errc::conflict, nullptr},
    {call_kind::create,
     "Error response from daemon: Invalid container name (x), only [a-zA-Z0-9] are allowed\n",
     engine_errc::bad_request, nullptr},
    // The daemon's own connection to a registry is not our connection to the daemon.
    {call_kind::pull,
     "Error response from daemon: Get \"https://r/v2/\": dial tcp 127.0.0.1:443: connect: "
     "connection refused\n",
     engine_errc::failed, nullptr},
    {call_kind::pull, "Error response from daemon: manifest for a:1 not found: manifest unknown\n",
     engine_errc::no_such_image, nullptr},
    {call_kind::stop, "", engine_errc::failed, nullptr},
};

TEST(engine_errors, the_docker_programs_words_give_the_code) {
  for (const auto& row : by_text) {
    const auto e = error_from_cli(row.kind, row.text);
    EXPECT_EQ(to_string(e.code), to_string(row.code)) << row.text;
    EXPECT_FALSE(e.message.empty());
    if (row.message) {
      EXPECT_EQ(e.message, row.message);
    }
  }
}

TEST(engine_errors, an_error_inside_a_pulls_stream_is_told_apart) {
  EXPECT_EQ(error_from_pull_stream("manifest unknown: no such tag").code,
            engine_errc::no_such_image);
  EXPECT_EQ(error_from_pull_stream("unexpected EOF").code, engine_errc::failed);
}

} // namespace
} // namespace dockhost::docker
