// SPDX-License-Identifier: MIT
// What the live actor is told by its server on the io thread, and by itself.
#pragma once

#include "actors/link/socketio_namespace.hpp"
#include "actors/live/http_answer.hpp"
#include "actors/live/log_query.hpp"
#include "actors/live/messages.hpp"
#include "actors/live/outlet.hpp"
#include "core/settings.hpp"
#include "protocol/live_requests.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors {

/// A browser that was let in.
struct live_client {
  socketio_remote remote;
  std::string token; ///< its name; empty: none was needed
  live_role role = live_role::viewer;
  std::optional<std::int64_t> expires; ///< of its token, seconds since 1970
  bool compat = false;                 ///< wants container_state_changed, too
};
struct client_joined {
  live_client who;
};
/// A connection to the main server, which may ask for what browsers ask for (PROTOCOL part 1c): of
/// this node's own containers only, and without actions. States are the connection's to tell, and
/// refusals the acknowledgement's.
struct server_joined {
  std::string client; ///< until client_gone
  live_outlet_ptr to;
};
/// Less waits for it again.
struct client_drained {
  std::string client;
};
/// A change of state was too much for these: they are told the whole again, once they can take it.
struct clients_behind {
  std::vector<std::string> clients;
};
struct client_request {
  std::string client;
  std::string event;
  protocol::live_request what;
  socketio_ack ack;
};
enum class live_page { health, readiness, metrics, containers };
struct page_request {
  live_page page = live_page::health;
  net::header_list headers; ///< of every answer
  http_answer to;
};

/// GET /api/containers/{id}/logs.
struct log_page_request {
  log_query query;
  bool head = false;        ///< the headers are all that is wanted
  net::header_list headers; ///< of every answer
  http_answer to;
};

/// Ticks: a client's heartbeat or the end of its token; a batch of states; the server could not
/// listen.
struct live_due {
  std::uint64_t generation = 0;
};
struct live_batch_due {
  std::chrono::milliseconds batch{};
};
struct live_listen_due {};
struct live_inventory_due {};

/// Ends every browser's connection, and listens no more.
struct close_live {};
struct live_shut {};
struct live_closed {};

} // namespace dockhost::actors
