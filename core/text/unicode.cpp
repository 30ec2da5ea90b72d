#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace cutaway {
namespace {

constexpr std::uint32_t kRuns[] = {
#include "core/text/unicode_table.inc"
};

constexpr unsigned kClassBits = 3;

constexpr CharClass lookUp(char32_t code) {
  const std::uint32_t key = static_cast<std::uint32_t>(code) << kClassBits | 7;
  return static_cast<CharClass>(*std::prev(std::upper_bound(std::begin(kRuns), std::end(kRuns), key)) & 7);
}

constexpr std::array<CharClass, 128> asciiClasses() {
  std::array<CharClass, 128> classes{};
  for (unsigned code = 0; code < classes.size(); ++code) classes[code] = lookUp(code);
  return classes;
}

constexpr std::array<CharClass, 128> kAscii = asciiClasses();

}  // namespace

CharClass charClass(char32_t code) {
  if (code < kAscii.size()) return kAscii[code];
  return code <= 0x10FFFF ? lookUp(code) : CharClass::other;
}

}  // namespace cutaway
