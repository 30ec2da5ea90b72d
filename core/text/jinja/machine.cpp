#include "core/text/jinja/machine.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

constexpr std::size_t kObjectBytes = 64;  // what the smallest list, text or function takes, about

Result<std::size_t> depthAround(const Budget& budget, std::size_t inner) {
  if (inner >= budget.maxDepth())
    return fail(ErrorKind::badInput, "the template nests values deeper than ", budget.maxDepth());
  return inner + 1;
}

}  // namespace

const Value* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->m_parent)
    if (const auto found = scope->m_values.find(name); found != scope->m_values.end()) return &found->second;
  return nullptr;
}

void Scope::remember() {
  for (Scope* scope = this; scope != nullptr && !scope->m_remembered; scope = scope->m_parent)
    scope->m_remembered = true;
}

Machine::Machine(const RenderOptions& options) : m_budget(options.limits), m_now(options.now) {}

Machine::~Machine() {
  for (const auto& ns : m_namespaces) ns->values.clear();  // they may hold each other
}

Result<std::vector<PromptSegment>> Machine::render(const Block& body, const nlohmann::ordered_json& data) {
  TextBuilder out(m_budget);
  m_out = &out;
  auto ready = setVariables(data);
  if (!ready) return fail(ready.error().kind, "chat template data: ", ready.error().message);
  TRY(run(body));
  return TRY(out.takeText()).segments();
}

Result<void> Machine::setVariables(const nlohmann::ordered_json& data) {
  for (const auto& rows : functionTable())
    for (const Builtin& row : rows) {
      Function global;
      global.builtin = &row;
      m_globals.set(row.name, TRY(function(std::move(global))));
    }
  if (!data.is_object()) return fail(ErrorKind::badInput, "expected an object, found ", data.type_name());
  for (const auto& [name, value] : data.items()) {
    const Origin origin = name.ends_with("_token") ? Origin::fromTemplate : Origin::fromMessage;
    m_globals.set(name, TRY(convert(value, origin)));
  }
  return {};
}

Result<Value> Machine::convert(const nlohmann::ordered_json& data, Origin origin) {
  const Nest nest(m_budget);
  TRY(nest.check());
  TRY(m_budget.build(kObjectBytes));
  if (data.is_string()) return text(data.get_ref<const std::string&>(), origin);
  if (data.is_boolean()) return Value(data.get<bool>());
  if (data.is_number_unsigned() && data.get<std::uint64_t>() > INT64_MAX) return Value(data.get<double>());
  if (data.is_number_integer()) return Value(data.get<std::int64_t>());
  if (data.is_number()) return Value(data.get<double>());
  if (data.is_array()) {
    std::vector<Value> items;
    for (const auto& item : data) items.push_back(TRY(convert(item, Origin::fromMessage)));
    return list(std::move(items));
  }
  if (data.is_object()) {
    std::vector<std::pair<Value, Value>> entries;
    for (const auto& [key, value] : data.items()) {
      Value name = TRY(text(key, Origin::fromMessage));
      entries.emplace_back(std::move(name), TRY(convert(value, Origin::fromMessage)));
    }
    return dict(std::move(entries));
  }
  return Value(None{});
}

Result<Value> Machine::evaluate(const Expression& expression) {
  const auto inside = [&]() -> Result<Value> {
    const Nest nest(m_budget);
    TRY(nest.check());
    TRY(m_budget.step());
    return expression.evaluate(*this);
  };
  return at(expression.position, inside());
}

