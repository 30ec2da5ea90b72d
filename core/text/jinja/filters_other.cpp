// Filters on numbers and single values.
#include <charconv>
#include <cmath>
#include <locale>
#include <sstream>

#include "core/text/jinja/machine.h"
#include "core/text/jinja/operators.h"
#include "core/text/jinja/print.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

/// Without white space and digit separators, as int() and float() read numbers.
std::string numeral(const Text& text) {
  const std::string& bytes = text.bytes();
  const std::size_t begin = skipSpace(bytes), end = endWithoutSpace(bytes);
  std::string digits = begin < end ? bytes.substr(begin, end - begin) : "";
  std::erase(digits, '_');
  return digits;
}

std::optional<double> readReal(const Text& text) {
  std::istringstream in(numeral(text));
  in.imbue(std::locale::classic());
  double value = 0;
  return in >> value && in.peek() == EOF ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> readInteger(const Text& text, int base) {
  std::string digits = numeral(text);
  if (digits.starts_with('+')) digits.erase(0, 1);
  const bool prefixed = digits.size() > 2 && digits[0] == '0' &&
                        ((base == 16 && (digits[1] | 32) == 'x') || (base == 8 && (digits[1] | 32) == 'o') ||
                         (base == 2 && (digits[1] | 32) == 'b'));
  if (prefixed) digits.erase(0, 2);
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  return !digits.empty() && error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

Result<Value> toInteger(Machine&, const Value& self, Args args) {
  const Value fallback = args.given(0) ? args[0] : Value(std::int64_t{0});
  const std::int64_t base = TRY(args.integer(1, 10));
  if (base < 2 || base > 36) return args.wrong(1, "a base from 2 to 36");
  if (self.text() != nullptr)
    if (const auto whole = readInteger(*self.text(), static_cast<int>(base))) return Value(*whole);
  if (const auto whole = self.integer()) return Value(*whole);
  const auto real = self.text() != nullptr ? readReal(*self.text()) : self.number();
  if (!real || !(std::fabs(*real) < 9.2e18)) return fallback;
  return Value(static_cast<std::int64_t>(*real));
}

Result<Value> toReal(Machine&, const Value& self, Args args) {
  const auto real = self.text() != nullptr ? readReal(*self.text()) : self.number();
  return real ? Value(*real) : args.given(0) ? args[0] : Value(0.0);
}

Result<Value> absolute(Machine&, const Value& self, Args) {
  const auto number = self.number();
  if (!number) return fail(ErrorKind::badInput, "'abs' needs a number, not ", self.typeName());
  return *number < 0 ? negate(self) : self;
}

/// Halves go to the even neighbour, as in Python. Beyond 15 digits nothing is left to round.
Result<Value> round(Machine&, const Value& self, Args args) {
  using Rounding = double (*)(double);
  constexpr std::pair<std::string_view, Rounding> kMethods[] = {
      {"common", [](double x) { return std::nearbyint(x); }},
      {"ceil", [](double x) { return std::ceil(x); }},
      {"floor", [](double x) { return std::floor(x); }}};
  const auto number = self.number();
  if (!number) return fail(ErrorKind::badInput, "'round' needs a number, not ", self.typeName());
  const std::int64_t digits = TRY(args.integer(0, 0));
  const Text* method = TRY(args.textOrNull(1));
  for (const auto& [name, rounding] : kMethods) {
    if (name != (method != nullptr ? std::string_view(method->bytes()) : "common")) continue;
    if (digits > 15 || digits < -300) return Value(*number);
    const double scale = std::pow(10.0, static_cast<double>(digits));
    return Value(rounding(*number * scale) / scale);
  }
  return args.wrong(1, "'common', 'ceil' or 'floor'");
}

Result<Value> fallbackFor(Machine&, const Value& self, Args args) {
  const bool missing = self.isUndefined() || (args.flag(1) && !self.truth());
  if (!missing) return self;
  return args.given(0) ? args[0] : Value(Text());
}

// clang-format off
constexpr Builtin kRows[] = {
    {"abs", "", absolute},
    {"d", "default_value boolean", fallbackFor},
    {"default", "default_value boolean", fallbackFor},
    {"float", "default", toReal},
    {"int", "default base", toInteger},
    {"round", "precision method", round},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kOtherFilters = kRows;

}  // namespace cutaway::jinja
