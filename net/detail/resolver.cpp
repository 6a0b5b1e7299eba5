// SPDX-License-Identifier: MIT
#include "net/detail/resolver.hpp"

#include "net/detail/guard.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <netdb.h>
#include <signal.h>

#include <cstring>
#include <memory>
#include <system_error>

namespace dockhost::net::detail {

namespace {

using answer = net_result<std::vector<socket_endpoint>>;
using done_fn = std::function<void(answer)>;

constexpr int most_lookups = 16;
std::atomic<int> lookups{0};

/// The code's name as Node prints it where it has one for it.
std::string reason(int code) {
  switch (code) {
  case EAI_NONAME:
  case EAI_NODATA: return "ENOTFOUND";
  case EAI_AGAIN: return "EAI_AGAIN";
  default: return ::gai_strerror(code);
  }
}

answer look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY || code == EAI_NODATA) {
    // AI_ADDRCONFIG doesn't count loopback: without a network, "localhost" would have no address.
    hints.ai_flags = 0;
    code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  }
  if (code != 0)
    return fail(net_error{net_errc::resolve, "getaddrinfo " + reason(code) + " " + host});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::vector<socket_endpoint> all;
  for (const addrinfo* a = list.get(); a; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
    asio::ip::tcp::endpoint e;
    if (a->ai_addrlen > e.capacity()) continue;
    std::memcpy(e.data(), a->ai_addr, a->ai_addrlen);
    e.resize(a->ai_addrlen);
    e.port(port);
    all.emplace_back(e);
  }
  if (all.empty()) return fail(net_error{net_errc::resolve, "getaddrinfo ENOTFOUND " + host});
  return all;
}

void look_up_and_tell(const std::shared_ptr<io_gate>& gate, const std::string& host,
                      std::uint16_t port, done_fn done) {
  answer found = look_up(host, port);
  --lookups;
  const std::scoped_lock lock(gate->mutex);
  if (!gate->ctx) return;
  asio::post(*gate->ctx,
             [d = std::move(done), f = std::move(found)]() mutable { guarded(d, std::move(f)); });
}

void refuse(io_thread::impl& io, done_fn done, std::string why) {
  asio::post(io.ctx, [d = std::move(done), w = std::move(why)]() mutable {
    guarded(d, answer(fail(net_error{net_errc::resolve, std::move(w)})));
  });
}

} // namespace

void resolve(io_thread::impl& io, const std::string& host, std::uint16_t port, done_fn done) {
  if (++lookups > most_lookups) {
    --lookups;
    refuse(io, std::move(done), "getaddrinfo " + host + ": too many look-ups are under way");
    return;
  }
  try {
    // Threads inherit the mask of the io thread, which has every signal blocked.
    std::thread([gate = io.gate, host, port, done]() mutable {
      try {
        look_up_and_tell(gate, host, port, std::move(done));
      } catch (...) {
        report_exception();
      }
    }).detach();
  } catch (const std::system_error& e) {
    --lookups;
    refuse(io, std::move(done), "getaddrinfo " + host + ": " + e.what());
  }
}

} // namespace dockhost::net::detail
