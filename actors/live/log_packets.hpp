// SPDX-License-Identifier: MIT
// The packets of a log stream (PROTOCOL part 2), encoded once for all who get the same.
#pragma once

#include "core/log_options.hpp"
#include "core/log_pace.hpp"
#include "protocol/engineio_server.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dockhost::actors {

using log_packet = protocol::engineio::server::shared_outgoing;

/// Lines of one log_update, appended as they come.
class log_update_builder {
public:
  log_update_builder(std::string spelling, log_encoding encoding, bool timestamps);

  /// `time` as the engine wrote it; any bytes as the text.
  void add(std::string_view time, std::string_view text);
  [[nodiscard]] bool empty() const { return lines_ == 0; }
  [[nodiscard]] std::size_t lines() const { return lines_; }
  /// Of the lines themselves, each with its end: what a gap counts.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Of the packet, nearly.
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  /// The packet; the builder is empty afterwards. Null where there is nothing in it.
  [[nodiscard]] log_packet take();

private:
  const std::string spelling_;
  const std::string head_; ///< "{"container_id":"...","log":"
  const log_encoding encoding_;
  const bool timestamps_;
  std::string text_; ///< the packet's arguments so far, or the attachment
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
};

/// Without a loss, lines and bytes are null: nobody knows.
[[nodiscard]] log_packet encode_log_gap(const std::string& spelling,
                                        const std::optional<log_loss>& loss, log_gap_reason reason);
[[nodiscard]] log_packet encode_log_stopped(const std::string& spelling, std::string_view message,
                                            std::string_view reason);

} // namespace dockhost::actors
