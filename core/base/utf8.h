// UTF-8 from files and models: reading it whatever the bytes are, validity, and a form that is safe to print.
#pragma once

#include <string>
#include <string_view>

namespace cutaway {

/// The first character of a text. For bytes that are no character, `code` is kNoCharacter and `length` covers
/// the longest beginning of one (Unicode 15, section 3.9, "maximal subpart"), at least one byte.
struct Utf8Char {
  char32_t code = 0;
  unsigned length = 0;
  bool incomplete = false;  ///< the text ends inside a character that was well-formed so far
};

constexpr char32_t kNoCharacter = 0xFFFFFFFF;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  ///< U+FFFD

/// `text` must not be empty. Overlong forms, surrogates and code points above U+10FFFF are no characters.
Utf8Char readUtf8(std::string_view text);

/// `code` must be a code point.
void appendUtf8(std::string& out, char32_t code);

/// Whether all of it is well-formed: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Source: the Unicode Standard, table 3-7.
bool isUtf8(std::string_view text);

/// In double quotes for an error message: bytes below 0x20, 0x7f and bytes of ill-formed text as \xNN, and no
/// more than about 100 bytes.
std::string inQuotes(std::string_view text);

}  // namespace cutaway
