#include "core/base/utf8.h"

#include <doctest/doctest.h>

using namespace cutaway;

TEST_CASE("well-formed UTF-8 is told from the rest") {
  // Source: the Unicode Standard, table 3-7: the first and last of each row, and their neighbours outside.
  for (const char* good :
       {"", "a\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0"}) {
    CAPTURE(good);
    CHECK(isUtf8(good));
  }
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0",
                          "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe4\xbd", "\xe4\xbdx", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x90\x80", "a\xff"}) {
    CAPTURE(bad);
    CHECK_FALSE(isUtf8(bad));
  }
}

TEST_CASE("quoting keeps what is printable and escapes the rest") {
  CHECK(inQuotes("blk.0") == "\"blk.0\"");
  CHECK(inQuotes("\xc3\xbc") == "\"\xc3\xbc\"");
  CHECK(inQuotes("a\x1b[0m\n\x7f\xff") == "\"a\\x1b[0m\\x0a\\x7f\\xff\"");
  CHECK(inQuotes(std::string(100, 'x')).size() == 102);
  CHECK(inQuotes(std::string(101, 'x')) == '"' + std::string(100, 'x') + "...\"");
}
