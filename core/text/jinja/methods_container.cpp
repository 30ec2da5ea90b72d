// Methods of mappings and lists. None changes its object, as in transformers' sandbox.
#include "core/text/jinja/machine.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

Result<Value> get(Machine& m, const Value& self, Args args) {
  if (const Value* value = TRY(lookUp(m.budget(), *self.dict(), args[0]))) return *value;
  return args.given(1) ? args[1] : Value(None{});
}

Result<Value> items(Machine& m, const Value& self, Args) {
  std::vector<Value> list;
  for (const auto& [key, value] : self.dict()->entries) list.push_back(TRY(m.list({key, value}, true)));
  return m.list(std::move(list));
}

Result<Value> keys(Machine& m, const Value& self, Args) { return Value(TRY(m.iterate(self))); }

Result<Value> values(Machine& m, const Value& self, Args) {
  std::vector<Value> list;
  for (const auto& [key, value] : self.dict()->entries) list.push_back(value);
  return m.list(std::move(list));
}

Result<Value> copy(Machine&, const Value& self, Args) { return self; }

Result<Value> index(Machine& m, const Value& self, Args args) {
  const auto& list = self.list()->items;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (TRY(equal(m.budget(), list[i], args[0]))) return Value(static_cast<std::int64_t>(i));
  return fail(ErrorKind::badInput, "the value is not in the list");
}

Result<Value> count(Machine& m, const Value& self, Args args) {
  std::int64_t found = 0;
  for (const Value& item : self.list()->items) found += TRY(equal(m.budget(), item, args[0])) ? 1 : 0;
  return Value(found);
}

// clang-format off
constexpr Builtin kDictRows[] = {
    {"copy", "", copy},
    {"get", "key! default", get},
    {"items", "", items},
    {"keys", "", keys},
    {"values", "", values},
};
// clang-format on

// clang-format off
constexpr Builtin kListRows[] = {
    {"copy", "", copy},
    {"count", "value!", count},
    {"index", "value!", index},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kDictMethods = kDictRows;
const std::span<const Builtin> kListMethods = kListRows;

}  // namespace cutaway::jinja
