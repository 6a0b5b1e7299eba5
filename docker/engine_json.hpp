// SPDX-License-Identifier: MIT
// The Engine API's JSON and our values. Pure; the docker program prints the same documents.
#pragma once

#include "docker/engine.hpp"

#include <optional>

namespace dockhost::docker {

// --- what we send
// ---------------------------------------------------------------------------------
[[nodiscard]] std::string encode_create(const container_spec& spec);
[[nodiscard]] std::string encode_network(const network_spec& spec);
/// The value of a `filters` parameter, not yet percent-encoded.
[[nodiscard]] std::string encode_list_filters(const list_filter& filter);
/// "1700000000.000000001", as `since` takes it.
[[nodiscard]] std::string encode_since(std::int64_t unix_nano);

// --- what we get; an error is `failed` and says what was wrong
// ------------------------------------
/// GET /containers/json, answered at `now_unix`.
[[nodiscard]] engine_result<std::vector<container_summary>> decode_list(std::string_view text,
                                                                        std::int64_t now_unix);
/// GET /containers/{id}/json.
[[nodiscard]] engine_result<container_details> decode_details(std::string_view text);
/// The `Id` of an answer.
[[nodiscard]] engine_result<std::string> decode_id(std::string_view text);
/// GET /info; `api_version`, `remote` and `published_host` are left to the caller.
[[nodiscard]] engine_result<engine_info> decode_info(std::string_view text);
/// GET /networks/{name}, of one that is there: isolated or open. A bridge without the option lets
/// its containers reach each other; of the other drivers only "null" (the network "none") can't.
[[nodiscard]] engine_result<network_effect> decode_network(std::string_view text);
/// The version agreed on, of what `docker version` prints; empty where it isn't told.
[[nodiscard]] std::string decode_client_api_version(std::string_view text);
/// The `message` of an error answer, or the text itself, cut to a readable length.
[[nodiscard]] std::string decode_message(std::string_view body);
/// One line of GET /events; nullopt where it is no event of a container, or broken.
[[nodiscard]] std::optional<container_event> decode_event(std::string_view line);

/// One line of POST /images/create: an error, or a text for a person (may be empty).
struct pull_line {
  std::optional<std::string> error;
  std::string text;
};
[[nodiscard]] pull_line decode_pull_line(std::string_view line);

/// What `list` would say of a container that was inspected.
[[nodiscard]] container_summary summarize(const container_details& details);

/// Exactly; nothing where the container neither runs nor is paused.
[[nodiscard]] start_time start_of(const container_details& details);

/// The order in which every engine gives ports: by container port, protocol, host address,
/// host port; "all
/// addresses" ("0.0.0.0" and "::", which the engine lists one by one) is one entry without address.
void normalize(std::vector<port_binding>& ports);

} // namespace dockhost::docker
