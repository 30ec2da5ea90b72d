#include "core/text/byte_alphabet.h"

#include <cstdint>

#include "core/base/utf8.h"

namespace cutaway {
namespace {

constexpr std::size_t kCharacters = 256 + 68;

constexpr std::array<int, kCharacters> kByteOf = [] {
  std::array<int, kCharacters> bytes{};
  bytes.fill(-1);
  for (int byte = 0; byte < 256; ++byte) bytes[kByteAlphabet[static_cast<std::size_t>(byte)]] = byte;
  return bytes;
}();

}  // namespace

std::string inAlphabet(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char byte : bytes) appendUtf8(out, kByteAlphabet[static_cast<std::uint8_t>(byte)]);
  return out;
}

std::string bytesOfAlphabet(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Char next = readUtf8(text);
    const int byte = next.code < kCharacters ? kByteOf[next.code] : -1;
    if (byte >= 0)
      out.push_back(static_cast<char>(byte));
    else
      out.append(text.substr(0, next.length));
    text.remove_prefix(next.length);
  }
  return out;
}

}  // namespace cutaway
