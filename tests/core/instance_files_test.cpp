// SPDX-License-Identifier: MIT
#include "core/instance_files.hpp"
#include "core/tar.hpp"

#include <gtest/gtest.h>

#include <map>

namespace dockhost {
namespace {

const std::string debian_config = "# comment\n"
                                  "Include /etc/ssh/sshd_config.d/*.conf\n"
                                  "\n"
                                  "#HostKey /etc/ssh/ssh_host_rsa_key\n"
                                  "KbdInteractiveAuthentication no\n"
                                  "UsePAM yes\n"
                                  "Subsystem sftp /usr/lib/openssh/sftp-server\n";

instance_files_input input_with(std::optional<std::string> config) {
  return {"ssh-ed25519 AAAA me", "PRIVATE\n", "ssh-ed25519 BBBB", std::move(config), 1'700'000'000};
}

std::map<std::string, tar_entry> unpack(const std::string& archive) {
  std::map<std::string, tar_entry> out;
  tar_reader in(archive);
  while (auto entry = in.next()) {
    EXPECT_EQ(entry->uid, 0U);
    EXPECT_EQ(entry->gid, 0U);
    out.emplace(entry->name, *entry);
  }
  return out;
}

bool is_prepended(const sshd_plan& plan) {
  return !plan.use_drop_in && plan.rewrite && plan.rewrite->starts_with("# >>> dockhost") &&
         plan.rewrite->find(sshd_settings()) != std::string::npos;
}

TEST(instance_files, archive_for_an_image_with_include) {
  const auto archive = instance_archive(input_with(debian_config));
  const auto files = unpack(archive);
  ASSERT_EQ(files.size(), 6U);
  const auto& folder = files.at("root/.ssh");
  EXPECT_EQ(folder.type, tar_type::directory);
  EXPECT_EQ(folder.mode, 0700U);
  const auto& keys = files.at("root/.ssh/authorized_keys");
  EXPECT_EQ(keys.mode, 0600U);
  EXPECT_EQ(keys.content, "ssh-ed25519 AAAA me\n");
  EXPECT_EQ(keys.mtime, 1'700'000'000);
  EXPECT_EQ(files.at("etc/ssh/dockhost_host_ed25519_key").mode, 0600U);
  EXPECT_EQ(files.at("etc/ssh/dockhost_host_ed25519_key").content, "PRIVATE\n");
  EXPECT_EQ(files.at("etc/ssh/dockhost_host_ed25519_key.pub").mode, 0644U);
  EXPECT_EQ(files.at("etc/ssh/dockhost_host_ed25519_key.pub").content, "ssh-ed25519 BBBB\n");
  EXPECT_EQ(files.at("etc/ssh/sshd_config.d").mode, 0755U);
  EXPECT_EQ(files.at("etc/ssh/sshd_config.d/00-dockhost.conf").content, sshd_settings());
}

TEST(instance_files, archive_for_an_image_without_include) {
  const auto archive = instance_archive(input_with("Port 22\n"));
  const auto files = unpack(archive);
  EXPECT_FALSE(files.contains("etc/ssh/sshd_config.d"));
  EXPECT_FALSE(files.contains("etc/ssh/sshd_config.d/00-dockhost.conf"));
  const auto config = files.at("etc/ssh/sshd_config").content;
  EXPECT_LT(config.find("PasswordAuthentication no"), config.find("Port 22"));
}

TEST(instance_files, archive_for_an_image_without_sshd_config) {
  const auto archive = instance_archive(input_with(std::nullopt));
  const auto files = unpack(archive);
  EXPECT_EQ(files.at("etc/ssh/sshd_config.d/00-dockhost.conf").content, sshd_settings());
  EXPECT_TRUE(files.at("etc/ssh/sshd_config")
                  .content.starts_with("Include /etc/ssh/sshd_config.d/*.conf\n"));
}

TEST(instance_files, every_setting_is_there) {
  const std::string text(sshd_settings());
  for (const char* line :
       {"PasswordAuthentication no\n", "KbdInteractiveAuthentication no\n",
        "ChallengeResponseAuthentication no\n", "PubkeyAuthentication yes\n",
        "PermitRootLogin prohibit-password\n", "AuthorizedKeysFile .ssh/authorized_keys\n",
        "HostKey /etc/ssh/dockhost_host_ed25519_key\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(instance_files, an_include_counts_only_where_it_is_in_effect) {
  for (const std::string effective :
       {"Include /etc/ssh/sshd_config.d/*.conf\n", "include sshd_config.d/*.conf\n",
        "INCLUDE=/etc/ssh/sshd_config.d/*.conf\n",
        "Include = \"/etc/ssh/sshd_config.d/*.conf\"\r\n",
        "  Include\t/etc/ssh/other /etc/ssh/sshd_config.d/*\n",
        "Port 22\nInclude sshd_config.d/*.conf",
        "Include \"/etc/a b\" \"sshd_config.d/*.conf\"\nPasswordAuthentication yes\n"}) {
    const auto plan = plan_sshd_config(effective);
    EXPECT_TRUE(plan.use_drop_in) << effective;
    EXPECT_FALSE(plan.rewrite) << effective;
  }
  for (const std::string without :
       {"", "\n", "Port 22\n", "#Include /etc/ssh/sshd_config.d/*.conf\n",
        "Include /etc/ssh/sshd_config.d/50-*.conf\n", "Include /etc/ssh/*.conf\n", "Include\n",
        "Include \"\n", "Include=\n", "IncludeX sshd_config.d/*.conf\n",
        "PasswordAuthentication yes\nInclude sshd_config.d/*.conf\n",
        "permitrootlogin=yes\nInclude sshd_config.d/*.conf\n",
        "ChallengeResponseAuthentication yes\nInclude sshd_config.d/*.conf\n",
        "Include /etc/ssh/first\nInclude sshd_config.d/*.conf\n",
        "Match User root\n  Include sshd_config.d/*.conf\n"}) {
    EXPECT_TRUE(is_prepended(plan_sshd_config(without))) << without;
  }
}

TEST(instance_files, foreign_host_keys_are_turned_off) {
  const auto plan = plan_sshd_config("HostKey /etc/ssh/ssh_host_rsa_key\n" + debian_config +
                                     "hostkey=/x\nHostCertificate /y\n");
  EXPECT_TRUE(plan.use_drop_in);
  ASSERT_TRUE(plan.rewrite);
  EXPECT_EQ(*plan.rewrite, "#dockhost# HostKey /etc/ssh/ssh_host_rsa_key\n" + debian_config +
                               "#dockhost# hostkey=/x\n#dockhost# HostCertificate /y\n");
}

TEST(instance_files, settings_inside_match_are_turned_off) {
  const auto plan = plan_sshd_config(debian_config + "PasswordAuthentication yes\n"
                                                     "Match User root\n"
                                                     "  PasswordAuthentication yes\n"
                                                     "  X11Forwarding no\n");
  EXPECT_TRUE(plan.use_drop_in);
  ASSERT_TRUE(plan.rewrite);
  EXPECT_EQ(*plan.rewrite, debian_config + "PasswordAuthentication yes\n"
                                           "Match User root\n"
                                           "#dockhost#   PasswordAuthentication yes\n"
                                           "  X11Forwarding no\n");
}

TEST(instance_files, applied_twice_it_changes_nothing_more) {
  for (const std::string& config : {std::string(), std::string("Port 22"),
                                    std::string("HostKey /k\nMatch all\nPermitRootLogin yes\n"),
                                    debian_config + "HostKey /k\n"}) {
    const auto once = plan_sshd_config(config).rewrite;
    ASSERT_TRUE(once);
    EXPECT_FALSE(plan_sshd_config(*once).rewrite) << *once;
  }
}

TEST(instance_files, an_old_block_is_replaced) {
  const auto once = *plan_sshd_config("Port 22\n").rewrite;
  auto older = once;
  older.replace(older.find("PubkeyAuthentication yes"), 24, "MaxAuthTries 3");
  EXPECT_EQ(plan_sshd_config(older).rewrite, once);
  const auto open_ended = std::string(once.substr(0, once.find('\n') + 1)) + "Port 22\n";
  EXPECT_TRUE(is_prepended(plan_sshd_config(open_ended)));
}

} // namespace
} // namespace dockhost
