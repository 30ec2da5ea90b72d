#include "core/text/jinja/operators.h"

#include <cmath>

#include "core/text/jinja/format.h"
#include "core/text/jinja/machine.h"

namespace cutaway::jinja {
namespace {

std::unexpected<Error> unsupported(const char* sign, const Value& left, const Value& right) {
  return fail(ErrorKind::badInput, "cannot compute ", left.typeName(), " ", sign, " ", right.typeName());
}

std::unexpected<Error> tooLarge() {
  return fail(ErrorKind::badInput, "the number does not fit into 64 bits");
}

bool bothIntegers(const Value& a, const Value& b) { return a.integer() && b.integer(); }
bool bothNumbers(const Value& a, const Value& b) { return a.isNumber() && b.isNumber(); }

Result<Value> joinTexts(Machine& machine, const Text& left, const Text& right) {
  TextBuilder out(machine.budget());
  out.append(left);
  out.append(right);
  return out.take();
}

Result<Value> joinLists(Machine& machine, const List& left, const List& right) {
  TRY(machine.budget().step((left.items.size() + right.items.size()) / 8));
  std::vector<Value> items = left.items;
  items.insert(items.end(), right.items.begin(), right.items.end());
  return machine.list(std::move(items), left.tuple);
}

Result<Value> repeatText(Machine& machine, const Text& text, std::int64_t count) {
  TextBuilder out(machine.budget());
  for (std::int64_t i = 0; i < count && !text.empty(); ++i)
    if (!out.append(text)) break;
  return out.take();
}

Result<Value> repeatList(Machine& machine, const List& list, std::int64_t count) {
  std::vector<Value> items;
  for (std::int64_t i = 0; i < count && !list.items.empty(); ++i) {
    TRY(machine.budget().build(list.items.size() * sizeof(Value)));
    items.insert(items.end(), list.items.begin(), list.items.end());
  }
  return machine.list(std::move(items), list.tuple);
}

Result<Value> repeat(Machine& machine, const Value& value, std::int64_t count) {
  return value.text() != nullptr ? repeatText(machine, *value.text(), count)
                                 : repeatList(machine, *value.list(), count);
}

bool repeats(const Value& value, const Value& count) {
  return (value.text() != nullptr || value.list() != nullptr) && count.integer();
}

std::int64_t floorOf(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Result<std::int64_t> integerPower(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  for (; exponent > 0; --exponent)  // ends by overflow within 63 rounds
    if (__builtin_mul_overflow(result, base, &result)) return tooLarge();
  return result;
}

Result<Value> ordered(Result<bool> result, bool wanted = true) {
  return Value(TRY(std::move(result)) == wanted);
}

}  // namespace

Result<Value> add(Machine& machine, const Value& left, const Value& right) {
  if (left.text() != nullptr && right.text() != nullptr)
    return joinTexts(machine, *left.text(), *right.text());
  if (left.list() != nullptr && right.list() != nullptr)
    return joinLists(machine, *left.list(), *right.list());
  if (!bothNumbers(left, right)) return unsupported("+", left, right);
  if (!bothIntegers(left, right)) return Value(*left.number() + *right.number());
  std::int64_t sum;
  if (__builtin_add_overflow(*left.integer(), *right.integer(), &sum)) return tooLarge();
  return Value(sum);
}

Result<Value> subtract(Machine&, const Value& left, const Value& right) {
  if (!bothNumbers(left, right)) return unsupported("-", left, right);
  if (!bothIntegers(left, right)) return Value(*left.number() - *right.number());
  std::int64_t difference;
  if (__builtin_sub_overflow(*left.integer(), *right.integer(), &difference)) return tooLarge();
  return Value(difference);
}

Result<Value> multiply(Machine& machine, const Value& left, const Value& right) {
  if (repeats(left, right)) return repeat(machine, left, *right.integer());
  if (repeats(right, left)) return repeat(machine, right, *left.integer());
  if (!bothNumbers(left, right)) return unsupported("*", left, right);
  if (!bothIntegers(left, right)) return Value(*left.number() * *right.number());
  std::int64_t product;
  if (__builtin_mul_overflow(*left.integer(), *right.integer(), &product)) return tooLarge();
  return Value(product);
}

Result<Value> divide(Machine&, const Value& left, const Value& right) {
  if (!bothNumbers(left, right)) return unsupported("/", left, right);
  if (*right.number() == 0) return fail(ErrorKind::badInput, "division by zero");
  return Value(*left.number() / *right.number());
}

Result<Value> floorDivide(Machine&, const Value& left, const Value& right) {
  if (!bothNumbers(left, right)) return unsupported("//", left, right);
  if (*right.number() == 0) return fail(ErrorKind::badInput, "division by zero");
  if (!bothIntegers(left, right)) return Value(std::floor(*left.number() / *right.number()));
  if (*right.integer() == -1) return negate(left);
  return Value(floorOf(*left.integer(), *right.integer()));
}

Result<Value> modulo(Machine& machine, const Value& left, const Value& right) {
  if (left.text() != nullptr) return formatPercent(machine, *left.text(), right);
  if (!bothNumbers(left, right)) return unsupported("%", left, right);
  if (*right.number() == 0) return fail(ErrorKind::badInput, "division by zero");
  if (bothIntegers(left, right)) {
    const std::int64_t a = *left.integer(), b = *right.integer();
    if (b == -1) return Value(std::int64_t{0});
    return Value(a - floorOf(a, b) * b);
  }
  const double b = *right.number(), rest = std::fmod(*left.number(), b);
  return Value(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

Result<Value> power(Machine&, const Value& left, const Value& right) {
  if (!bothNumbers(left, right)) return unsupported("**", left, right);
  if (bothIntegers(left, right) && *right.integer() >= 0)
    return Value(TRY(integerPower(*left.integer(), *right.integer())));
  if (*left.number() == 0 && *right.number() < 0) return fail(ErrorKind::badInput, "division by zero");
  const double result = std::pow(*left.number(), *right.number());
  if (!std::isfinite(result)) return fail(ErrorKind::badInput, "the power is no finite real number");
  return Value(result);
}

Result<Value> concatenate(Machine& machine, const Value& left, const Value& right) {
  TextBuilder out(machine.budget());
  out.appendValue(left);
  out.appendValue(right);
  return out.take();
}

Result<Value> isEqual(Machine& m, const Value& a, const Value& b) { return ordered(equal(m.budget(), a, b)); }
Result<Value> isUnequal(Machine& m, const Value& a, const Value& b) {
  return ordered(equal(m.budget(), a, b), false);
}
Result<Value> isLess(Machine& m, const Value& a, const Value& b) { return ordered(less(m.budget(), a, b)); }
Result<Value> isGreater(Machine& m, const Value& a, const Value& b) { return isLess(m, b, a); }

Result<Value> isLessOrEqual(Machine& m, const Value& a, const Value& b) {
  if (TRY(less(m.budget(), a, b))) return Value(true);
  return isEqual(m, a, b);
}

Result<Value> isGreaterOrEqual(Machine& m, const Value& a, const Value& b) { return isLessOrEqual(m, b, a); }
Result<Value> isIn(Machine& m, const Value& a, const Value& b) { return ordered(contains(m.budget(), b, a)); }
Result<Value> isNotIn(Machine& m, const Value& a, const Value& b) {
  return ordered(contains(m.budget(), b, a), false);
}

Result<Value> negate(const Value& value) {
  if (const auto whole = value.integer()) {
    if (*whole == INT64_MIN) return tooLarge();
    return Value(-*whole);
  }
  if (const auto real = value.number()) return Value(-*real);
  return fail(ErrorKind::badInput, "cannot negate ", value.typeName());
}

Result<Value> plus(const Value& value) {
  if (const auto whole = value.integer()) return Value(*whole);
  if (value.isNumber()) return value;
  return fail(ErrorKind::badInput, "cannot apply + to ", value.typeName());
}

Result<Value> logicalNot(const Value& value) { return Value(!value.truth()); }

}  // namespace cutaway::jinja
