// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::docker {

/// The files of one simulated container, above the image's, which all containers share.
class simulated_files {
public:
  struct node {
    bool directory = false;
    std::uint32_t mode = 0;
    std::string content;
  };
  using tree = std::map<std::string, node, std::less<>>; ///< by path without a leading slash

  explicit simulated_files(std::shared_ptr<const tree> image = nullptr)
      : image_(std::move(image)) {}

  /// Unpacks a tar archive. False when it isn't one; what came before the broken part is there.
  bool put(std::string_view tar);
  /// The file or folder (with what is in it) at the absolute `path`, as the engine names things: by
  /// the path's last part.
  [[nodiscard]] std::optional<std::string> get(std::string_view path) const;

private:
  [[nodiscard]] const node* find(std::string_view path) const;
  void add_folders_above(std::string_view path);

  std::shared_ptr<const tree> image_;
  tree own_;
};

/// What an image with OpenSSH has where a node looks: /etc/ssh/sshd_config with its Include, /root.
[[nodiscard]] std::shared_ptr<const simulated_files::tree> openssh_image_files();

} // namespace dockhost::docker
