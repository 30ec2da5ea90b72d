// What may follow `is`.
#include "core/text/jinja/case.h"
#include "core/text/jinja/machine.h"
#include "core/text/jinja/operators.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

/// A test of the value alone.
template <bool (*test)(const Value&)>
Result<Value> simple(Machine&, const Value& self, Args) {
  return Value(test(self));
}

/// A test that is an operator.
template <BinaryOperator apply>
Result<Value> compared(Machine& m, const Value& self, Args args) {
  return apply(m, self, args[0]);
}

bool isDefined(const Value& v) { return !v.isUndefined(); }
bool isUndefined(const Value& v) { return v.isUndefined(); }
bool isNone(const Value& v) { return v.isNone(); }
bool isBoolean(const Value& v) { return v.boolean().has_value(); }
bool isTrue(const Value& v) { return v.boolean() == true; }
bool isFalse(const Value& v) { return v.boolean() == false; }
bool isInteger(const Value& v) { return v.onlyInteger() != nullptr; }
bool isReal(const Value& v) { return v.onlyReal() != nullptr; }
bool isNumber(const Value& v) { return v.isNumber(); }
bool isString(const Value& v) { return v.text() != nullptr; }
bool isMapping(const Value& v) { return v.dict() != nullptr; }
bool isSequence(const Value& v) { return v.text() != nullptr || v.list() != nullptr || v.dict() != nullptr; }
bool isIterable(const Value& v) { return isSequence(v) || v.isUndefined(); }
bool isCallable(const Value& v) { return v.function() != nullptr; }

template <char32_t (*convert)(char32_t), char32_t (*other)(char32_t)>
Result<Value> inCase(Machine& m, const Value& self, Args) {
  const Value value = TRY(m.printed(self));
  const std::string& bytes = value.text()->bytes();
  TRY(m.budget().scan(8 * bytes.size()));
  bool cased = false;
  for (std::size_t at = 0; at < bytes.size(); at += characterLength(bytes, at)) {
    const char32_t c = codePoint(bytes, at);
    if (convert(c) != c) return Value(false);
    cased |= other(c) != c;
  }
  return Value(cased);
}

Result<Value> remainder(Machine& m, const Value& self, Args args, std::int64_t divisor) {
  if (!self.integer())
    return fail(ErrorKind::badInput, "'", args.builtin.name, "' needs an integer, not ", self.typeName());
  return modulo(m, self, Value(divisor));
}

Result<Value> odd(Machine& m, const Value& self, Args args) {
  return Value(TRY(remainder(m, self, args, 2)).truth());
}

Result<Value> even(Machine& m, const Value& self, Args args) {
  return Value(!TRY(remainder(m, self, args, 2)).truth());
}

Result<Value> divisibleBy(Machine& m, const Value& self, Args args) {
  return Value(!TRY(remainder(m, self, args, TRY(args.integer(0, 0)))).truth());
}

/// `is`: the same object; for what has no identity of its own, the same kind and value.
Result<Value> sameAs(Machine& m, const Value& self, Args args) {
  if (self.storage().index() != args[0].storage().index()) return Value(false);
  return isEqual(m, self, args[0]);
}

template <const BuiltinTable& (*table)()>
Result<Value> known(Machine&, const Value& self, Args) {
  return Value(self.text() != nullptr && findBuiltin(table(), self.text()->bytes()) != nullptr);
}

// clang-format off
constexpr Builtin kRows[] = {
    {"!=", "other!", compared<isUnequal>},
    {"boolean", "", simple<isBoolean>},
    {"callable", "", simple<isCallable>},
    {"defined", "", simple<isDefined>},
    {"divisibleby", "num!", divisibleBy},
    {"eq", "other!", compared<isEqual>},
    {"==", "other!", compared<isEqual>},
    {"equalto", "other!", compared<isEqual>},
    {"even", "", even},
    {"false", "", simple<isFalse>},
    {"filter", "", known<filterTable>},
    {"float", "", simple<isReal>},
    {"ge", "other!", compared<isGreaterOrEqual>},
    {">=", "other!", compared<isGreaterOrEqual>},
    {"greaterthan", "other!", compared<isGreater>},
    {"gt", "other!", compared<isGreater>},
    {">", "other!", compared<isGreater>},
    {"in", "seq!", compared<isIn>},
    {"integer", "", simple<isInteger>},
    {"iterable", "", simple<isIterable>},
    {"le", "other!", compared<isLessOrEqual>},
    {"<=", "other!", compared<isLessOrEqual>},
    {"lessthan", "other!", compared<isLess>},
    {"lower", "", inCase<toLower, toUpper>},
    {"lt", "other!", compared<isLess>},
    {"<", "other!", compared<isLess>},
    {"mapping", "", simple<isMapping>},
    {"ne", "other!", compared<isUnequal>},
    {"none", "", simple<isNone>},
    {"number", "", simple<isNumber>},
    {"odd", "", odd},
    {"sameas", "other!", sameAs},
    {"sequence", "", simple<isSequence>},
    {"string", "", simple<isString>},
    {"test", "", known<testTable>},
    {"true", "", simple<isTrue>},
    {"undefined", "", simple<isUndefined>},
    {"upper", "", inCase<toUpper, toLower>},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kTests = kRows;

}  // namespace cutaway::jinja
