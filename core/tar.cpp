// SPDX-License-Identifier: MIT
#include "core/tar.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dockhost {
namespace {

constexpr std::size_t block_size = 512;

/// A field of the ustar header (POSIX.1-1988).
struct header_field {
  std::size_t offset;
  std::size_t size;
};

constexpr header_field name_field{0, 100};
constexpr header_field mode_field{100, 8};
constexpr header_field uid_field{108, 8};
constexpr header_field gid_field{116, 8};
constexpr header_field size_field{124, 12};
constexpr header_field mtime_field{136, 12};
constexpr header_field checksum_field{148, 8};
constexpr header_field type_field{156, 1};
constexpr header_field link_field{157, 100};
constexpr header_field magic_field{257, 6};
constexpr header_field version_field{263, 2};
constexpr header_field owner_field{265, 32};
constexpr header_field group_field{297, 32};
constexpr header_field prefix_field{345, 155};

using header_block = std::array<char, block_size>;

void put(header_block& block, header_field field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), field.size),
              block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

void put_octal(header_block& block, header_field field, std::uint64_t value) {
  for (std::size_t i = field.size - 1; i-- > 0; value >>= 3) // the last byte stays NUL
    block[field.offset + i] = static_cast<char>('0' + (value & 7));
}

std::string_view get(std::string_view block, header_field field) {
  const auto raw = block.substr(field.offset, field.size);
  return raw.substr(0, raw.find('\0'));
}

/// Octal text, or GNU's base 256 (first bit set) for what octal can't hold.
std::optional<std::uint64_t> get_number(std::string_view block, header_field field) {
  auto raw = block.substr(field.offset, field.size);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(raw[i]); };
  std::uint64_t value = 0;
  if ((byte(0) & 0x80) != 0) {
    value = byte(0) & 0x3fU;
    if ((byte(0) & 0x40) != 0) return std::nullopt; // negative
    for (std::size_t i = 1; i < raw.size(); ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = (value << 8) | byte(i);
    }
    return value;
  }
  while (!raw.empty() && raw.front() == ' ')
    raw.remove_prefix(1);
  for (const char c : raw) {
    if (c == ' ' || c == '\0') break;
    if (c < '0' || c > '7') return std::nullopt;
    value = (value << 3) | static_cast<std::uint64_t>(c - '0'); // 12 digits at most: fits
  }
  return value;
}

std::uint64_t checksum(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    const bool in_field =
        i >= checksum_field.offset && i < checksum_field.offset + checksum_field.size;
    sum += in_field ? std::uint8_t{' '} : static_cast<std::uint8_t>(block[i]);
  }
  return sum;
}

std::string normal_name(std::string_view name) {
  while (true) {
    if (name.starts_with("./"))
      name.remove_prefix(2);
    else if (name.starts_with('/'))
      name.remove_prefix(1);
    else
      break;
  }
  while (name.ends_with('/'))
    name.remove_suffix(1);
  return std::string(name);
}

/// What a pax header or GNU's long-name entries say about the entry that follows them.
struct overrides {
  std::optional<std::string> name;
  std::optional<std::string> link;
  std::optional<std::uint64_t> size;
};

std::optional<std::uint64_t> decimal(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

/// Records "LENGTH KEY=VALUE\n", where LENGTH counts the whole record. False where they are broken.
bool read_pax(std::string_view records, overrides& out) {
  while (!records.empty()) {
    const auto space = records.find(' ');
    if (space == records.npos) return false;
    const auto length = decimal(records.substr(0, space));
    if (!length || *length > records.size() || *length < space + 2) return false;
    auto record = records.substr(space + 1, static_cast<std::size_t>(*length) - space - 1);
    records.remove_prefix(static_cast<std::size_t>(*length));
    const auto equals = record.find('=');
    if (!record.ends_with('\n') || equals == record.npos) return false;
    const auto key = record.substr(0, equals);
    const auto text = record.substr(equals + 1, record.size() - equals - 2);
    if (key == "path") out.name = std::string(text);
    if (key == "linkpath") out.link = std::string(text);
    if (key == "size") {
      out.size = decimal(text);
      if (!out.size) return false;
    }
  }
  return true;
}

tar_type entry_type(char flag) {
  switch (flag) {
  case '0':
  case '\0':
  case '7': return tar_type::file; // 7: contiguous, to be treated as a file
  case '5': return tar_type::directory;
  case '2': return tar_type::symlink;
  default: return tar_type::other;
  }
}

} // namespace

