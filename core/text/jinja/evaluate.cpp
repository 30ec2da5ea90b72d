// Expressions.
#include <algorithm>

#include "core/text/jinja/machine.h"

namespace cutaway::jinja {
namespace {

Result<std::vector<Value>> evaluateAll(Machine& machine, const std::vector<ExpressionPtr>& expressions) {
  std::vector<Value> values;
  values.reserve(expressions.size());
  for (const auto& expression : expressions) values.push_back(TRY(machine.evaluate(*expression)));
  return values;
}

Result<void> spread(Machine& machine, const Value& value, CallArguments& call) {
  const auto list = TRY(machine.iterate(value));
  TRY(machine.budget().step(list->items.size()));
  call.positional.insert(call.positional.end(), list->items.begin(), list->items.end());
  return {};
}

Result<void> addNamed(CallArguments& call, std::string name, Value value) {
  if (call.find(name) != nullptr)
    return fail(ErrorKind::badInput, "the argument '", name, "' is given twice");
  call.named.emplace_back(std::move(name), std::move(value));
  return {};
}

Result<void> spreadNamed(Machine& machine, const Value& value, CallArguments& call) {
  if (value.dict() == nullptr)
    return fail(ErrorKind::badInput, "expected a mapping after **, found ", value.typeName());
  for (const auto& [key, entry] : value.dict()->entries) {
    TRY(machine.budget().step(1 + call.named.size() / 8));
    if (key.text() == nullptr) return fail(ErrorKind::badInput, "expected string keys after **");
    TRY(addNamed(call, key.text()->bytes(), entry));
  }
  return {};
}

/// A method wins over an entry of the same name where it is called, unless the entry can be called.
Result<Value> calledMember(Machine& machine, const Member& callee) {
  const Value object = TRY(machine.evaluate(*callee.object));
  const Value value = TRY(member(machine, object, callee.name));
  if (value.function() != nullptr) return value;
  if (const Builtin* method = findBuiltin(methodTable(object), callee.name)) {
    Function bound;
    bound.builtin = method;
    bound.self = object;
    return machine.function(std::move(bound));
  }
  if (value.isUndefined())
    return fail(ErrorKind::badInput, object.typeName(), " has no method '", callee.name, "'");
  return value;
}

}  // namespace

Result<Value> Literal::evaluate(Machine&) const { return value; }

Result<Value> Name::evaluate(Machine& machine) const {
  if (const Value* value = machine.scope().find(name)) return *value;
  return Value(Undefined{name});
}

Result<Value> ListLiteral::evaluate(Machine& machine) const {
  return machine.list(TRY(evaluateAll(machine, items)), tuple);
}

Result<Value> DictLiteral::evaluate(Machine& machine) const {
  Dict dict;
  for (const auto& [keyNode, valueNode] : entries) {
    Value key = TRY(machine.evaluate(*keyNode));
    Value value = TRY(machine.evaluate(*valueNode));
    if (key.list() != nullptr || key.dict() != nullptr)
      return fail(ErrorKind::badInput, key.typeName(), " cannot be a key");
    TRY(put(machine.budget(), dict, std::move(key), std::move(value)));
  }
  return machine.dict(std::move(dict.entries));
}

Result<Value> Chain::evaluate(Machine& machine) const {
  Value left = TRY(machine.evaluate(*first));
  for (const Link& link : links) {
    const Value right = TRY(machine.evaluate(*link.right));
    left = TRY(machine.at(link.position, link.apply(machine, left, right)));
  }
  return left;
}

Result<Value> Comparison::evaluate(Machine& machine) const {
  Value left = TRY(machine.evaluate(*first));
  for (const Link& link : links) {
    Value right = TRY(machine.evaluate(*link.right));
    Value result = TRY(machine.at(link.position, link.apply(machine, left, right)));
    if (!result.truth() || &link == &links.back()) return result;
    left = std::move(right);
  }
  return left;
}

Result<Value> Logic::evaluate(Machine& machine) const {
  Value value;
  for (const auto& operand : operands) {
    value = TRY(machine.evaluate(*operand));
    if (value.truth() == stopsAt) break;
  }
  return value;
}

Result<Value> Unary::evaluate(Machine& machine) const { return apply(TRY(machine.evaluate(*operand))); }

Result<Value> Ternary::evaluate(Machine& machine) const {
  if (TRY(machine.evaluate(*condition)).truth()) return machine.evaluate(*yes);
  return no != nullptr ? machine.evaluate(*no) : Value();
}

Result<Value> Member::evaluate(Machine& machine) const {
  Value value = TRY(member(machine, TRY(machine.evaluate(*object)), name));
  return value.isUndefined() ? Value(Undefined{name}) : value;
}

Result<Value> Subscript::evaluate(Machine& machine) const {
  const Value container = TRY(machine.evaluate(*object));
  return subscript(machine, container, TRY(machine.evaluate(*index)));
}

Result<CallArguments> ArgumentList::evaluate(Machine& machine) const {
  CallArguments call;
  for (const Item& item : items) {
    Value value = TRY(machine.evaluate(*item.value));
    if (item.kind == Kind::positional)
      call.positional.push_back(std::move(value));
    else if (item.kind == Kind::named)
      TRY(addNamed(call, item.name, std::move(value)));
    else if (item.kind == Kind::spreadList)
      TRY(spread(machine, value, call));
    else
      TRY(spreadNamed(machine, value, call));
  }
  return call;
}

Result<Value> Call::evaluate(Machine& machine) const {
  const auto* method = dynamic_cast<const Member*>(callee.get());
  const Value function = TRY(method != nullptr ? calledMember(machine, *method) : machine.evaluate(*callee));
  const auto* name = dynamic_cast<const Name*>(callee.get());
  if (name != nullptr && function.isUndefined())
    return fail(ErrorKind::badInput, "unknown function '", name->name, "'");
  return machine.call(function, TRY(arguments.evaluate(machine)));
}

Result<Value> FilterCall::apply(Machine& machine, const Value& value) const {
  return runBuiltin(machine, *filter, value, TRY(arguments.evaluate(machine)));
}

Result<Value> FilterCall::evaluate(Machine& machine) const {
  return apply(machine, TRY(machine.evaluate(*input)));
}

Result<Value> TestCall::evaluate(Machine& machine) const {
  const Value value = TRY(machine.evaluate(*input));
  const CallArguments call = TRY(arguments.evaluate(machine));
  return Value(TRY(runBuiltin(machine, *test, value, call)).truth() != negated);
}

}  // namespace cutaway::jinja
