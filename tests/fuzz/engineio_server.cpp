// SPDX-License-Identifier: MIT
// The server's Engine.IO machine. The input: a byte of options, then steps (a byte each, with what
// they need behind it).
#include "protocol/engineio_server.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace dockhost::fuzz {
namespace {

namespace engineio = protocol::engineio;
namespace server = protocol::engineio::server;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>; // clang before 17 does not deduce it

/// A message and its kind, as one text.
std::string text_of(bool binary, std::string_view data) {
  return (binary ? "b:" : "t:") + std::string(data);
}

/// The messages of a payload, up to where it is none.
std::vector<std::string> messages_of(std::string_view payload, bool* sound = nullptr) {
  std::vector<std::string> out;
  for (engineio::payload_reader reader(payload);;) {
    auto next = reader.next();
    if (sound != nullptr) *sound = next.ok();
    if (!next || !*next) return out;
    if ((*next)->type == engineio::packet_type::message)
      out.push_back(text_of((*next)->binary, (*next)->data));
  }
}

/// The machine, and what its owner knows of it.
class owner {
public:
  explicit owner(std::uint8_t flags) {
    options_.upgrades = (flags & 2) != 0;
    options_.max_payload = (flags & 4) != 0 ? 40 : 100'000;
    if ((flags & 1) != 0) {
      sockets_.insert(++last_id_);
      session_.begin_websocket(last_id_, now_);
    } else {
      session_.begin_polling(open_request(), now_);
    }
    drain();
  }

  void step(input& in) {
    expected_.clear();
    const auto what = in.byte();
    switch (what % 15) {
    case 0: session_.get(open_request(), now_); break;
    case 1:
      post_ = open_request();
      session_.post_begun(post_, what >= 240, now_);
      break;
    case 2: post(std::string(in.piece())); break;
    case 3: session_.post_too_large(post_); break;
    case 4: gone(in.byte()); break;
    case 5: session_.other_request(open_request()); break;
    case 6:
      sockets_.insert(++last_id_);
      session_.another_websocket(last_id_, now_);
      break;
    case 7: {
      const auto socket = in.byte();
      const auto frame = in.piece();
      if (frame.starts_with('4')) expected_ = {text_of(false, frame.substr(1))};
      session_.websocket_text(socket, frame, now_);
      break;
    }
    case 8: {
      const auto socket = in.byte();
      const auto bytes = in.piece();
      expected_ = {text_of(true, bytes)};
      session_.websocket_binary(socket, bytes, now_);
      break;
    }
    case 9: {
      const auto socket = in.byte();
      sockets_.erase(socket);
      session_.websocket_closed(socket, now_);
      break;
    }
    case 10:
      now_ += std::chrono::milliseconds(100) * in.byte();
      session_.tick(now_);
      break;
    case 11: send(in); break;
    case 12: session_.close(static_cast<server::end_reason>(in.byte() % 10), now_); break;
    case 13: session_.drop(server::end_reason::overflow); break;
    case 14: { // much of the same, in one POST
      std::string body;
      const auto piece = in.piece();
      for (int copies = in.byte(); copies > 0; --copies)
        body.append(piece).push_back('\x1e');
      post(body + '6');
      break;
    }
    }
    drain();
  }

  void finish() {
    session_.drop(server::end_reason::shutdown);
    drain();
    require(closed_, "a dropped session is closed");
    require(requests_.empty(), "every request is answered");
    require(!session_.deadline(), "a closed session waits for nothing");
  }

private:
  server::request_id open_request() {
    requests_.insert(++last_id_);
    return last_id_;
  }

  void post(std::string body) {
    expected_ = messages_of(body);
    session_.post_body(post_, std::move(body), now_);
  }

  void gone(std::uint8_t which) {
    if (requests_.empty()) return;
    auto at = requests_.begin();
    std::advance(at, which % requests_.size());
    const auto id = *at;
    requests_.erase(at);
    session_.request_gone(id, now_);
  }

  void send(input& in) {
    auto text = '4' + std::string(in.piece());
    std::ranges::replace(text, '\x1e', ' '); // JSON holds none
    server::outgoing what{text, {}};
    for (int count = in.byte() % 3; count > 0; --count)
      what.attachments.emplace_back(in.piece());
    if (session_.is_open()) {
      sent_.push_back(text_of(false, text.substr(1)));
      for (const auto& bytes : what.attachments)
        sent_.push_back(text_of(true, bytes));
    }
    session_.send(std::make_shared<const server::outgoing>(std::move(what)));
  }

  void drain() {
    const bool was_closed = closed_;
    std::size_t heard = 0;
    while (auto next = session_.next()) {
      std::visit(overloaded{
                     [&](const server::answer& a) { on_answer(a, was_closed); },
                     [&](const server::send_frames& s) {
                       require(!closed_ && sockets_.contains(s.to), "frames for a socket there is");
                       if (s.what->text.starts_with('4'))
                         deliver(text_of(false, s.what->text.substr(1)));
                       for (const auto& bytes : s.what->attachments)
                         deliver(text_of(true, bytes));
                     },
                     [&](const server::close_socket& c) {
                       require(sockets_.erase(c.which) == 1, "a socket is closed once");
                     },
                     [&](const server::message& m) {
                       require(!closed_, "no message after the end");
                       require(heard < expected_.size() &&
                                   expected_[heard] == text_of(m.binary, m.data),
                               "messages come as they were sent");
                       ++heard;
                     },
                     [&](const server::upgraded&) {
                       require(!closed_ && !upgraded_, "one upgrade");
                       upgraded_ = true;
                     },
                     [&](const server::closed&) {
                       require(!closed_, "one end");
                       closed_ = true;
                     },
                 },
                 *next);
    }
    require(closed_ == session_.is_closed(), "the end is told");
    require(closed_ || session_.deadline().has_value(), "a session has a deadline");
    if (closed_ || session_.now_on() == server::transport::websocket)
      require(session_.queued_bytes() == 0, "nothing stays behind");
  }

  void on_answer(const server::answer& a, bool was_closed) {
    require(requests_.erase(a.to) == 1, "a request that waits is answered, once");
    if (a.kind == server::answer_kind::refused) {
      require(a.status >= 400 && a.body.empty(), "a refusal is one");
      return;
    }
    require(!was_closed && a.status == 200, "a closed session refuses");
    if (a.kind != server::answer_kind::packets) return;
    bool sound = false;
    for (auto& message : messages_of(a.body, &sound))
      deliver(std::move(message));
    require(sound, "an answer is a payload");
  }

  void deliver(std::string message) {
    require(delivered_ < sent_.size() && sent_[delivered_] == message,
            "what is sent goes out in order, once");
    ++delivered_;
  }

  server::options options_;
  server::time_point now_{std::chrono::hours(1)};
  server::session session_{options_, "sid"};
  std::uint32_t last_id_ = 0;
  server::request_id post_ = 0;
  std::set<server::request_id> requests_; ///< not answered yet
  std::set<server::socket_id> sockets_;   ///< open
  std::vector<std::string> expected_;     ///< messages that this step may bring
  std::vector<std::string> sent_;
  std::size_t delivered_ = 0; ///< of sent_
  bool upgraded_ = false;
  bool closed_ = false;
};

} // namespace

void engineio_server(std::string_view bytes) {
  input in(bytes);
  owner all(in.byte());
  while (!in.at_end())
    all.step(in);
  all.finish();
}

} // namespace dockhost::fuzz
