// SPDX-License-Identifier: MIT
#include "actors/link/socketio_driver.hpp"

#include "actors/link/socketio_session.hpp"

namespace dockhost::actors {

socketio_driver::socketio_driver(net::io_thread& io, net::endpoint server,
                                 socketio_driver_options options, socketio_driver_handlers handlers)
    : io_(io), max_calls_(options.max_calls),
      session_(std::make_shared<session>(io, std::move(server), std::move(options),
                                         std::move(handlers))) {
  io_.post([s = session_] { s->start(); });
}

socketio_driver::~socketio_driver() {
  session_->gate.shut();
  io_.post([s = std::move(session_)] { s->drop(); });
}

/// The count bounds what an owner can pile up while the io thread is busy.
bool socketio_driver::call(std::function<void(session&)> fn) {
  if (session_->waiting_calls.fetch_add(1) >= max_calls_) {
    session_->waiting_calls.fetch_sub(1);
    return false;
  }
  io_.post([s = session_, fn = std::move(fn)] {
    s->waiting_calls.fetch_sub(1);
    if (!s->gate.is_shut()) fn(*s);
  });
  return true;
}

bool socketio_driver::emit(std::string name, json::array args, std::vector<std::string> attachments,
                           sent_fn done) {
  return call([name = std::move(name), args = std::move(args), bytes = std::move(attachments),
               done = std::move(done)](session& s) mutable {
    s.emit(name, std::move(args), std::move(bytes), done);
  });
}

bool socketio_driver::emit_with_ack(std::string name, json::array args,
                                    std::vector<std::string> attachments,
                                    std::chrono::milliseconds timeout, answer_fn answer) {
  return call([name = std::move(name), args = std::move(args), bytes = std::move(attachments),
               timeout, answer = std::move(answer)](session& s) mutable {
    s.emit_with_ack(name, std::move(args), std::move(bytes), timeout, std::move(answer));
  });
}

bool socketio_driver::acknowledge(std::uint64_t ack_id, json::array args,
                                  std::vector<std::string> attachments, sent_fn done) {
  return call([ack_id, args = std::move(args), bytes = std::move(attachments),
               done = std::move(done)](session& s) mutable {
    s.acknowledge(ack_id, std::move(args), std::move(bytes), done);
  });
}

socketio_bulk socketio_driver::bulk() const {
  return {session_->bulk, [io = &io_, weak = std::weak_ptr(session_)](socketio_bulk::packet what) {
            io->post([weak, w = std::move(what)]() mutable {
              if (const auto s = weak.lock(); s && !s->gate.is_shut()) s->add_bulk(std::move(w));
            });
          }};
}

bool socketio_driver::close() {
  return call([](session& s) { s.close(); });
}

} // namespace dockhost::actors
