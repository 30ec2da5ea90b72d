// What kind of character a code point is: the classes that split rules tell apart.
#pragma once

#include <cstdint>

namespace cutaway {

/// Unicode's major categories, numbered as in unicode_table.inc. `space` is the property White_Space, `other`
/// is controls, formats, surrogates, private use, unassigned and everything that is not a code point.
enum class CharClass : std::uint8_t { other, letter, mark, number, punctuation, symbol, space };

CharClass charClass(char32_t code);

}  // namespace cutaway
