// SPDX-License-Identifier: MIT
// The looking half of the doctor: all its I/O, each piece with a deadline.
#pragma once

#include "apps/doctor.hpp"
#include "docker/engine.hpp"
#include "net/io_thread.hpp"

#include <chrono>

namespace dockhost::apps {

/// Everything about this machine itself: memory, disk, ports, folders, identity, key.
void gather_machine(doctor_facts& facts);

/// Asks the engine what it is and whether it has the image; at most twice `timeout`.
void gather_engine(doctor_facts& facts, docker::engine& engine, std::chrono::milliseconds timeout);

/// Whether the engine's socket is there and open to this user. Sets the address too.
void gather_engine_socket(doctor_facts& facts);

/// Asks the main server for an Engine.IO handshake, without a key.
void gather_server(doctor_facts& facts, net::io_thread& io, std::chrono::milliseconds timeout);

} // namespace dockhost::apps
