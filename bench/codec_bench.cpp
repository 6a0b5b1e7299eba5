// SPDX-License-Identifier: MIT
// Socket.IO packets per second and bytes per second, each way, from Engine.IO frame to value.
#include "bench/measure.hpp"
#include "protocol/socketio_codec.hpp"

namespace {

namespace json = dockhost::json;
namespace engineio = dockhost::protocol::engineio;
namespace socketio = dockhost::protocol::socketio;
using dockhost::bench::prove;

constexpr int many_containers = 200;
constexpr std::size_t attachment_size = 64 * 1024;
constexpr benchmark::IterationCount batch = 64;

json::value container(int number) {
  return json::object{{"container_id", std::string(64, 'a')},
                      {"name", "dockhost-user" + std::to_string(number)},
                      {"image", "sohampirale/instance:latest"},
                      {"status", "running"},
                      {"state", "running"},
                      {"ports", "1024->22/tcp, 1025->80/tcp, 1026->443/tcp"},
                      {"created", "2024-01-02T03:04:05.000000+00:00"}};
}

socketio::packet command() {
  socketio::packet p;
  p.id = 17;
  p.data = json::array{"create-container",
                       json::object{{"username", "ada"},
                                    {"sshPublicKey", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" +
                                                         std::string(43, 'x') + " ada@home"},
                                    {"requestId", "5f0c2f0e-8d6a-4f3f-9a55-0d1c2b3a4f5e"},
                                    {"startingPort", 1024}}};
  return p;
}

socketio::packet check() {
  socketio::packet p;
  p.data = json::array{"check_if_container_running", json::object{{"USERNAME", "ada"}}};
  return p;
}

socketio::packet state_report() {
  json::array containers;
  for (int i = 0; i < many_containers; ++i)
    containers.push_back(container(i));
  socketio::packet p;
  p.data = json::array{"initial_state", json::object{{"containers", std::move(containers)}}};
  return p;
}

socketio::packet binary_log() {
  socketio::packet p;
  p.data = json::array{"log_update", json::object{{"container_id", std::string(64, 'a')},
                                                  {"log", socketio::placeholder(0)}}};
  p.attachments = {std::string(attachment_size, '\x07')};
  return p;
}

std::size_t size_of(const socketio::encoded_packet& encoded) {
  auto bytes = engineio::encode_text(engineio::packet_type::message, encoded.text).size();
  for (const auto& each : encoded.attachments)
    bytes += each.size();
  return bytes;
}

bool same(const socketio::packet& a, const socketio::packet& b) {
  return a.type == b.type && a.nsp == b.nsp && a.id == b.id && a.data == b.data &&
         a.attachments == b.attachments;
}

/// The packet that a frame and what follows it carry; nothing on any error.
std::optional<socketio::packet> read(socketio::decoder& decoder, const std::string& frame,
                                     const std::vector<std::string>& attachments) {
  const auto outer = engineio::decode_text(frame);
  if (!outer.ok()) return std::nullopt;
  auto packet = decoder.text(outer->data);
  for (const auto& each : attachments) {
    if (!packet.ok()) return std::nullopt;
    packet = decoder.binary(each);
  }
  if (!packet.ok()) return std::nullopt;
  return std::move(packet).value();
}

void encode(benchmark::State& state, socketio::packet (*make)()) {
  const auto packet = make();
  const auto expected = socketio::encode(packet);
  prove(expected.ok(), "the packet can be encoded");
  const auto bytes = size_of(*expected);
  std::size_t written = 0;
  while (state.KeepRunningBatch(batch)) {
    // The codec takes its packet by value, and the node moves it in: the copying is not the
    // codec's, and stopping the clock for each would cost more than a packet.
    state.PauseTiming();
    std::vector<socketio::packet> packets(static_cast<std::size_t>(batch), packet);
    state.ResumeTiming();
    for (auto& each : packets) {
      const auto encoded = socketio::encode(std::move(each));
      auto frame = engineio::encode_text(engineio::packet_type::message, encoded->text);
      benchmark::DoNotOptimize(frame);
      written += frame.size();
      for (const auto& attachment : encoded->attachments)
        written += attachment.size();
    }
  }
  prove(written == bytes * static_cast<std::size_t>(state.iterations()), "every byte was written");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(written));
  state.counters["packet_bytes"] = static_cast<double>(bytes);
}

void decode(benchmark::State& state, socketio::packet (*make)()) {
  const auto packet = make();
  const auto encoded = socketio::encode(packet);
  prove(encoded.ok(), "the packet can be encoded");
  const auto frame = engineio::encode_text(engineio::packet_type::message, encoded->text);
  const auto bytes = size_of(*encoded);
  socketio::decoder decoder;
  const auto first = read(decoder, frame, encoded->attachments);
  prove(first && same(*first, packet), "what is read is what was written");
  std::int64_t whole = 0;
  for (auto _ : state) {
    auto got = read(decoder, frame, encoded->attachments);
    benchmark::DoNotOptimize(got);
    if (got) ++whole;
  }
  prove(whole == state.iterations(), "every packet was read");
  state.SetItemsProcessed(whole);
  state.SetBytesProcessed(whole * static_cast<std::int64_t>(bytes));
  state.counters["packet_bytes"] = static_cast<double>(bytes);
}

BENCHMARK_CAPTURE(encode, check, check);
BENCHMARK_CAPTURE(encode, command, command);
BENCHMARK_CAPTURE(encode, state_of_200, state_report);
BENCHMARK_CAPTURE(encode, binary_64KiB, binary_log);
BENCHMARK_CAPTURE(decode, check, check);
BENCHMARK_CAPTURE(decode, command, command);
BENCHMARK_CAPTURE(decode, state_of_200, state_report);
BENCHMARK_CAPTURE(decode, binary_64KiB, binary_log);

} // namespace
