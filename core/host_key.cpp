// SPDX-License-Identifier: MIT
#include "core/host_key.hpp"

#include "core/base64.hpp"

namespace dockhost {
namespace {

constexpr std::string_view key_name = "ssh-ed25519";
constexpr std::size_t cipher_block = 8; // of the cipher "none"
constexpr std::size_t armour_width = 70;

std::string_view bytes(const ed25519_bytes& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

void put_u32(std::string& out, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>((n >> shift) & 0xff);
}

void put_string(std::string& out, std::string_view s) {
  put_u32(out, static_cast<std::uint32_t>(s.size()));
  out.append(s);
}

std::string public_blob(const ed25519_bytes& public_key) {
  std::string out;
  put_string(out, key_name);
  put_string(out, bytes(public_key));
  return out;
}

} // namespace

std::string openssh_private_key(const ed25519_bytes& seed, const ed25519_bytes& public_key,
                                std::uint32_t check, std::string_view comment) {
  std::string secret;
  put_u32(secret, check);
  put_u32(secret, check);
  put_string(secret, key_name);
  put_string(secret, bytes(public_key));
  put_string(secret, std::string(bytes(seed)).append(bytes(public_key)));
  put_string(secret, comment);
  for (char pad = 1; secret.size() % cipher_block != 0; ++pad)
    secret += pad;

  std::string blob("openssh-key-v1");
  blob += '\0';
  put_string(blob, "none"); // cipher
  put_string(blob, "none"); // key derivation
  put_string(blob, "");     // its options
  put_u32(blob, 1);         // keys in the file
  put_string(blob, public_blob(public_key));
  put_string(blob, secret);

  const auto text = base64_encode(blob);
  std::string out = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  for (std::size_t i = 0; i < text.size(); i += armour_width)
    out.append(text, i, armour_width).append("\n");
  return out.append("-----END OPENSSH PRIVATE KEY-----\n");
}

std::string openssh_public_line(const ed25519_bytes& public_key, std::string_view comment) {
  std::string out(key_name);
  out.append(" ").append(base64_encode(public_blob(public_key)));
  if (!comment.empty()) out.append(" ").append(comment);
  return out;
}

std::string fingerprint(const ed25519_bytes& public_key, const sha256_fn& sha256) {
  const auto digest = sha256(public_blob(public_key));
  const std::string_view raw(reinterpret_cast<const char*>(digest.data()), digest.size());
  return "SHA256:" + base64_encode(raw, base64_padding::unpadded);
}

} // namespace dockhost
