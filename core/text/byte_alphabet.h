// GPT-2's alphabet: every byte as a printable character, in which byte-level BPE writes its vocabulary.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace cutaway {

/// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100 and up.
constexpr std::array<char32_t, 256> kByteAlphabet = [] {
  std::array<char32_t, 256> characters{};
  char32_t next = 256;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    characters[byte] = printable ? byte : next++;
  }
  return characters;
}();

/// " a" to "Ġa".
std::string inAlphabet(std::string_view bytes);

/// "Ġa" to " a". Characters outside the alphabet stay as they are.
std::string bytesOfAlphabet(std::string_view text);

}  // namespace cutaway
