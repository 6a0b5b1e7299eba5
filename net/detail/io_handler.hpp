// SPDX-License-Identifier: MIT
// A move-only completion handler of any type behind one type, so that socket operations are
// compiled once and not once per caller (Asio's own any_completion_handler came after 1.81).
#pragma once

#include "net/detail/asio_types.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace dockhost::net::detail {

class io_handler {
public:
  template <class Fn>
  requires(!std::is_same_v<std::decay_t<Fn>, io_handler>) explicit io_handler(Fn&& fn)
      : body_(std::make_unique<model<std::decay_t<Fn>>>(std::forward<Fn>(fn))) {}

  /// Once. The handler's memory is free again before the handler runs.
  void operator()(error_code ec, std::size_t bytes = 0) {
    const auto body = std::move(body_);
    body->call(ec, bytes);
  }

private:
  struct base {
    virtual ~base() = default;
    virtual void call(error_code ec, std::size_t bytes) = 0;
  };
  template <class Fn>
  struct model final : base {
    explicit model(Fn&& f) : fn(std::move(f)) {}
    explicit model(const Fn& f) : fn(f) {}
    void call(error_code ec, std::size_t bytes) override {
      auto f = std::move(fn);
      f(ec, bytes);
    }
    Fn fn;
  };

  std::unique_ptr<base> body_;
};

} // namespace dockhost::net::detail
