// Text as code points, as Python counts them. A byte that starts no valid UTF-8 sequence counts as one
// character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cutaway::jinja {

/// Length in bytes of the character at `at`: 1 to 4.
std::size_t characterLength(std::string_view text, std::size_t at);

/// The character at `at`; 0xDC00 + byte for an invalid byte, as Python's surrogateescape names it.
char32_t codePoint(std::string_view text, std::size_t at);

/// The bytes of what codePoint() gave.
void appendCharacter(std::string& out, char32_t codePoint);

/// Byte offsets of all characters, then the size.
std::vector<std::size_t> characterOffsets(std::string_view text);
std::size_t countCharacters(std::string_view text);

/// What Python's str.isspace calls white space.
bool isSpace(char32_t codePoint);

/// Byte offset of the first character that is no white space; the size when there is none.
std::size_t skipSpace(std::string_view text, std::size_t from = 0);
/// Byte offset after the last character that is no white space; 0 when there is none.
std::size_t endWithoutSpace(std::string_view text);

}  // namespace cutaway::jinja
