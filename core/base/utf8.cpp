#include "core/base/utf8.h"

#include <cstdint>

namespace cutaway {
namespace {

/// What may follow a first byte: how many bytes in all, and the range of the second one (Unicode, table 3-7).
struct Lead {
  unsigned length;
  std::uint8_t low, high;
};

constexpr Lead leadOf(std::uint8_t byte) {
  if (byte < 0xC2 || byte > 0xF4) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0)
    return {3, std::uint8_t(byte == 0xE0 ? 0xA0 : 0x80), std::uint8_t(byte == 0xED ? 0x9F : 0xBF)};
  return {4, std::uint8_t(byte == 0xF0 ? 0x90 : 0x80), std::uint8_t(byte == 0xF4 ? 0x8F : 0xBF)};
}

}  // namespace

Utf8Char readUtf8(std::string_view text) {
  const auto byteAt = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byteAt(0);
  if (first < 0x80) return {first, 1};
  const Lead lead = leadOf(first);
  if (lead.length == 0) return {kNoCharacter, 1};
  char32_t code = first & (0x7Fu >> lead.length);
  for (unsigned i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {kNoCharacter, i, true};
    const bool fits = i == 1 ? byteAt(i) >= lead.low && byteAt(i) <= lead.high : (byteAt(i) & 0xC0) == 0x80;
    if (!fits) return {kNoCharacter, i};
    code = code << 6 | (byteAt(i) & 0x3Fu);
  }
  return {code, lead.length};
}

void appendUtf8(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const unsigned following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  out += static_cast<char>((0xF0 << (3 - following)) | code >> (6 * following));
  for (unsigned left = following; left-- > 0;) out += static_cast<char>(0x80 | (code >> (6 * left) & 0x3F));
}

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char next = readUtf8(text);
    if (next.code == kNoCharacter) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

std::string inQuotes(std::string_view text) {
  constexpr std::size_t kMost = 100;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size();) {
    if (i >= kMost) return result + "...\"";
    const Utf8Char next = readUtf8(text.substr(i));
    const auto first = static_cast<std::uint8_t>(text[i]);
    if (next.code == kNoCharacter || first < 0x20 || first == 0x7f) {
      result += {'\\', 'x', kDigits[first >> 4], kDigits[first & 15]};
      ++i;
    } else {
      result += text.substr(i, next.length);
      i += next.length;
    }
  }
  return result + '"';
}

}  // namespace cutaway
