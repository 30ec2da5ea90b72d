// Members, items and slices.
#include <algorithm>
#include <charconv>

#include "core/text/jinja/machine.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

Value number(std::size_t value) { return Value(static_cast<std::int64_t>(value)); }

Value item(const Loop& loop, std::size_t index) {
  return index < loop.items->items.size() ? loop.items->items[index] : Value();
}

struct LoopField {
  std::string_view name;
  Value (*get)(const Loop& loop);
};

constexpr LoopField kLoopFields[] = {
    {"index", [](const Loop& l) { return number(l.index + 1); }},
    {"index0", [](const Loop& l) { return number(l.index); }},
    {"revindex", [](const Loop& l) { return number(l.items->items.size() - l.index); }},
    {"revindex0", [](const Loop& l) { return number(l.items->items.size() - l.index - 1); }},
    {"first", [](const Loop& l) { return Value(l.index == 0); }},
    {"last", [](const Loop& l) { return Value(l.index + 1 == l.items->items.size()); }},
    {"length", [](const Loop& l) { return number(l.items->items.size()); }},
    {"previtem", [](const Loop& l) { return l.index == 0 ? Value() : item(l, l.index - 1); }},
    {"nextitem", [](const Loop& l) { return item(l, l.index + 1); }},
    {"depth", [](const Loop& l) { return number(l.nesting + 1); }},
    {"depth0", [](const Loop& l) { return number(l.nesting); }},
};

Result<Value> cycle(Machine&, const Value& self, const Arguments& arguments) {
  const auto& values = arguments.raw.positional;
  if (values.empty()) return fail(ErrorKind::badInput, "loop.cycle needs values");
  return values[self.loop()->index % values.size()];
}

constexpr Builtin kCycle = {"cycle", "*", cycle};

Result<Value> bind(Machine& machine, const Builtin& method, const Value& self) {
  Function function;
  function.builtin = &method;
  function.self = self;
  return machine.function(std::move(function));
}

Result<Value> loopMember(Machine& machine, const Value& object, std::string_view name) {
  for (const LoopField& field : kLoopFields)
    if (field.name == name) return field.get(*object.loop());
  if (name == kCycle.name) return bind(machine, kCycle, object);
  return Value();
}

/// Python's slice.indices: the indices that start:stop:step takes of `size` items.
struct Range {
  std::int64_t start, stop, step;

  std::vector<std::size_t> indices() const {
    std::vector<std::size_t> taken;
    for (std::int64_t i = start; step > 0 ? i < stop : i > stop; i += step)
      taken.push_back(static_cast<std::size_t>(i));
    return taken;
  }
};

Result<std::optional<std::int64_t>> bound(Machine& machine, const ExpressionPtr& expression) {
  if (expression == nullptr) return std::nullopt;
  const Value value = TRY(machine.evaluate(*expression));
  if (value.isNone()) return std::nullopt;
  if (!value.integer()) return fail(ErrorKind::badInput, "a slice needs integers, not ", value.typeName());
  return value.integer();
}

Result<Range> rangeOf(Machine& machine, const Slice& slice, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  const auto start = TRY(bound(machine, slice.start)), stop = TRY(bound(machine, slice.stop));
  const std::int64_t step =
      std::clamp<std::int64_t>(TRY(bound(machine, slice.step)).value_or(1), -size - 1, size + 1);
  if (step == 0) return fail(ErrorKind::badInput, "the step of a slice must not be 0");
  const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto resolve = [&](std::int64_t i) {
    return std::clamp(i < 0 ? std::max(i, -size - 1) + size : i, low, high);
  };
  return Range{start      ? resolve(*start)
               : step > 0 ? low
                          : high,
               stop       ? resolve(*stop)
               : step > 0 ? high
                          : low,
               step};
}

Result<Value> sliceList(Machine& machine, const Slice& slice, const List& list) {
  const Range range = TRY(rangeOf(machine, slice, list.items.size()));
  TRY(machine.budget().step(list.items.size() / 8));
  std::vector<Value> items;
  for (const std::size_t i : range.indices()) items.push_back(list.items[i]);
  return machine.list(std::move(items), list.tuple);
}

Result<Value> sliceText(Machine& machine, const Slice& slice, const Text& text) {
  TRY(machine.budget().scan(8 * text.size()));
  const auto offsets = characterOffsets(text.bytes());
  const Range range = TRY(rangeOf(machine, slice, offsets.size() - 1));
  TextBuilder out(machine.budget());
  if (range.step == 1 && range.start < range.stop) {
    out.appendRange(text, offsets[range.start], offsets[range.stop]);
    return out.take();
  }
  for (const std::size_t i : range.indices()) out.appendRange(text, offsets[i], offsets[i + 1]);
  return out.take();
}

Result<Value> character(Machine& machine, const Text& text, std::int64_t index) {
  TRY(machine.budget().scan(8 * text.size()));
  const auto offsets = characterOffsets(text.bytes());
  const auto size = static_cast<std::int64_t>(offsets.size()) - 1;
  if (index < -size || index >= size) return Value();
  if (index < 0) index += size;
  TextBuilder out(machine.budget());
  out.appendRange(text, offsets[index], offsets[index + 1]);
  return out.take();
}

}  // namespace

Result<Value> member(Machine& machine, const Value& object, std::string_view name) {
  if (object.loop() != nullptr) return loopMember(machine, object, name);
  if (const Namespace* ns = object.nameSpace()) {
    const auto found = ns->values.find(std::string(name));
    return found == ns->values.end() ? Value() : found->second;
  }
  if (const Dict* dict = object.dict()) {
    TRY(machine.budget().step(dict->entries.size() / 16));
    if (const Value* value = dict->find(name)) return *value;
  }
  if (const Builtin* method = findBuiltin(methodTable(object), name)) return bind(machine, *method, object);
  return Value();
}

Result<Value> subscript(Machine& machine, const Value& object, const Value& index) {
  if (index.text() != nullptr) return member(machine, object, index.text()->bytes());
  if (const Dict* dict = object.dict()) {
    const Value* value = TRY(lookUp(machine.budget(), *dict, index));
    return value != nullptr ? *value : Value();
  }
  const auto position = index.integer();
  if (object.isUndefined()) return fail(ErrorKind::badInput, object.typeName(), " has no items");
  if (!position)
    return fail(ErrorKind::badInput, "cannot look up ", index.typeName(), " in ", object.typeName());
  if (const Text* text = object.text()) return character(machine, *text, *position);
  if (object.list() == nullptr) return Value();
  const auto& items = object.list()->items;
  const auto size = static_cast<std::int64_t>(items.size());
  if (*position < -size || *position >= size) return Value();
  return items[*position < 0 ? *position + size : *position];
}

Result<Value> Slice::evaluate(Machine& machine) const {
  const Value value = TRY(machine.evaluate(*object));
  if (value.text() != nullptr) return sliceText(machine, *this, *value.text());
  if (value.list() != nullptr) return sliceList(machine, *this, *value.list());
  return fail(ErrorKind::badInput, "cannot take a slice of ", value.typeName());
}

Result<Value> attributePath(Machine& machine, const Value& object, const Value& path) {
  if (path.text() == nullptr) return subscript(machine, object, path);
  Value value = object;
  std::string_view rest = path.text()->bytes();
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool isIndex = error == std::errc() && end == part.data() + part.size();
    value = isIndex && value.dict() == nullptr ? TRY(subscript(machine, value, Value(index)))
                                               : TRY(member(machine, value, part));
    if (part.size() == rest.size()) return value;
    rest.remove_prefix(part.size() + 1);
  }
}

}  // namespace cutaway::jinja
