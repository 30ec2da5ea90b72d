#include "core/text/jinja/case.h"

#include "core/text/jinja/utf8.h"
#include "core/text/unicode.h"

namespace cutaway::jinja {
namespace {

/// Every `step`-th character from first to last is a lower case letter; its upper case is `shift` below.
struct CaseRange {
  char32_t first, last, step;
  std::int32_t shift;
};

constexpr CaseRange kLowerCase[] = {
    {'a', 'z', 1, 32},      {0xE0, 0xF6, 1, 32},    {0xF8, 0xFE, 1, 32},     {0xFF, 0xFF, 1, -121},
    {0x101, 0x12F, 2, 1},   {0x133, 0x137, 2, 1},   {0x13A, 0x148, 2, 1},    {0x14B, 0x177, 2, 1},
    {0x17A, 0x17E, 2, 1},   {0x1A1, 0x1A5, 2, 1},   {0x1B0, 0x1B0, 1, 1},    {0x1CE, 0x1DC, 2, 1},
    {0x1DF, 0x1EF, 2, 1},   {0x1F9, 0x21F, 2, 1},   {0x223, 0x233, 2, 1},    {0x3AC, 0x3AC, 1, 38},
    {0x3AD, 0x3AF, 1, 37},  {0x3B1, 0x3C1, 1, 32},  {0x3C3, 0x3CB, 1, 32},   {0x3CC, 0x3CC, 1, 64},
    {0x3CD, 0x3CE, 1, 63},  {0x430, 0x44F, 1, 32},  {0x450, 0x45F, 1, 80},   {0x461, 0x481, 2, 1},
    {0x48B, 0x4BF, 2, 1},   {0x4C2, 0x4CE, 2, 1},   {0x4D1, 0x52F, 2, 1},    {0x561, 0x586, 1, 48},
    {0x1E01, 0x1E95, 2, 1}, {0x1EA1, 0x1EFF, 2, 1}, {0xFF41, 0xFF5A, 1, 32},
};

bool inStep(const CaseRange& r, char32_t c) {
  return c >= r.first && c <= r.last && (c - r.first) % r.step == 0;
}

}  // namespace

char32_t toUpper(char32_t c) {
  for (const CaseRange& r : kLowerCase)
    if (inStep(r, c)) return c - r.shift;
  return c;
}

char32_t toLower(char32_t c) {
  for (const CaseRange& r : kLowerCase)
    if (inStep(r, c + r.shift)) return c + r.shift;
  return c;
}

bool isLetter(char32_t c) { return charClass(c) == CharClass::letter; }

std::size_t appendCased(TextBuilder& out, const Text& text, std::size_t at, Case wanted) {
  const std::size_t next = at + characterLength(text.bytes(), at);
  const char32_t c = codePoint(text.bytes(), at);
  const char32_t changed = wanted == Case::upper ? toUpper(c) : wanted == Case::lower ? toLower(c) : c;
  if (c == 0xDF && wanted == Case::upper) {
    out.append("SS", text.originAt(at));
  } else if (changed == c) {
    out.appendRange(text, at, next);
  } else {
    std::string bytes;
    appendCharacter(bytes, changed);
    out.append(bytes, text.originAt(at));
  }
  return next;
}

void appendCased(TextBuilder& out, const Text& text, Case wanted) {
  for (std::size_t at = 0; at < text.size() && out.ok();) at = appendCased(out, text, at, wanted);
}

void appendTitled(TextBuilder& out, const Text& text) {
  bool inWord = false;
  for (std::size_t at = 0; at < text.size() && out.ok();) {
    const bool letter = isLetter(codePoint(text.bytes(), at));
    at = appendCased(out, text, at, !letter ? Case::keep : inWord ? Case::lower : Case::upper);
    inWord = letter;
  }
}

void appendCapitalized(TextBuilder& out, const Text& text) {
  std::size_t at = text.empty() ? 0 : appendCased(out, text, 0, Case::upper);
  while (at < text.size() && out.ok()) at = appendCased(out, text, at, Case::lower);
}

}  // namespace cutaway::jinja
