// The tables of filters, tests, global functions and methods: name, parameters, function. One line each.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/value.h"

namespace cutaway::jinja {

class Machine;
struct Builtin;

/// Arguments as the call wrote them.
struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  const Value* find(std::string_view name) const;
};

/// Arguments in the order of the row's parameters; what was not given is undefined. The typed getters fail
/// with the names of function and parameter. Rows with parameters "*" read `raw` themselves.
struct Arguments {
  const Builtin& builtin;
  const CallArguments& raw;
  std::vector<Value> values;

  const Value& operator[](std::size_t i) const { return values[i]; }
  bool given(std::size_t i) const { return !values[i].isUndefined(); }
  Result<std::int64_t> integer(std::size_t i, std::int64_t fallback) const;
  bool flag(std::size_t i) const { return values[i].truth(); }
  Result<const Text*> text(std::size_t i) const;        ///< must be given
  Result<const Text*> textOrNull(std::size_t i) const;  ///< null when not given, or none
  std::unexpected<Error> wrong(std::size_t i, std::string_view expected) const;
};

struct Builtin {
  std::string_view name;
  std::string_view
      parameters;  ///< "width first blank"; a trailing "!" marks one that must be given; "*": any
  /// `self` is the filtered or tested value, or the object of a method.
  Result<Value> (*run)(Machine& machine, const Value& self, const Arguments& arguments);
};

/// Rows of several files make one table.
using BuiltinTable = std::vector<std::span<const Builtin>>;
const BuiltinTable& filterTable();
const BuiltinTable& testTable();
const BuiltinTable& functionTable();
/// The methods that a value has; empty for those without any.
const BuiltinTable& methodTable(const Value& value);
/// Null when there is none.
const Builtin* findBuiltin(const BuiltinTable& table, std::string_view name);

Result<Value> runBuiltin(Machine& machine, const Builtin& builtin, const Value& self,
                         const CallArguments& call);

// The rows, by file.
extern const std::span<const Builtin> kTextFilters, kListFilters, kSelectFilters, kOtherFilters;
extern const std::span<const Builtin> kTests, kFunctions;
extern const std::span<const Builtin> kTextMethods, kSplitMethods, kDictMethods, kListMethods;

}  // namespace cutaway::jinja