Result<Flow> Machine::run(const Block& block) {
  const Nest nest(m_budget);
  for (const auto& statement : block) {
    const auto inside = [&]() -> Result<Flow> {
      TRY(nest.check());
      TRY(m_budget.step());
      return statement->run(*this);
    };
    const Flow flow = TRY(at(statement->position, inside()));
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

Result<Value> Machine::capture(const Block& block) {
  TextBuilder part(m_budget);
  TextBuilder* const outer = std::exchange(m_out, &part);
  auto flow = run(block);
  m_out = outer;
  if (!flow) return std::unexpected(std::move(flow).error());
  return part.take();
}

Result<void> Machine::write(const Value& value) {
  if (m_out->appendValue(value)) return {};
  return std::unexpected(m_out->takeText().error());
}

Result<void> Machine::write(const Text& text) {
  if (m_out->append(text)) return {};
  return std::unexpected(m_out->takeText().error());
}

Result<void> Machine::assign(const Target& target, const Value& value) {
  if (target.unpacks) {
    const auto items = TRY(iterate(value));
    if (items->items.size() != target.targets.size())
      return fail(ErrorKind::badInput, "expected ", target.targets.size(), " values to unpack, found ",
                  items->items.size());
    for (std::size_t i = 0; i < items->items.size(); ++i) TRY(assign(target.targets[i], items->items[i]));
    return {};
  }
  if (target.member.empty()) {
    m_scope->set(target.name, value);
    return {};
  }
  const Value* object = m_scope->find(target.name);
  if (object == nullptr || object->nameSpace() == nullptr)
    return fail(ErrorKind::badInput, "'", target.name, "' is no namespace, so '", target.name, ".",
                target.member, "' cannot be set");
  TRY(m_budget.build(kObjectBytes));
  object->nameSpace()->values.insert_or_assign(target.member, value);
  return {};
}

Result<Value> Machine::text(std::string bytes, Origin origin) {
  TRY(m_budget.build(bytes.size() + kObjectBytes));
  return Value(Text(std::move(bytes), origin));
}

Result<Value> Machine::list(std::vector<Value> items, bool tuple) {
  TRY(m_budget.build(items.size() * sizeof(Value) + kObjectBytes));
  auto list = std::make_shared<List>();
  std::size_t inner = 0;
  for (const Value& item : items) inner = std::max(inner, item.depth());
  list->depth = TRY(depthAround(m_budget, inner));
  list->items = std::move(items);
  list->tuple = tuple;
  return Value(std::shared_ptr<const List>(std::move(list)));
}

Result<Value> Machine::dict(std::vector<std::pair<Value, Value>> entries) {
  TRY(m_budget.build(entries.size() * 2 * sizeof(Value) + kObjectBytes));
  auto dict = std::make_shared<Dict>();
  std::size_t inner = 0;
  for (const auto& [key, value] : entries) inner = std::max({inner, key.depth(), value.depth()});
  dict->depth = TRY(depthAround(m_budget, inner));
  dict->entries = std::move(entries);
  return Value(std::shared_ptr<const Dict>(std::move(dict)));
}

Result<Value> Machine::function(Function function) {
  TRY(m_budget.build((function.scope != nullptr ? 8 : 2) * kObjectBytes));  // with the scope that it keeps
  function.depth = TRY(depthAround(m_budget, function.self.depth()));
  if (function.scope != nullptr) function.scope->remember();
  return Value(std::shared_ptr<const Function>(std::make_shared<Function>(std::move(function))));
}

Result<Value> Machine::loop(Loop loop) {
  TRY(m_budget.step());
  TRY(depthAround(m_budget, loop.items->depth));
  return Value(std::shared_ptr<const Loop>(std::make_shared<Loop>(std::move(loop))));
}

Result<Value> Machine::makeNamespace() {
  TRY(m_budget.build(2 * kObjectBytes));
  m_namespaces.push_back(std::make_shared<Namespace>());
  return Value(m_namespaces.back());
}

Result<std::shared_ptr<const List>> Machine::iterate(const Value& value) {
  if (value.list() != nullptr) return std::get<std::shared_ptr<const List>>(value.storage());
  std::vector<Value> items;
  if (const Dict* dict = value.dict()) {
    for (const auto& [key, entry] : dict->entries) items.push_back(key);
  } else if (const Text* text = value.text()) {
    TRY(m_budget.build(text->size() * (sizeof(std::size_t) + sizeof(Text) + kObjectBytes)));
    const auto offsets = characterOffsets(text->bytes());
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
      items.emplace_back(text->range(offsets[i], offsets[i + 1]));
  } else if (!value.isUndefined()) {
    return fail(ErrorKind::badInput, value.typeName(), " has no items to go through");
  }
  return std::get<std::shared_ptr<const List>>(TRY(list(std::move(items))).storage());
}

Result<Value> Machine::printed(const Value& value) {
  if (value.text() != nullptr) return value;
  TextBuilder out(m_budget);
  out.appendValue(value);
  return out.take();
}

}  // namespace cutaway::jinja
