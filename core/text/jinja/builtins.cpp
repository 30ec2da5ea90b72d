#include "core/text/jinja/builtins.h"

namespace cutaway::jinja {
namespace {

struct Parameter {
  std::string_view name;
  bool required;
};

std::vector<Parameter> splitParameters(std::string_view list) {
  std::vector<Parameter> parameters;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    std::string_view name = list.substr(0, end);
    const bool required = name.ends_with('!');
    if (required) name.remove_suffix(1);
    parameters.push_back({name, required});
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parameters;
}

std::unexpected<Error> refuse(const Builtin& builtin, const auto&... words) {
  return fail(ErrorKind::badInput, "'", builtin.name, "' ", words...);
}

Result<std::vector<Value>> bind(const Builtin& builtin, const CallArguments& call) {
  const std::vector<Parameter> parameters = splitParameters(builtin.parameters);
  if (call.positional.size() > parameters.size())
    return refuse(builtin, "takes at most ", parameters.size(), " arguments, not ", call.positional.size());
  std::vector<Value> values = call.positional;
  values.resize(parameters.size());
  std::size_t used = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Value* named = call.find(parameters[i].name);
    if (named != nullptr) ++used;
    if (named != nullptr && i < call.positional.size())
      return refuse(builtin, "got '", parameters[i].name, "' twice");
    if (named != nullptr) values[i] = *named;
    if (parameters[i].required && named == nullptr && i >= call.positional.size())
      return refuse(builtin, "needs the argument '", parameters[i].name, "'");
  }
  if (used < call.named.size()) return refuse(builtin, "was given a named argument that it does not know");
  return values;
}

}  // namespace

const Value* CallArguments::find(std::string_view name) const {
  for (const auto& [key, value] : named)
    if (key == name) return &value;
  return nullptr;
}

std::unexpected<Error> Arguments::wrong(std::size_t i, std::string_view expected) const {
  return refuse(builtin, "needs ", expected, " for '", splitParameters(builtin.parameters)[i].name, "', not ",
                values[i].typeName());
}

Result<std::int64_t> Arguments::integer(std::size_t i, std::int64_t fallback) const {
  if (!given(i) || values[i].isNone()) return fallback;
  if (const auto value = values[i].integer()) return *value;
  return wrong(i, "an integer");
}

Result<const Text*> Arguments::text(std::size_t i) const {
  if (const Text* value = values[i].text()) return value;
  return wrong(i, "a string");
}

Result<const Text*> Arguments::textOrNull(std::size_t i) const {
  if (!given(i) || values[i].isNone()) return nullptr;
  return text(i);
}

const BuiltinTable& filterTable() {
  static const BuiltinTable kTable = {kTextFilters, kListFilters, kSelectFilters, kOtherFilters};
  return kTable;
}

const BuiltinTable& testTable() {
  static const BuiltinTable kTable = {kTests};
  return kTable;
}

const BuiltinTable& functionTable() {
  static const BuiltinTable kTable = {kFunctions};
  return kTable;
}

const BuiltinTable& methodTable(const Value& value) {
  static const BuiltinTable kText = {kTextMethods, kSplitMethods}, kDict = {kDictMethods},
                            kList = {kListMethods}, kNone;
  return value.text() != nullptr   ? kText
         : value.dict() != nullptr ? kDict
         : value.list() != nullptr ? kList
                                   : kNone;
}

const Builtin* findBuiltin(const BuiltinTable& table, std::string_view name) {
  for (const auto& rows : table)
    for (const Builtin& row : rows)
      if (row.name == name) return &row;
  return nullptr;
}

Result<Value> runBuiltin(Machine& machine, const Builtin& builtin, const Value& self,
                         const CallArguments& call) {
  if (builtin.parameters == "*") return builtin.run(machine, self, {builtin, call, {}});
  return builtin.run(machine, self, {builtin, call, TRY(bind(builtin, call))});
}

}  // namespace cutaway::jinja
