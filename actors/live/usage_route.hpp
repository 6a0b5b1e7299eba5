// SPDX-License-Identifier: MIT
// Where one run of a local engine's container is looked at: in this machine's files, or, where
// these can't be read although it runs, at the engine. That is so with engines in a virtual
// machine or another user's namespaces, with a /proc that hides other users' processes, and with a
// node in a container that has no /sys/fs/cgroup. Pure; time comes from outside.
#pragma once

#include <chrono>
#include <cstdint>

namespace dockhost::actors {

/// A container that has ended can't be read either, and the engine is not to be asked for it: so
/// files that give nothing mean that they can't be read only where the engine has named the process
/// since they last gave something.
class usage_route {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// From then on they are tried again: somebody may have mended what kept them away.
  static constexpr std::chrono::seconds files_again{60};

  /// Whether the next look is at the files; else at the engine.
  [[nodiscard]] bool by_files() const { return !by_engine_ || named_; }
  /// Whether the files are given up, until they have given something again.
  [[nodiscard]] bool by_engine() const { return by_engine_; }
  /// Whether the engine should be asked for the process, so that the files can be tried again.
  [[nodiscard]] bool wants_process(time_point now) const {
    return by_engine_ && !named_ && now >= again_;
  }

  /// The engine has just said that the container runs, with this process; 0: it names none.
  void process_named(std::int64_t pid, time_point now);
  /// The engine did not say so.
  void process_unknown(time_point now) { again_ = now + files_again; }

  /// Files or engine gave figures. True: these are of another source than the ones before, and
  /// can't be compared with them.
  [[nodiscard]] bool read(bool from_files);

  enum class miss {
    ask_process, ///< perhaps it has ended, or was started anew
    ask_engine,  ///< it runs: they can't be read
  };
  /// The files gave nothing.
  [[nodiscard]] miss files_missed(time_point now);

private:
  bool by_engine_ = false;
  bool named_ = false; ///< since the files last gave something, or were last given up
  bool last_from_files_ = true;
  time_point again_; ///< while by_engine_
};

} // namespace dockhost::actors
