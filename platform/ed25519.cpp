// SPDX-License-Identifier: MIT
#include "platform/ed25519.hpp"

#include <memory>

#include <openssl/evp.h>

namespace dockhost::platform {

result<ed25519_key> generate_ed25519() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  ed25519_key key;
  std::size_t seed_size = key.seed.size();
  std::size_t public_size = key.public_key.size();
  if (!pair || EVP_PKEY_get_raw_private_key(pair.get(), key.seed.data(), &seed_size) != 1 ||
      EVP_PKEY_get_raw_public_key(pair.get(), key.public_key.data(), &public_size) != 1 ||
      seed_size != key.seed.size() || public_size != key.public_key.size()) {
    return fail(error{errc::internal, "the crypto library could not make an ed25519 key"});
  }
  return key;
}

} // namespace dockhost::platform
