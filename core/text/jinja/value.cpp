#include "core/text/jinja/value.h"

#include <algorithm>

namespace cutaway::jinja {
namespace {

constexpr const char* kTypeNames[] = {"undefined",   "none",     "a boolean", "an integer",
                                      "a float",     "a string", "a list",    "a mapping",
                                      "a namespace", "a loop",   "a function"};
static_assert(std::size(kTypeNames) == std::variant_size_v<Value::Storage>);

Result<bool> equalItems(Budget& budget, const List& a, const List& b) {
  if (a.items.size() != b.items.size() || a.tuple != b.tuple) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!TRY(equal(budget, a.items[i], b.items[i]))) return false;
  return true;
}

Result<bool> equalEntries(Budget& budget, const Dict& a, const Dict& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = TRY(lookUp(budget, b, key));
    if (other == nullptr || !TRY(equal(budget, value, *other))) return false;
  }
  return true;
}

template <class T>
const void* identity(const Value& value) {
  const auto* pointer = std::get_if<std::shared_ptr<T>>(&value.storage());
  return pointer == nullptr ? nullptr : pointer->get();
}

bool sameObject(const Value& a, const Value& b) {
  return a.storage().index() == b.storage().index() && identity<Namespace>(a) == identity<Namespace>(b) &&
         identity<const Loop>(a) == identity<const Loop>(b) &&
         identity<const Function>(a) == identity<const Function>(b);
}

Result<bool> lessItems(Budget& budget, const List& a, const List& b) {
  const std::size_t common = std::min(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < common; ++i)
    if (!TRY(equal(budget, a.items[i], b.items[i]))) return less(budget, a.items[i], b.items[i]);
  return a.items.size() < b.items.size();
}

}  // namespace

bool Value::isNumber() const { return integer() || onlyReal() != nullptr; }

std::optional<std::int64_t> Value::integer() const {
  if (const auto flag = boolean()) return *flag ? 1 : 0;
  return get<std::int64_t>();
}

std::optional<double> Value::number() const {
  if (const auto whole = integer()) return static_cast<double>(*whole);
  return get<double>();
}

bool Value::truth() const {
  if (const auto value = number()) return *value != 0;
  if (const Text* t = text()) return !t->empty();
  if (const List* l = list()) return !l->items.empty();
  if (const Dict* d = dict()) return !d->entries.empty();
  return !isUndefined() && !isNone();
}

std::size_t Value::depth() const {
  if (const List* l = list()) return l->depth;
  if (const Dict* d = dict()) return d->depth;
  if (const Function* f = function()) return f->depth;
  if (const Loop* l = loop()) return l->items->depth + 1;
  return 0;
}

std::string Value::typeName() const {
  if (const auto* undefined = std::get_if<Undefined>(&m_storage);
      undefined != nullptr && !undefined->name.empty())
    return "undefined ('" + std::string(undefined->name) + "')";
  return kTypeNames[m_storage.index()];
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [k, v] : entries)
    if (const Text* text = k.text(); text != nullptr && text->bytes() == key) return &v;
  return nullptr;
}

Result<const Value*> lookUp(Budget& budget, const Dict& dict, const Value& key) {
  TRY(budget.step(1 + dict.entries.size() / 16));
  if (key.text() != nullptr) return dict.find(key.text()->bytes());
  for (const auto& [k, v] : dict.entries)
    if (TRY(equal(budget, k, key))) return &v;
  return nullptr;
}

Result<void> put(Budget& budget, Dict& dict, Value key, Value value) {
  const Value* old = TRY(lookUp(budget, dict, key));
  if (old != nullptr)
    const_cast<Value&>(*old) = std::move(value);  // of `dict`, which is not const
  else
    dict.entries.emplace_back(std::move(key), std::move(value));
  return {};
}

Result<bool> equal(Budget& budget, const Value& a, const Value& b) {
  const Nest nest(budget);
  TRY(nest.check());
  TRY(budget.step());
  if (a.onlyReal() == nullptr && b.onlyReal() == nullptr && a.isNumber() && b.isNumber())
    return a.integer() == b.integer();
  if (a.isNumber() && b.isNumber()) return a.number() == b.number();
  if (a.storage().index() != b.storage().index()) return false;
  if (a.text() != nullptr) {
    if (a.text()->size() != b.text()->size()) return false;
    TRY(budget.scan(a.text()->size()));
    return a.text()->bytes() == b.text()->bytes();
  }
  if (a.list() != nullptr) return equalItems(budget, *a.list(), *b.list());
  if (a.dict() != nullptr) return equalEntries(budget, *a.dict(), *b.dict());
  return sameObject(a, b);
}

Result<bool> less(Budget& budget, const Value& a, const Value& b) {
  const Nest nest(budget);
  TRY(nest.check());
  TRY(budget.step());
  if (a.integer() && b.integer()) return *a.integer() < *b.integer();
  if (a.isNumber() && b.isNumber()) return *a.number() < *b.number();
  if (a.text() != nullptr && b.text() != nullptr) {
    TRY(budget.scan(std::min(a.text()->size(), b.text()->size())));
    return a.text()->bytes() < b.text()->bytes();
  }
  if (a.list() != nullptr && b.list() != nullptr) return lessItems(budget, *a.list(), *b.list());
  return fail(ErrorKind::badInput, "cannot order ", a.typeName(), " and ", b.typeName());
}

Result<bool> contains(Budget& budget, const Value& container, const Value& item) {
  if (container.isUndefined()) return false;
  if (const Dict* dict = container.dict()) return TRY(lookUp(budget, *dict, item)) != nullptr;
  if (const List* list = container.list()) {
    for (const Value& member : list->items)
      if (TRY(equal(budget, member, item))) return true;
    return false;
  }
  if (const Text* text = container.text()) {
    if (item.text() == nullptr)
      return fail(ErrorKind::badInput, "cannot look for ", item.typeName(), " in a string");
    TRY(budget.scan(text->size() + item.text()->size()));
    return Searcher(item.text()->bytes()).find(text->bytes()) != std::string::npos;
  }
  return fail(ErrorKind::badInput, "cannot look into ", container.typeName(), " with 'in'");
}

}  // namespace cutaway::jinja
