// Calls of functions, macros, call blocks and recursive loops.
#include <algorithm>

#include "core/text/jinja/machine.h"

namespace cutaway::jinja {

Result<Value> Machine::call(const Value& callee, const CallArguments& arguments) {
  const Nest nest(m_budget);
  TRY(nest.check());
  const Function* function = callee.function();
  if (const Loop* loop = callee.loop(); loop != nullptr && !loop->recurse.isUndefined())
    return call(loop->recurse, arguments);
  if (function == nullptr) return fail(ErrorKind::badInput, callee.typeName(), " is no function");
  if (function->builtin != nullptr) return runBuiltin(*this, *function->builtin, function->self, arguments);
  return callMacro(*function, arguments);
}

Result<Value> Machine::callMacro(const Function& function, const CallArguments& arguments) {
  return inScope(function.scope, [&]() -> Result<Value> {
    if (function.macro->loop != nullptr) {
      if (arguments.positional.size() != 1) return fail(ErrorKind::badInput, "loop() needs one list");
      TextBuilder part(m_budget);
      TextBuilder* const outer = std::exchange(m_out, &part);
      auto done = function.macro->loop->runOver(*this, arguments.positional[0], function.nesting);
      m_out = outer;
      if (!done) return std::unexpected(std::move(done).error());
      return part.take();
    }
    TRY(bindMacro(*function.macro, arguments));
    return capture(function.macro->body);
  });
}

Result<void> Machine::bindMacro(const MacroBody& macro, const CallArguments& arguments) {
  const std::size_t count = macro.parameters.size();
  if (arguments.positional.size() > count && !macro.takesMore)
    return fail(ErrorKind::badInput, "macro '", macro.name, "' takes at most ", count, " arguments, not ",
                arguments.positional.size());
  std::vector<std::pair<Value, Value>> more;
  for (const auto& [name, value] : arguments.named) {
    const auto hasName = [&key = name](const MacroBody::Parameter& p) { return p.name == key; };
    const auto known = std::find_if(macro.parameters.begin(), macro.parameters.end(), hasName);
    if (known == macro.parameters.end() && !macro.takesMoreNamed && name != "caller")
      return fail(ErrorKind::badInput, "macro '", macro.name, "' knows no argument '", name, "'");
    if (known != macro.parameters.end() || name == "caller")
      m_scope->set(name, value);
    else
      more.emplace_back(TRY(text(name)), value);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [name, fallback] = macro.parameters[i];
    if (i < arguments.positional.size())
      m_scope->set(name, arguments.positional[i]);
    else if (arguments.find(name) != nullptr)
      continue;
    else
      m_scope->set(name, fallback != nullptr ? TRY(evaluate(*fallback)) : Value(Undefined{name}));
  }
  if (macro.takesMoreNamed) m_scope->set("kwargs", TRY(dict(std::move(more))));
  if (!macro.takesMore) return {};
  std::vector<Value> rest;
  for (std::size_t i = count; i < arguments.positional.size(); ++i) rest.push_back(arguments.positional[i]);
  m_scope->set("varargs", TRY(list(std::move(rest), true)));
  return {};
}

}  // namespace cutaway::jinja
