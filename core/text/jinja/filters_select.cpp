// map, select, reject and their attribute forms: filters that run other filters and tests by name.
#include "core/text/jinja/machine.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

Result<const Builtin*> named(const BuiltinTable& table, const char* what, const Value& name) {
  if (name.text() == nullptr) return fail(ErrorKind::badInput, "the name of a ", what, " must be a string");
  if (const Builtin* row = findBuiltin(table, name.text()->bytes())) return row;
  return fail(ErrorKind::badInput, "unknown ", what, " '", name.text()->bytes(), "'");
}

CallArguments from(const CallArguments& call, std::size_t first) {
  CallArguments rest;
  for (std::size_t i = first; i < call.positional.size(); ++i) rest.positional.push_back(call.positional[i]);
  return rest;
}

Result<Value> map(Machine& m, const Value& self, Args args) {
  const Value* attribute = args.raw.find("attribute");
  const Value* fallback = args.raw.find("default");
  const bool byFilter = attribute == nullptr && !args.raw.positional.empty();
  if (!byFilter && attribute == nullptr)
    return fail(ErrorKind::badInput, "'map' needs a filter or 'attribute'");
  const Builtin* filter = byFilter ? TRY(named(filterTable(), "filter", args.raw.positional[0])) : nullptr;
  CallArguments call = byFilter ? from(args.raw, 1) : CallArguments();
  if (byFilter) call.named = args.raw.named;
  std::vector<Value> out;
  const auto all = TRY(m.iterate(self));
  for (const Value& item : all->items) {
    TRY(m.budget().step());
    Value mapped = TRY(byFilter ? runBuiltin(m, *filter, item, call) : attributePath(m, item, *attribute));
    out.push_back(mapped.isUndefined() && fallback != nullptr ? *fallback : std::move(mapped));
  }
  return m.list(std::move(out));
}

/// Keeps the items whose value passes the test (or is true), or those that do not.
Result<Value> filtered(Machine& m, const Value& self, Args args, bool keeps, bool byAttribute) {
  const auto& given = args.raw.positional;
  if (byAttribute && given.empty())
    return fail(ErrorKind::badInput, "'", args.builtin.name, "' needs an attribute");
  const std::size_t skip = byAttribute ? 1 : 0;
  const Builtin* test = given.size() > skip ? TRY(named(testTable(), "test", given[skip])) : nullptr;
  const CallArguments call = from(args.raw, skip + 1);
  std::vector<Value> out;
  const auto all = TRY(m.iterate(self));
  for (const Value& item : all->items) {
    TRY(m.budget().step());
    const Value value = byAttribute ? TRY(attributePath(m, item, given[0])) : item;
    const bool passes = test != nullptr ? TRY(runBuiltin(m, *test, value, call)).truth() : value.truth();
    if (passes == keeps) out.push_back(item);
  }
  return m.list(std::move(out));
}

Result<Value> select(Machine& m, const Value& self, Args args) {
  return filtered(m, self, args, true, false);
}
Result<Value> reject(Machine& m, const Value& self, Args args) {
  return filtered(m, self, args, false, false);
}
Result<Value> selectAttr(Machine& m, const Value& self, Args args) {
  return filtered(m, self, args, true, true);
}
Result<Value> rejectAttr(Machine& m, const Value& self, Args args) {
  return filtered(m, self, args, false, true);
}

// clang-format off
constexpr Builtin kRows[] = {
    {"map", "*", map},
    {"reject", "*", reject},
    {"rejectattr", "*", rejectAttr},
    {"select", "*", select},
    {"selectattr", "*", selectAttr},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kSelectFilters = kRows;

}  // namespace cutaway::jinja