bool tar_writer::add_header(std::string_view path, char type, std::uint32_t mode,
                            std::size_t size) {
  if (path.empty() || path.find('\0') != path.npos) return false;
  std::string_view prefix;
  auto name = path;
  if (path.size() > name_field.size) {
    // The first slash after which the rest fits; it is not stored itself.
    const auto slash = path.find('/', path.size() - name_field.size - 1);
    if (slash == path.npos || slash == 0 || slash > prefix_field.size || slash + 1 == path.size())
      return false;
    prefix = path.substr(0, slash);
    name = path.substr(slash + 1);
  }
  header_block block{};
  put(block, name_field, name);
  put(block, prefix_field, prefix);
  put_octal(block, mode_field, mode & 07777U);
  put_octal(block, uid_field, 0);
  put_octal(block, gid_field, 0);
  put_octal(block, size_field, size);
  put_octal(block, mtime_field, static_cast<std::uint64_t>(std::max<std::int64_t>(mtime_, 0)));
  block[type_field.offset] = type;
  put(block, magic_field, "ustar");
  put(block, version_field, "00");
  put(block, owner_field, "root");
  put(block, group_field, "root");
  // Six digits, NUL, blank: as every tar writes this one.
  put_octal(block, {checksum_field.offset, 7}, checksum({block.data(), block.size()}));
  block[checksum_field.offset + 7] = ' ';
  out_.append(block.data(), block.size());
  return true;
}

bool tar_writer::add_directory(std::string_view path, std::uint32_t mode) {
  return add_header(path.ends_with('/') ? std::string(path) : std::string(path).append("/"), '5',
                    mode, 0);
}

bool tar_writer::add_file(std::string_view path, std::uint32_t mode, std::string_view content) {
  if (path.ends_with('/') || !add_header(path, '0', mode, content.size())) return false;
  out_.append(content);
  out_.append((block_size - content.size() % block_size) % block_size, '\0');
  return true;
}

std::string tar_writer::finish() {
  out_.append(2 * block_size, '\0');
  return std::exchange(out_, {});
}

std::optional<tar_entry> tar_reader::next() {
  overrides extra;
  while (rest_.size() >= block_size) {
    const auto block = rest_.substr(0, block_size);
    if (block.find_first_not_of('\0') == block.npos) return std::nullopt; // the end mark
    const auto sum = get_number(block, checksum_field);
    auto size = get_number(block, size_field);
    if (!sum || *sum != checksum(block) || !size) break;
    const char flag = block[type_field.offset];
    const bool describes_next = flag == 'x' || flag == 'L' || flag == 'K' || flag == 'g';
    if (extra.size && !describes_next) size = extra.size;
    // Links and folders have no data, whatever their size field says.
    if (flag == '1' || flag == '2' || flag == '5') size = 0;
    rest_.remove_prefix(block_size);
    if (*size > rest_.size()) break;
    const auto content = rest_.substr(0, static_cast<std::size_t>(*size));
    const auto padded = (content.size() + block_size - 1) / block_size * block_size;
    rest_.remove_prefix(std::min(padded, rest_.size()));

    const auto text = content.substr(0, content.find('\0'));
    if (flag == 'x') {
      if (!read_pax(content, extra)) break;
    } else if (flag == 'L') {
      extra.name = std::string(text);
    } else if (flag == 'K') {
      extra.link = std::string(text);
    }
    if (describes_next) continue;

    tar_entry entry;
    std::string name(get(block, name_field));
    // GNU's own headers (magic "ustar ") keep other things where ustar has the prefix.
    if (get(block, magic_field) == "ustar")
      if (const auto prefix = get(block, prefix_field); !prefix.empty())
        name = std::string(prefix).append("/").append(name);
    entry.name = normal_name(extra.name ? *extra.name : name);
    entry.type = entry_type(flag);
    entry.mode = static_cast<std::uint32_t>(get_number(block, mode_field).value_or(0) & 07777U);
    entry.uid = get_number(block, uid_field).value_or(0);
    entry.gid = get_number(block, gid_field).value_or(0);
    entry.mtime = static_cast<std::int64_t>(get_number(block, mtime_field).value_or(0));
    entry.link_target = extra.link ? *extra.link : std::string(get(block, link_field));
    if (entry.type == tar_type::file) entry.content = content;
    return entry;
  }
  rest_ = {};
  return std::nullopt;
}

std::optional<std::string_view> find_file(std::string_view archive, std::string_view name) {
  const auto wanted = normal_name(name);
  tar_reader reader(archive);
  while (auto entry = reader.next())
    if (entry->type == tar_type::file && entry->name == wanted) return entry->content;
  return std::nullopt;
}

} // namespace dockhost
