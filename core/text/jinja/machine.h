// One run of a template: variables, output, budget, and what all nodes and builtins need to make values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/chat_template.h"
#include "core/text/jinja/ast.h"
#include "core/text/jinja/text_builder.h"

namespace cutaway::jinja {

/// Variables of a block, then those of the block around it. The machine keeps scopes that macros remember.
class Scope {
 public:
  explicit Scope(Scope* parent) : m_parent(parent) {}

  void set(std::string_view name, Value value) {
    m_values.insert_or_assign(std::string(name), std::move(value));
  }
  const Value* find(const std::string& name) const;
  void remember();  ///< marks this and all around it
  bool remembered() const { return m_remembered; }
  Scope* parent() const { return m_parent; }

 private:
  Scope* m_parent;
  std::unordered_map<std::string, Value> m_values;
  bool m_remembered = false;
};

class Machine {
 public:
  explicit Machine(const RenderOptions& options);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  /// The whole template; the segments of its output.
  Result<std::vector<PromptSegment>> render(const Block& body, const nlohmann::ordered_json& data);

  Result<Value> evaluate(const Expression& expression);
  Result<Flow> run(const Block& block);
  /// The block's output as text instead of output.
  Result<Value> capture(const Block& block);
  /// The same result; the first error gets the position in front.
  template <class T>
  Result<T> at(Position position, Result<T> result) {
    if (!result && !std::exchange(m_located, true))
      result.error().message = concat("chat template line ", position.line, ", column ", position.column,
                                      ": ", result.error().message);
    return result;
  }
  Result<void> assign(const Target& target, const Value& value);
  Result<Value> call(const Value& function, const CallArguments& arguments);
  Result<void> write(const Value& value);
  Result<void> write(const Text& text);

  // Values, paid from the budget.
  Result<Value> text(std::string bytes, Origin origin = Origin::fromTemplate);
  Result<Value> list(std::vector<Value> items, bool tuple = false);
  Result<Value> dict(std::vector<std::pair<Value, Value>> entries);
  Result<Value> function(Function function);
  Result<Value> loop(Loop loop);
  Result<Value> makeNamespace();
  /// The items of a list, keys of a dictionary, characters of a text; none for undefined.
  Result<std::shared_ptr<const List>> iterate(const Value& value);
  Result<Value> printed(const Value& value);  ///< as text

  Scope& scope() { return *m_scope; }
  Budget& budget() { return m_budget; }
  const std::string& now() const { return m_now; }

  /// Runs in a new scope; `body` gets the scope and returns a Result.
  template <class Body>
  auto inScope(Scope* parent, const Body& body) {
    auto scope = std::make_unique<Scope>(parent);
    Scope* const outer = std::exchange(m_scope, scope.get());
    auto result = body();
    m_scope = outer;
    if (scope->remembered()) m_kept.push_back(std::move(scope));
    return result;
  }

 private:
  Result<void> setVariables(const nlohmann::ordered_json& data);
  Result<Value> convert(const nlohmann::ordered_json& data, Origin origin);
  Result<Value> callMacro(const Function& function, const CallArguments& arguments);
  Result<void> bindMacro(const MacroBody& macro, const CallArguments& arguments);

  Budget m_budget;
  std::string m_now;
  Scope m_globals{nullptr};
  Scope* m_scope = &m_globals;
  TextBuilder* m_out = nullptr;
  std::vector<std::unique_ptr<Scope>> m_kept;
  std::vector<std::shared_ptr<Namespace>> m_namespaces;
  bool m_located = false;
};

/// `object.name` and `object[key]`: an entry, an item, a method; undefined when there is none.
Result<Value> member(Machine& machine, const Value& object, std::string_view name);
Result<Value> subscript(Machine& machine, const Value& object, const Value& index);
/// "a.b.0" as the filters' attribute= reads it, or an integer.
Result<Value> attributePath(Machine& machine, const Value& object, const Value& path);

}  // namespace cutaway::jinja
