// The operators of expressions, with Python's rules, as functions of a table in the parser.
#pragma once

#include "core/text/jinja/ast.h"

namespace cutaway::jinja {

Result<Value> add(Machine& machine, const Value& left, const Value& right);
Result<Value> subtract(Machine& machine, const Value& left, const Value& right);
Result<Value> multiply(Machine& machine, const Value& left, const Value& right);
Result<Value> divide(Machine& machine, const Value& left, const Value& right);
Result<Value> floorDivide(Machine& machine, const Value& left, const Value& right);
/// The remainder with the divisor's sign, or `text % values`.
Result<Value> modulo(Machine& machine, const Value& left, const Value& right);
Result<Value> power(Machine& machine, const Value& left, const Value& right);
/// `~`: both as text.
Result<Value> concatenate(Machine& machine, const Value& left, const Value& right);

Result<Value> isEqual(Machine& machine, const Value& left, const Value& right);
Result<Value> isUnequal(Machine& machine, const Value& left, const Value& right);
Result<Value> isLess(Machine& machine, const Value& left, const Value& right);
Result<Value> isLessOrEqual(Machine& machine, const Value& left, const Value& right);
Result<Value> isGreater(Machine& machine, const Value& left, const Value& right);
Result<Value> isGreaterOrEqual(Machine& machine, const Value& left, const Value& right);
Result<Value> isIn(Machine& machine, const Value& left, const Value& right);
Result<Value> isNotIn(Machine& machine, const Value& left, const Value& right);

Result<Value> negate(const Value& value);
Result<Value> plus(const Value& value);
Result<Value> logicalNot(const Value& value);

}  // namespace cutaway::jinja
