// SPDX-License-Identifier: MIT
#include "actors/live/http_body.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace dockhost::actors {

namespace {

/// Bytes that wait for the peer before no more are handed to it.
constexpr std::size_t mark = 256 * 1024;
/// A long line is handed over in pieces, so that net's own limit of a queue is never met.
constexpr std::size_t piece = 64 * 1024;

} // namespace

/// On the io thread only. The exchange holds it (on_gone) until the answer is in the kernel.
struct http_body::state : std::enable_shared_from_this<state> {
  std::shared_ptr<net::http_exchange> exchange;
  http_body_handlers handlers;
  std::shared_ptr<net::body_writer> writer;
  std::deque<net::shared_bytes> waiting;
  std::size_t credit = 0;
  bool finishing = false;
  bool pumping = false;

  void listen() {
    exchange->on_gone([self = shared_from_this()] { self->gone(); });
    if (exchange->gone()) gone();
  }

  void begin(int status, net::header_list headers) {
    if (!exchange) return;
    writer = exchange->respond_streaming(status, std::move(headers));
    if (!writer) return gone();
    writer->on_drained(mark, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
  }

  void write(std::string bytes, std::size_t of_credit) {
    if (!exchange) return;
    credit += of_credit;
    if (bytes.size() <= piece) {
      if (!bytes.empty()) waiting.push_back(net::share(std::move(bytes)));
    } else {
      for (std::size_t at = 0; at < bytes.size(); at += piece)
        waiting.push_back(net::share(bytes.substr(at, piece)));
    }
    pump();
  }

  void pump() {
    if (std::exchange(pumping, true)) return;
    while (writer && !waiting.empty() && writer->bytes_queued() <= mark) {
      if (!writer->write(std::move(waiting.front()))) {
        gone();
        break;
      }
      waiting.pop_front();
    }
    pumping = false;
    if (!writer || !waiting.empty() || writer->bytes_queued() > mark) return;
    if (finishing) {
      std::exchange(writer, nullptr)->finish();
      forget();
    } else if (const auto free = std::exchange(credit, 0); free > 0 && handlers.on_room) {
      handlers.on_room(free);
    }
  }

  void gone() {
    const auto fn = std::move(handlers.on_gone);
    forget();
    if (fn) fn();
  }

  void forget() {
    handlers = {};
    waiting.clear();
    writer.reset();
    exchange.reset();
  }
};

http_body::http_body(executor& io, std::shared_ptr<net::http_exchange> exchange,
                     http_body_handlers handlers)
    : io_(io), state_(std::make_shared<state>()) {
  state_->exchange = std::move(exchange);
  state_->handlers = std::move(handlers);
  io_.post([s = state_] { s->listen(); });
}

http_body::~http_body() {
  io_.post([s = std::move(state_)] {
    s->handlers = {};
    if (!s->finishing) s->forget();
  });
}

void http_body::begin(int status, net::header_list headers) {
  io_.post(
      [s = state_, status, h = std::move(headers)]() mutable { s->begin(status, std::move(h)); });
}

void http_body::write(std::string bytes, std::size_t credit) {
  io_.post([s = state_, b = std::make_shared<std::string>(std::move(bytes)), credit] {
    s->write(std::move(*b), credit);
  });
}

void http_body::finish() {
  io_.post([s = state_] {
    s->finishing = true;
    s->pump();
  });
}

} // namespace dockhost::actors
