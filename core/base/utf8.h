// UTF-8 for names that come from files: validity, and a form that is safe to print.
#pragma once

#include <string>
#include <string_view>

namespace cutaway {

/// Whether all of it is well-formed: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Source: the Unicode Standard, table 3-7.
bool isUtf8(std::string_view text);

/// In double quotes for an error message: bytes below 0x20, 0x7f and bytes of ill-formed text as \xNN, and no
/// more than about 100 bytes.
std::string quoted(std::string_view text);

}  // namespace cutaway
