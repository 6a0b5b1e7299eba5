// SPDX-License-Identifier: MIT
#include "core/public_key.hpp"

#include "core/base64.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace dockhost {
namespace {

constexpr std::size_t max_text = 16'384;
constexpr std::size_t min_rsa_bits = 2048;
constexpr std::size_t max_rsa_bits = 16384; // OpenSSH's own limit

enum class key_kind { ed25519, rsa, ecdsa, sk_ed25519, sk_ecdsa };

struct key_type {
  std::string_view name;
  key_kind kind;
  std::string_view curve = {};
  std::size_t point_size = 0; // uncompressed: a byte 4, then x and y
};

constexpr std::array<key_type, 7> key_types = {{
    {"ssh-ed25519", key_kind::ed25519},
    {"ssh-rsa", key_kind::rsa},
    {"ecdsa-sha2-nistp256", key_kind::ecdsa, "nistp256", 65},
    {"ecdsa-sha2-nistp384", key_kind::ecdsa, "nistp384", 97},
    {"ecdsa-sha2-nistp521", key_kind::ecdsa, "nistp521", 133},
    {"sk-ssh-ed25519@openssh.com", key_kind::sk_ed25519},
    {"sk-ecdsa-sha2-nistp256@openssh.com", key_kind::sk_ecdsa, "nistp256", 65},
}};

const key_type* find_type(std::string_view name) {
  const auto it = std::find_if(key_types.begin(), key_types.end(),
                               [&](const key_type& t) { return t.name == name; });
  return it == key_types.end() ? nullptr : &*it;
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::size_t n = 0;
  while (n < text.size() && !is_blank(text[n]))
    ++n;
  const auto word = text.substr(0, n);
  text = trim(text.substr(n));
  return word;
}

/// Reads RFC 4251 strings off a blob.
class blob_reader {
public:
  explicit blob_reader(std::string_view blob) : rest_(blob) {}

  std::optional<std::string_view> string() {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
      length = (length << 8) | static_cast<std::uint8_t>(rest_[i]);
    if (rest_.size() - 4 < length) return std::nullopt;
    const auto out = rest_.substr(4, length);
    rest_.remove_prefix(4 + std::size_t{length});
    return out;
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

/// Bits of a positive mpint in its shortest form; nullopt for any other.
std::optional<std::size_t> mpint_bits(std::string_view m) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(m[i]); };
  if (m.empty() || byte(0) >= 0x80) return std::nullopt; // zero or negative
  if (byte(0) == 0) {
    if (m.size() < 2 || byte(1) < 0x80) return std::nullopt; // a zero that no sign bit needs
    m.remove_prefix(1);
  }
  return (m.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(byte(0)));
}

/// The reason why `blob` is no key of `type`, or nullptr.
const char* structure_fault(const key_type& type, std::string_view blob) {
  constexpr const char* broken = "the key's data does not have the structure of its type";
  blob_reader in(blob);
  const auto inner = in.string();
  if (!inner) return broken;
  if (*inner != type.name) return "the key's data is of another type than the line says";
  const auto point_ok = [&] {
    const auto curve = in.string();
    const auto point = in.string();
    return curve && *curve == type.curve && point && point->size() == type.point_size &&
           point->front() == 4;
  };
  const auto ed25519_ok = [&] {
    const auto key = in.string();
    return key && key->size() == 32;
  };
  const auto application_ok = [&] {
    const auto application = in.string();
    return application && !application->empty();
  };
  bool good = false;
  switch (type.kind) {
  case key_kind::ed25519: good = ed25519_ok(); break;
  case key_kind::ecdsa: good = point_ok(); break;
  case key_kind::sk_ed25519: good = ed25519_ok() && application_ok(); break;
  case key_kind::sk_ecdsa: good = point_ok() && application_ok(); break;
  case key_kind::rsa: {
    const auto exponent = in.string();
    const auto modulus = in.string();
    if (!exponent || !modulus) return broken;
    const auto exponent_bits = mpint_bits(*exponent);
    const auto modulus_bits = mpint_bits(*modulus);
    if (!exponent_bits || !modulus_bits || *exponent_bits < 2) return broken;
    if (*modulus_bits < min_rsa_bits) return "the RSA key is shorter than 2048 bits";
    if (*modulus_bits > max_rsa_bits) return "the RSA key is longer than 16384 bits";
    good = true;
    break;
  }
  }
  if (!good) return broken;
  return in.at_end() ? nullptr : "the key's data has trailing bytes";
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto c = take_code_point(text);
    // U+2028 and U+2029 end a line for some readers.
    if (!c || is_control(*c) || *c == 0x2028 || *c == 0x2029) return false;
  }
  return true;
}

/// Why a line whose first word is no known type is refused.
std::string unknown_type_reason(std::string_view word, std::string_view rest) {
  if (word.ends_with("-cert-v01@openssh.com")) return "certificates are not accepted";
  if (word == "ssh-dss") return "DSA keys are not accepted";
  while (!rest.empty())
    if (find_type(take_word(rest))) return "options before the key type are not accepted";
  if (word.find_first_of("=,\"") != std::string_view::npos)
    return "options before the key type are not accepted";
  return "the key type is not known";
}

} // namespace

result<std::string> normalise_public_key(std::string_view text) {
  const auto refuse = [](std::string why) {
    return fail(error{errc::invalid_key, std::move(why)});
  };
  if (text.size() > max_text) return refuse("the key is longer than 16 KiB");
  if (text.find("-----BEGIN") != std::string_view::npos)
    return refuse("this is a PEM file; the one-line public key is needed");
  auto line = trim(text);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  line = trim(line);
  if (line.empty()) return refuse("the key is empty");
  for (const char c : line) {
    if (c == '\n' || c == '\r') return refuse("the key has more than one line");
    if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f))
      return refuse("the key contains a control character");
  }

  auto rest = line;
  const auto name = take_word(rest);
  const auto* type = find_type(name);
  if (type == nullptr) return refuse(unknown_type_reason(name, rest));
  const auto encoded = take_word(rest);
  if (encoded.empty()) return refuse("the key's data is missing");
  const auto blob = base64_decode(encoded);
  if (!blob) return refuse("the key's data is not valid base64");
  if (const char* fault = structure_fault(*type, *blob)) return refuse(fault);

  std::string out(name);
  out.append(" ").append(encoded);
  if (!rest.empty() && is_printable(rest)) out.append(" ").append(rest);
  return out;
}

} // namespace dockhost
