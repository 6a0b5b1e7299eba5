// SPDX-License-Identifier: MIT
#pragma once

#include "actors/live/http_body.hpp"
#include "core/executor.hpp"
#include "net/http_server_exchange.hpp"

#include <memory>
#include <utility>

namespace dockhost::actors {

/// The answer to an HTTP request, for any thread: what net hands out stays on the io thread. Given
/// up without an answer, the peer gets a 500.
class http_answer {
public:
  http_answer() = default;
  http_answer(executor& io, std::shared_ptr<net::http_exchange> exchange)
      : held_(std::make_shared<holder>(io, std::move(exchange))) {}

  /// Once; what follows is ignored.
  void operator()(net::server_response response) const {
    if (!held_) return;
    held_->io.post([exchange = held_->exchange,
                    response = std::make_shared<net::server_response>(std::move(response))] {
      exchange->respond(std::move(*response));
    });
  }

  /// Instead: an answer that is made bit by bit. Not for one that is empty.
  [[nodiscard]] std::unique_ptr<http_body> begin(http_body_handlers handlers) const {
    return std::make_unique<http_body>(held_->io, held_->exchange, std::move(handlers));
  }

private:
  struct holder {
    holder(executor& e, std::shared_ptr<net::http_exchange> x) : io(e), exchange(std::move(x)) {}
    ~holder() {
      io.post([last = std::move(exchange)] {});
    }
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;

    executor& io;
    std::shared_ptr<net::http_exchange> exchange;
  };

  std::shared_ptr<holder> held_;
};

} // namespace dockhost::actors
