// The values of the template language, with Python's rules for truth, equality and order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/text/jinja/budget.h"
#include "core/text/jinja/text.h"

namespace cutaway::jinja {

struct Builtin;
struct MacroBody;
class Scope;
struct List;
struct Dict;
struct Namespace;
struct Loop;
struct Function;

template <class T, class Variant>
constexpr bool kIsAlternative = false;
template <class T, class... Alternatives>
constexpr bool kIsAlternative<T, std::variant<Alternatives...>> = (std::is_same_v<T, Alternatives> || ...);

struct Undefined {
  std::string_view name;  ///< what was looked up, for errors; lives in the syntax tree
};
struct None {};

/// Cheap to copy: texts, lists and dictionaries are shared and never change, so values form no cycles. Only a
/// namespace changes; the machine that made it empties it in the end.
class Value {
 public:
  using Storage =
      std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
                   std::shared_ptr<const List>, std::shared_ptr<const Dict>, std::shared_ptr<Namespace>,
                   std::shared_ptr<const Loop>, std::shared_ptr<const Function>>;
  Value() = default;  ///< undefined
  template <class T>
  requires kIsAlternative<T, Storage> Value(T value) : m_storage(std::in_place_type<T>, std::move(value)) {}
  explicit Value(Text text) : Value(std::shared_ptr<const Text>(std::make_shared<Text>(std::move(text)))) {}

  bool isUndefined() const { return std::holds_alternative<Undefined>(m_storage); }
  bool isNone() const { return std::holds_alternative<None>(m_storage); }
  bool isNumber() const;  ///< an integer, a real or, as in Python, a truth value
  std::optional<bool> boolean() const { return get<bool>(); }
  std::optional<std::int64_t> integer() const;  ///< truth values too
  std::optional<double> number() const;
  const std::int64_t* onlyInteger() const { return std::get_if<std::int64_t>(&m_storage); }
  const double* onlyReal() const { return std::get_if<double>(&m_storage); }
  const Text* text() const { return shared<const Text>(); }
  const List* list() const { return shared<const List>(); }
  const Dict* dict() const { return shared<const Dict>(); }
  Namespace* nameSpace() const { return shared<Namespace>(); }
  const Loop* loop() const { return shared<const Loop>(); }
  const Function* function() const { return shared<const Function>(); }
  const Storage& storage() const { return m_storage; }

  bool truth() const;
  std::size_t depth() const;     ///< nesting of lists, dictionaries and bound methods; 0 for others
  std::string typeName() const;  ///< "a string", for errors

 private:
  template <class T>
  std::optional<T> get() const {
    const T* value = std::get_if<T>(&m_storage);
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }
  template <class T>
  T* shared() const {
    const auto* pointer = std::get_if<std::shared_ptr<T>>(&m_storage);
    return pointer == nullptr ? nullptr : pointer->get();
  }
  Storage m_storage;
};

struct List {
  std::vector<Value> items;
  bool tuple = false;
  std::size_t depth = 1;
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;  ///< in order of insertion; keys differ
  std::size_t depth = 1;

  const Value* find(std::string_view key) const;
};

struct Namespace {
  std::unordered_map<std::string, Value> values;
};

/// The variable `loop`.
struct Loop {
  std::shared_ptr<const List> items;
  std::size_t index = 0;
  std::size_t nesting = 0;  ///< 0 in the outermost loop of its kind
  Value recurse;            ///< runs the loop over other items; undefined unless it says `recursive`
};

/// A global function, a method bound to its object, or a macro (a call block, a recursive loop) with its
/// scope.
struct Function {
  const Builtin* builtin = nullptr;
  Value self;
  const MacroBody* macro = nullptr;
  Scope* scope = nullptr;
  std::size_t nesting = 0;  ///< of the loop that a call of a recursive loop runs
  std::size_t depth = 1;
};

/// The value of a key; null when there is none. Lives as long as the dictionary.
Result<const Value*> lookUp(Budget& budget, const Dict& dict, const Value& key);
/// Adds an entry, or replaces the value of an equal key in its place.
Result<void> put(Budget& budget, Dict& dict, Value key, Value value);
/// Python's ==. Pays a step for each pair compared.
Result<bool> equal(Budget& budget, const Value& a, const Value& b);
/// Python's <, for numbers, strings and lists; others fail as Python does.
Result<bool> less(Budget& budget, const Value& a, const Value& b);
/// Python's `item in container`.
Result<bool> contains(Budget& budget, const Value& container, const Value& item);

}  // namespace cutaway::jinja
