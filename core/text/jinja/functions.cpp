// Global functions.
#include "core/text/jinja/machine.h"
#include "core/text/jinja/strftime.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

Result<Value> range(Machine& m, const Value&, Args args) {
  for (std::size_t i = 0; i < 3; ++i)
    if (args.given(i) && !args[i].integer()) return args.wrong(i, "an integer");
  const std::int64_t start = args.given(1) ? *args[0].integer() : 0;
  const std::int64_t stop = args.given(1) ? *args[1].integer() : *args[0].integer();
  const std::int64_t step = TRY(args.integer(2, 1));
  if (step == 0) return args.wrong(2, "a step other than 0");
  std::vector<Value> items;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop;) {
    TRY(m.budget().build(sizeof(Value)));
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return m.list(std::move(items));
}

/// What dict() and namespace() take: a mapping or pairs, then named values.
Result<std::vector<std::pair<Value, Value>>> entriesOf(Machine& m, Args args) {
  if (args.raw.positional.size() > 1)
    return fail(ErrorKind::badInput, "'", args.builtin.name, "' takes one mapping and named values");
  Dict dict;
  if (!args.raw.positional.empty()) {
    const Value& source = args.raw.positional[0];
    if (source.dict() != nullptr) dict.entries = source.dict()->entries;
    const auto pairs = source.dict() == nullptr ? TRY(m.iterate(source)) : std::make_shared<const List>();
    for (const Value& pair : pairs->items) {
      const auto both = TRY(m.iterate(pair));
      if (both->items.size() != 2) return fail(ErrorKind::badInput, "expected pairs of key and value");
      TRY(put(m.budget(), dict, both->items[0], both->items[1]));
    }
  }
  for (const auto& [name, value] : args.raw.named) TRY(put(m.budget(), dict, TRY(m.text(name)), value));
  return std::move(dict.entries);
}

Result<Value> dict(Machine& m, const Value&, Args args) { return m.dict(TRY(entriesOf(m, args))); }

Result<Value> nameSpace(Machine& m, const Value&, Args args) {
  Value made = TRY(m.makeNamespace());
  for (auto& [key, value] : TRY(entriesOf(m, args))) {
    if (key.text() == nullptr) return fail(ErrorKind::badInput, "a namespace's names must be strings");
    made.nameSpace()->values.insert_or_assign(key.text()->bytes(), std::move(value));
  }
  return made;
}

Result<Value> raiseException(Machine& m, const Value&, Args args) {
  return fail(ErrorKind::badInput, TRY(m.printed(args[0])).text()->bytes());
}

Result<Value> strftimeNow(Machine& m, const Value&, Args args) {
  return m.text(TRY(formatTime(TRY(args.text(0))->bytes(), m.now())));
}

constexpr Builtin kRows[] = {
    {"dict", "*", dict},
    {"namespace", "*", nameSpace},
    {"raise_exception", "message!", raiseException},
    {"range", "start! stop step", range},
    {"strftime_now", "format!", strftimeNow},
};

}  // namespace

const std::span<const Builtin> kFunctions = kRows;

}  // namespace cutaway::jinja
