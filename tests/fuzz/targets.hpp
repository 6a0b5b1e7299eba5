// SPDX-License-Identifier: MIT
// Every fuzz target: libFuzzer runs them (libfuzzer_main.cpp), and a unit test gives each its
// committed corpus (corpus_test.cpp).
#pragma once

#include <string_view>

namespace dockhost::fuzz {

void engineio_payload(std::string_view bytes);
void engineio_server(std::string_view bytes);
void socketio_packet(std::string_view bytes);
void socketio_client(std::string_view bytes);
void socketio_server(std::string_view bytes);
void log_frames(std::string_view bytes);
void log_long(std::string_view bytes);
void engine_stream(std::string_view bytes);
void live_request(std::string_view bytes);
void http_request(std::string_view bytes);
void http_target(std::string_view bytes);
void websocket_frames(std::string_view bytes);
void deflate(std::string_view bytes);

} // namespace dockhost::fuzz
