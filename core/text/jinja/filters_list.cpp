// Filters that give lists, or one item or number of a list.
#include <algorithm>

#include "core/text/jinja/case.h"
#include "core/text/jinja/machine.h"
#include "core/text/jinja/operators.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

Result<Value> length(Machine& m, const Value& self, Args args) {
  if (self.isUndefined()) return Value(std::int64_t{0});
  if (const Dict* dict = self.dict()) return Value(static_cast<std::int64_t>(dict->entries.size()));
  if (const List* list = self.list()) return Value(static_cast<std::int64_t>(list->items.size()));
  const Text* text = self.text();
  if (text == nullptr)
    return fail(ErrorKind::badInput, "'", args.builtin.name, "': ", self.typeName(), " has no length");
  TRY(m.budget().scan(8 * text->size()));
  return Value(static_cast<std::int64_t>(countCharacters(text->bytes())));
}

Result<Value> first(Machine& m, const Value& self, Args) {
  const auto items = TRY(m.iterate(self));
  return items->items.empty() ? Value() : items->items.front();
}

Result<Value> last(Machine& m, const Value& self, Args) {
  const auto items = TRY(m.iterate(self));
  return items->items.empty() ? Value() : items->items.back();
}

Result<Value> list(Machine& m, const Value& self, Args) {
  const auto items = TRY(m.iterate(self));
  if (!items->tuple) return Value(items);
  TRY(m.budget().step(items->items.size() / 8));
  return m.list(items->items);
}

Result<Value> reverse(Machine& m, const Value& self, Args) {
  const auto items = TRY(m.iterate(self));
  TRY(m.budget().step(items->items.size() / 8));
  if (self.text() == nullptr) return m.list({items->items.rbegin(), items->items.rend()});
  TextBuilder out(m.budget());
  for (auto item = items->items.rbegin(); item != items->items.rend(); ++item) out.append(*item->text());
  return out.take();
}

Result<Value> pairs(Machine& m, const std::vector<std::pair<Value, Value>>& entries) {
  std::vector<Value> list;
  for (const auto& [key, value] : entries) list.push_back(TRY(m.list({key, value}, true)));
  return m.list(std::move(list));
}

Result<Value> items(Machine& m, const Value& self, Args args) {
  if (self.isUndefined()) return m.list({});
  if (self.dict() == nullptr)
    return fail(ErrorKind::badInput, "'", args.builtin.name, "' needs a mapping, not ", self.typeName());
  return pairs(m, self.dict()->entries);
}

/// What to sort or compare by: the attribute, in lower case unless case matters.
Result<Value> keyOf(Machine& m, const Value& item, const Value& attribute, bool caseSensitive) {
  Value key = attribute.isUndefined() || attribute.isNone() ? item : TRY(attributePath(m, item, attribute));
  if (caseSensitive || key.text() == nullptr) return key;
  TextBuilder out(m.budget());
  appendCased(out, *key.text(), Case::lower);
  return out.take();
}

/// Stable, also in reverse. Stops with the first error of a comparison.
Result<std::vector<std::size_t>> sortedOrder(Machine& m, const std::vector<Value>& keys, bool reversed) {
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::optional<Error> error;
  const auto before = [&](std::size_t a, std::size_t b) {
    if (error) return false;
    auto result = reversed ? less(m.budget(), keys[b], keys[a]) : less(m.budget(), keys[a], keys[b]);
    if (!result) error = std::move(result).error();
    return !error && *result;
  };
  std::stable_sort(order.begin(), order.end(), before);
  if (error) return std::unexpected(*error);
  return order;
}

Result<Value> sort(Machine& m, const Value& self, Args args) {
  const auto all = TRY(m.iterate(self));
  std::vector<Value> keys, out;
  for (const Value& item : all->items) keys.push_back(TRY(keyOf(m, item, args[2], args.flag(1))));
  const auto order = TRY(sortedOrder(m, keys, args.flag(0)));
  for (const std::size_t i : order) out.push_back(all->items[i]);
  return m.list(std::move(out));
}

Result<Value> dictSort(Machine& m, const Value& self, Args args) {
  if (self.dict() == nullptr)
    return fail(ErrorKind::badInput, "'dictsort' needs a mapping, not ", self.typeName());
  const bool byValue = args[1].text() != nullptr && args[1].text()->bytes() == "value";
  if (args.given(1) && !byValue && (args[1].text() == nullptr || args[1].text()->bytes() != "key"))
    return args.wrong(1, "'key' or 'value'");
  const auto& entries = self.dict()->entries;
  std::vector<Value> keys;
  for (const auto& [key, value] : entries)
    keys.push_back(TRY(keyOf(m, byValue ? value : key, Value(), args.flag(0))));
  const auto order = TRY(sortedOrder(m, keys, args.flag(2)));
  std::vector<std::pair<Value, Value>> out;
  for (const std::size_t i : order) out.push_back(entries[i]);
  return pairs(m, out);
}

