#include "core/text/jinja/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/print.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

constexpr std::size_t kMaxWidth = 1000, kMaxPrecision = 60;

/// One conversion: %[(key)][flags][width][.precision]type.
struct Directive {
  std::string key;
  bool hasKey = false, left = false, zero = false, plus = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char type = '\0';
  std::size_t end = 0;
};

Result<std::size_t> readNumber(const std::string& bytes, std::size_t& at, std::size_t largest) {
  std::size_t value = 0;
  for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
    value = value * 10 + static_cast<std::size_t>(bytes[at] - '0');
    if (value > largest)
      return fail(ErrorKind::badInput, "a width or precision in the format is above ", largest);
  }
  return value;
}

Result<Directive> readDirective(const std::string& bytes, std::size_t at) {
  Directive d;
  if (at < bytes.size() && bytes[at] == '(') {
    const std::size_t close = bytes.find(')', at);
    if (close == std::string::npos) return fail(ErrorKind::badInput, "'%(' in the format has no ')'");
    d.key = bytes.substr(at + 1, close - at - 1);
    d.hasKey = true;
    at = close + 1;
  }
  for (; at < bytes.size() && std::string_view("-0+ #").find(bytes[at]) != std::string_view::npos; ++at) {
    d.left |= bytes[at] == '-';
    d.zero |= bytes[at] == '0';
    d.plus |= bytes[at] == '+';
  }
  d.width = TRY(readNumber(bytes, at, kMaxWidth));
  if (at < bytes.size() && bytes[at] == '.') d.precision = TRY(readNumber(bytes, ++at, kMaxPrecision));
  if (at >= bytes.size()) return fail(ErrorKind::badInput, "the format ends within a '%' directive");
  d.type = bytes[at];
  d.end = at + 1;
  return d;
}

/// The values of a `%` format, one after another or by key.
class Values {
 public:
  explicit Values(const Value& values) : m_values(values), m_tuple(values.list()) {
    if (m_tuple != nullptr && !m_tuple->tuple) m_tuple = nullptr;
  }

  Result<Value> next(const Directive& d) {
    if (d.hasKey) {
      const Value* found = m_values.dict() != nullptr ? m_values.dict()->find(d.key) : nullptr;
      m_used = 1;
      if (found == nullptr) return fail(ErrorKind::badInput, "the format's values have no '", d.key, "'");
      return *found;
    }
    const std::size_t count = m_tuple != nullptr ? m_tuple->items.size() : 1;
    if (m_used >= count)
      return fail(ErrorKind::badInput, "the format needs more values than the ", count, " given");
    ++m_used;
    return m_tuple != nullptr ? m_tuple->items[m_used - 1] : m_values;
  }

  Result<void> checkAllUsed() const {
    const std::size_t count = m_tuple != nullptr ? m_tuple->items.size() : m_values.dict() != nullptr ? 0 : 1;
    if (m_used < count)
      return fail(ErrorKind::badInput, "the format uses ", m_used, " of ", count, " values");
    return {};
  }

 private:
  const Value& m_values;
  const List* m_tuple;
  std::size_t m_used = 0;
};

Result<Text> asText(Machine& machine, const Directive& d, const Value& value) {
  TextBuilder out(machine.budget());
  if (d.type == 'r' && value.text() != nullptr) {
    out.appendValue(TRY(machine.list({value})));
    const Text quoted = TRY(out.takeText());
    return quoted.range(1, quoted.size() - 1);
  }
  out.appendValue(value);
  const Text text = TRY(out.takeText());
  if (!d.precision) return text;
  const auto offsets = characterOffsets(text.bytes());
  return text.range(0, offsets[std::min(*d.precision, offsets.size() - 1)]);
}

std::string printed(const char* format, auto... values) {
  std::string out(static_cast<std::size_t>(std::snprintf(nullptr, 0, format, values...)), '\0');
  std::snprintf(out.data(), out.size() + 1, format, values...);
  return out;
}

