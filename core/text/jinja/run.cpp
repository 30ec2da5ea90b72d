// Statements.
#include "core/text/jinja/machine.h"

namespace cutaway::jinja {
namespace {

Result<Value> bodyFunction(Machine& machine, const MacroBody& body, std::size_t nesting = 0) {
  Function function;
  function.nesting = nesting;
  function.macro = &body;
  function.scope = &machine.scope();
  return machine.function(std::move(function));
}

Result<Value> filtered(Machine& machine, Value value, const std::vector<FilterCall>& filters) {
  for (const FilterCall& filter : filters)
    value = TRY(machine.at(filter.position, filter.apply(machine, value)));
  return value;
}

}  // namespace

Result<Flow> Output::run(Machine& machine) const {
  TRY(machine.write(text));
  return Flow::next;
}

Result<Flow> Print::run(Machine& machine) const {
  TRY(machine.write(TRY(machine.evaluate(*value))));
  return Flow::next;
}

Result<Flow> If::run(Machine& machine) const {
  for (const auto& [condition, body] : branches)
    if (TRY(machine.evaluate(*condition)).truth()) return machine.run(body);
  return machine.run(otherwise);
}

Result<Flow> For::run(Machine& machine) const {
  TRY(runOver(machine, TRY(machine.evaluate(*items)), 0));
  return Flow::next;
}

Result<std::shared_ptr<const List>> For::chosen(Machine& machine, const Value& all) const {
  auto list = TRY(machine.iterate(all));
  if (condition == nullptr) return list;
  std::vector<Value> kept;
  for (const Value& item : list->items) {
    const Value keep = TRY(machine.inScope(&machine.scope(), [&]() -> Result<Value> {
      TRY(machine.assign(target, item));
      return machine.evaluate(*condition);
    }));
    if (keep.truth()) kept.push_back(item);
  }
  return std::get<std::shared_ptr<const List>>(TRY(machine.list(std::move(kept))).storage());
}

Result<void> For::runOver(Machine& machine, const Value& all, std::size_t nesting) const {
  Loop loop;
  loop.items = TRY(chosen(machine, all));
  loop.nesting = nesting;
  if (recursive) loop.recurse = TRY(bodyFunction(machine, recursion, nesting + 1));
  for (; loop.index < loop.items->items.size(); ++loop.index) {
    const Flow flow = TRY(machine.inScope(&machine.scope(), [&]() -> Result<Flow> {
      TRY(machine.assign(target, loop.items->items[loop.index]));
      machine.scope().set("loop", TRY(machine.loop(loop)));
      return machine.run(body);
    }));
    if (flow == Flow::breaks) return {};
  }
  if (loop.items->items.empty()) TRY(machine.run(otherwise));
  return {};
}

Result<Flow> Set::run(Machine& machine) const {
  if (value != nullptr) {
    TRY(machine.assign(target, TRY(machine.evaluate(*value))));
    return Flow::next;
  }
  const Value text = TRY(machine.inScope(&machine.scope(), [&] { return machine.capture(body); }));
  TRY(machine.assign(target, TRY(filtered(machine, text, filters))));
  return Flow::next;
}

Result<Flow> Macro::run(Machine& machine) const {
  machine.scope().set(macro.name, TRY(bodyFunction(machine, macro)));
  return Flow::next;
}

Result<Flow> CallBlock::run(Machine& machine) const {
  CallArguments arguments = TRY(call->arguments.evaluate(machine));
  const Value function = TRY(machine.evaluate(*call->callee));
  arguments.named.emplace_back("caller", TRY(bodyFunction(machine, caller)));
  TRY(machine.write(TRY(machine.call(function, arguments))));
  return Flow::next;
}

Result<Flow> FilterBlock::run(Machine& machine) const {
  const Value text = TRY(machine.inScope(&machine.scope(), [&] { return machine.capture(body); }));
  TRY(machine.write(TRY(filtered(machine, text, filters))));
  return Flow::next;
}

Result<Flow> With::run(Machine& machine) const {
  std::vector<Value> values;
  for (const auto& [target, value] : assignments) values.push_back(TRY(machine.evaluate(*value)));
  return machine.inScope(&machine.scope(), [&]() -> Result<Flow> {
    for (std::size_t i = 0; i < values.size(); ++i) TRY(machine.assign(assignments[i].first, values[i]));
    return machine.run(body);
  });
}

Result<Flow> Group::run(Machine& machine) const { return machine.run(body); }

Result<Flow> Jump::run(Machine&) const { return flow; }

}  // namespace cutaway::jinja
