// SPDX-License-Identifier: MIT
#include "apps/node_live.hpp"

#include "apps/dashboard_files.hpp"
#include "platform/log.hpp"

#include <memory>
#include <utility>

namespace dockhost::apps {

namespace {

using platform::log_level;

constexpr const char* component = "live";

void note(const net::server_note& n) {
  platform::log(n.serious ? log_level::warn : log_level::debug, component,
                "live." + std::string(n.event), n.text, {{"from", std::string(n.address)}});
}

net::http_server_limits limits_of(const live_settings& config) {
  net::http_server_limits out;
  out.max_connections = static_cast<std::size_t>(config.max_clients) + 64;
  out.max_connections_per_address = static_cast<std::size_t>(config.max_clients_per_address);
  return out;
}

class door final : public actors::live_door {
public:
  door(net::io_thread& io, const live_settings& config, actors::live_request_fn on_request)
      : server_(io, limits_of(config), {std::move(on_request), note}) {}

  basic_result<std::uint16_t, std::string> open(const live_settings& config) {
    net::listen_options where;
    where.address = config.address;
    where.port = static_cast<std::uint16_t>(config.port);
    if (!config.cert_file.empty())
      where.tls = net::server_tls_options{config.cert_file, config.key_file};
    return server_.listen(where);
  }

  void shut(std::function<void()> done) override { server_.stop(std::move(done)); }
  [[nodiscard]] net::http_server_stats stats() const override { return server_.stats(); }

private:
  net::http_server server_;
};

std::string url_of(const live_settings& config, std::uint16_t port) {
  const bool v6 = config.address.find(':') != std::string::npos;
  return (config.cert_file.empty() ? "http://" : "https://") +
         (v6 ? "[" + config.address + "]" : config.address) + ":" + std::to_string(port) + "/";
}

} // namespace

void serve_live_view(actors::environment& env, const live_settings& config, net::io_thread& io) {
  env.io = &io;
  env.serve_file = [files = std::make_shared<const dashboard_files>(config.path)](
                       const std::shared_ptr<net::http_exchange>& exchange) {
    auto answer = files->answer(exchange->request());
    return answer && exchange->respond(std::move(*answer));
  };
  env.open_door = [&io, config](actors::live_request_fn on_request)
      -> basic_result<std::unique_ptr<actors::live_door>, std::string> {
    auto made = std::make_unique<door>(io, config, std::move(on_request));
    const auto port = made->open(config);
    if (!port) return fail(port.err());
    const auto url = url_of(config, *port);
    platform::log(log_level::info, component, "live.listening", "the live view is at " + url,
                  {{"url", url}, {"tokens", std::to_string(config.tokens.size())}});
    return std::unique_ptr<actors::live_door>(std::move(made));
  };
}

} // namespace dockhost::apps