Result<Value> unique(Machine& m, const Value& self, Args args) {
  std::vector<Value> seen, out;
  const auto all = TRY(m.iterate(self));
  for (const Value& item : all->items) {
    Value key = TRY(keyOf(m, item, args[1], args.flag(0)));
    bool known = false;
    for (std::size_t i = 0; i < seen.size() && !known; ++i) known = TRY(equal(m.budget(), seen[i], key));
    if (known) continue;
    seen.push_back(std::move(key));
    out.push_back(item);
  }
  return m.list(std::move(out));
}

Result<Value> extreme(Machine& m, const Value& self, Args args, bool largest) {
  const auto all = TRY(m.iterate(self));
  Value best, bestKey;
  for (std::size_t i = 0; i < all->items.size(); ++i) {
    Value key = TRY(keyOf(m, all->items[i], args[1], args.flag(0)));
    if (i > 0 && !TRY(largest ? less(m.budget(), bestKey, key) : less(m.budget(), key, bestKey))) continue;
    best = all->items[i];
    bestKey = std::move(key);
  }
  return best;
}

Result<Value> smallest(Machine& m, const Value& self, Args args) { return extreme(m, self, args, false); }
Result<Value> largest(Machine& m, const Value& self, Args args) { return extreme(m, self, args, true); }

Result<Value> sum(Machine& m, const Value& self, Args args) {
  Value total = args.given(1) ? args[1] : Value(std::int64_t{0});
  const auto all = TRY(m.iterate(self));
  for (const Value& item : all->items) {
    TRY(m.budget().step());
    const bool whole = !args.given(0) || args[0].isNone();
    total = TRY(add(m, total, whole ? item : TRY(attributePath(m, item, args[0]))));
  }
  return total;
}

Result<Value> batch(Machine& m, const Value& self, Args args) {
  const std::int64_t size = TRY(args.integer(0, 0));
  if (size <= 0) return args.wrong(0, "a positive integer");
  std::vector<Value> rows, row;
  const auto all = TRY(m.iterate(self));
  for (const Value& item : all->items) {
    row.push_back(item);
    if (static_cast<std::int64_t>(row.size()) == size) rows.push_back(TRY(m.list(std::exchange(row, {}))));
  }
  if (row.empty()) return m.list(std::move(rows));
  if (args.given(1)) TRY(m.budget().build(static_cast<std::size_t>(size) * sizeof(Value)));
  if (args.given(1)) row.resize(static_cast<std::size_t>(size), args[1]);
  rows.push_back(TRY(m.list(std::move(row))));
  return m.list(std::move(rows));
}

Result<Value> groupBy(Machine& m, const Value& self, Args args) {
  const auto all = TRY(m.iterate(self));
  std::vector<Value> keys, groups, group;
  for (const Value& item : all->items) keys.push_back(TRY(keyOf(m, item, args[0], true)));
  const auto order = TRY(sortedOrder(m, keys, false));
  for (std::size_t i = 0; i < order.size(); ++i) {
    group.push_back(all->items[order[i]]);
    if (i + 1 < order.size() && TRY(equal(m.budget(), keys[order[i]], keys[order[i + 1]]))) continue;
    const Value members = TRY(m.list(std::exchange(group, {})));
    groups.push_back(TRY(m.list({keys[order[i]], members}, true)));
  }
  return m.list(std::move(groups));
}

// clang-format off
constexpr Builtin kRows[] = {
    {"batch", "linecount! fill_with", batch},
    {"count", "", length},
    {"dictsort", "case_sensitive by reverse", dictSort},
    {"first", "", first},
    {"groupby", "attribute!", groupBy},
    {"items", "", items},
    {"last", "", last},
    {"length", "", length},
    {"list", "", list},
    {"max", "case_sensitive attribute", largest},
    {"min", "case_sensitive attribute", smallest},
    {"reverse", "", reverse},
    {"sort", "reverse case_sensitive attribute", sort},
    {"sum", "attribute start", sum},
    {"unique", "case_sensitive attribute", unique},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kListFilters = kRows;

}  // namespace cutaway::jinja
