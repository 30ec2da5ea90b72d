#include "core/text/jinja/utf8.h"

#include "core/base/utf8.h"

namespace cutaway::jinja {
namespace {

constexpr char32_t kInvalid = 0xDC00;

struct Decoded {
  char32_t codePoint;
  std::size_t length;
};

Decoded decode(std::string_view text, std::size_t at) {
  const Utf8Char c = readUtf8(text.substr(at));
  if (c.code == kNoCharacter) return {kInvalid + static_cast<std::uint8_t>(text[at]), 1};
  return {c.code, c.length};
}

}  // namespace

std::size_t characterLength(std::string_view text, std::size_t at) { return decode(text, at).length; }

char32_t codePoint(std::string_view text, std::size_t at) { return decode(text, at).codePoint; }

void appendCharacter(std::string& out, char32_t c) {
  if (c >= kInvalid + 0x80 && c <= kInvalid + 0xFF)
    out += static_cast<char>(c - kInvalid);
  else
    appendUtf8(out, c);
}

std::vector<std::size_t> characterOffsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  offsets.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size(); at += characterLength(text, at)) offsets.push_back(at);
  offsets.push_back(text.size());
  return offsets;
}

std::size_t countCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += characterLength(text, at)) ++count;
  return count;
}

bool isSpace(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::size_t skipSpace(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const Decoded d = decode(text, from);
    if (!isSpace(d.codePoint)) break;
    from += d.length;
  }
  return from;
}

std::size_t endWithoutSpace(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t start = end - 1;
    while (start > 0 && end - start < 4 && (static_cast<std::uint8_t>(text[start]) & 0xC0) == 0x80) --start;
    const Decoded d = decode(text, start);
    if (start + d.length != end || !isSpace(d.codePoint)) break;
    end = start;
  }
  return end;
}

}  // namespace cutaway::jinja