Result<std::string> asNumber(const Directive& d, const Value& value) {
  const auto number = value.number();
  if (!number) return fail(ErrorKind::badInput, "'%", d.type, "' needs a number, not ", value.typeName());
  if (d.type == 'f') {
    std::string digits = printed("%.*f", static_cast<int>(d.precision.value_or(6)), *number);
    std::replace(digits.begin(), digits.end(), ',', '.');  // some locales write a decimal comma
    return digits;
  }
  if (!value.integer() && !(std::fabs(*number) < 9e18))
    return fail(ErrorKind::badInput, "the number is too large");
  const long long whole = value.integer() ? *value.integer() : static_cast<long long>(*number);
  if (d.type != 'x') return std::to_string(whole);
  return (whole < 0 ? "-" : "") + printed("%llx", whole < 0 ? 0ULL - whole : 0ULL + whole);
}

Result<Text> converted(Machine& machine, const Directive& d, const Value& value) {
  if (d.type == 's' || d.type == 'r') return asText(machine, d, value);
  if (std::string_view("difx").find(d.type) == std::string_view::npos)
    return fail(ErrorKind::badInput, "the format's '%", d.type, "' is not supported");
  std::string digits = TRY(asNumber(d, value));
  if (d.plus && !digits.starts_with('-')) digits.insert(0, "+");
  const std::size_t signs = digits.find_first_of("+-") == 0 ? 1 : 0;
  if (d.zero && !d.left && digits.size() < d.width) digits.insert(signs, d.width - digits.size(), '0');
  return Text(std::move(digits), Origin::fromTemplate);
}

void appendPadded(TextBuilder& out, const Directive& d, const Text& text) {
  const std::size_t length = countCharacters(text.bytes());
  const std::string padding(d.width > length ? d.width - length : 0, ' ');
  if (!d.left) out.append(padding);
  out.append(text);
  if (d.left) out.append(padding);
}

}  // namespace

Result<Value> formatPercent(Machine& machine, const Text& pattern, const Value& values) {
  Values source(values);
  TextBuilder out(machine.budget());
  const std::string& bytes = pattern.bytes();
  std::size_t at = 0;
  for (std::size_t sign; (sign = bytes.find('%', at)) != std::string::npos;) {
    TRY(machine.budget().step());
    out.appendRange(pattern, at, sign);
    const Directive d = TRY(readDirective(bytes, sign + 1));
    if (d.type == '%')
      out.appendRange(pattern, d.end - 1, d.end);
    else
      appendPadded(out, d, TRY(converted(machine, d, TRY(source.next(d)))));
    at = d.end;
  }
  TRY(source.checkAllUsed());
  out.appendRange(pattern, at, bytes.size());
  return out.take();
}

Result<Value> formatBraces(Machine& machine, const Text& pattern, const CallArguments& arguments) {
  TextBuilder out(machine.budget());
  const std::string& bytes = pattern.bytes();
  std::size_t at = 0, automatic = 0;
  for (std::size_t brace; (brace = bytes.find_first_of("{}", at)) != std::string::npos;) {
    TRY(machine.budget().step());
    out.appendRange(pattern, at, brace);
    if (brace + 1 < bytes.size() && bytes[brace + 1] == bytes[brace]) {
      out.appendRange(pattern, brace, brace + 1);
      at = brace + 2;
      continue;
    }
    const std::size_t close = bytes[brace] == '{' ? bytes.find('}', brace) : std::string::npos;
    if (close == std::string::npos)
      return fail(ErrorKind::badInput, "a single '", bytes[brace], "' in the format");
    const std::string field = bytes.substr(brace + 1, close - brace - 1);
    if (field.find_first_of(".[]:!{") != std::string::npos)
      return fail(ErrorKind::badInput, "the format's '{", field, "}' is not supported");
    std::size_t digits = 0;
    const std::size_t index = field.empty() ? automatic++ : TRY(readNumber(field, digits, kMaxWidth));
    const bool positional = digits == field.size() && index < arguments.positional.size();
    const Value* value = positional ? &arguments.positional[index] : arguments.find(field);
    if (value == nullptr) return fail(ErrorKind::badInput, "the format's '{", field, "}' has no value");
    out.appendValue(*value);
    at = close + 1;
  }
  out.appendRange(pattern, at, bytes.size());
  return out.take();
}

}  // namespace cutaway::jinja
