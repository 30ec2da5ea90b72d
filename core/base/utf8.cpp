#include "core/base/utf8.h"

namespace cutaway {
namespace {

unsigned byteAt(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Bytes of the well-formed character at `i`; 0 when there is none.
std::size_t characterLength(std::string_view text, std::size_t i) {
  const unsigned first = byteAt(text, i);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || text.size() - i < length) return 0;
  // The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF.
  const unsigned second = byteAt(text, i + 1);
  const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (std::size_t k = 2; k < length; ++k)
    if ((byteAt(text, i + k) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

bool isUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = characterLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 100;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size();) {
    if (i >= kMost) return result + "...\"";
    const std::size_t length = characterLength(text, i);
    const unsigned first = byteAt(text, i);
    if (length == 0 || first < 0x20 || first == 0x7f) {
      result += {'\\', 'x', kDigits[first >> 4], kDigits[first & 15]};
      ++i;
    } else {
      result += text.substr(i, length);
      i += length;
    }
  }
  return result + '"';
}

}  // namespace cutaway
