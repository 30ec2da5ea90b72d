// The syntax tree of a template. Nodes evaluate themselves on a Machine; they hold no state of a run.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/text/jinja/builtins.h"
#include "core/text/jinja/value.h"

namespace cutaway::jinja {

/// In the template's source, both from 1.
struct Position {
  int line = 1, column = 1;
};

struct Expression {
  Position position;

  virtual ~Expression() = default;
  virtual Result<Value> evaluate(Machine& machine) const = 0;
};
using ExpressionPtr = std::unique_ptr<Expression>;

/// What a statement did to the loop around it.
enum class Flow { next, breaks, continues };

struct Statement {
  Position position;

  virtual ~Statement() = default;
  virtual Result<Flow> run(Machine& machine) const = 0;
};
using Block = std::vector<std::unique_ptr<Statement>>;

// Expressions.

struct Literal : Expression {
  Value value;
  Result<Value> evaluate(Machine& machine) const override;
};

struct Name : Expression {
  std::string name;
  Result<Value> evaluate(Machine& machine) const override;
};

struct ListLiteral : Expression {
  std::vector<ExpressionPtr> items;
  bool tuple = false;
  Result<Value> evaluate(Machine& machine) const override;
};

struct DictLiteral : Expression {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
  Result<Value> evaluate(Machine& machine) const override;
};

using BinaryOperator = Result<Value> (*)(Machine& machine, const Value& left, const Value& right);
using UnaryOperator = Result<Value> (*)(const Value& value);

/// `a + b - c`: operators of one level, from left to right, so that long sums do not nest.
struct Chain : Expression {
  struct Link {
    BinaryOperator apply;
    ExpressionPtr right;
    Position position;
  };
  ExpressionPtr first;
  std::vector<Link> links;
  Result<Value> evaluate(Machine& machine) const override;
};

/// `a < b <= c`: true if all are; each operand is evaluated once.
struct Comparison : Chain {
  Result<Value> evaluate(Machine& machine) const override;
};

/// `a and b and c`, or the same with `or`: gives the deciding operand.
struct Logic : Expression {
  std::vector<ExpressionPtr> operands;
  bool stopsAt = false;  ///< `or` stops at the first true operand
  Result<Value> evaluate(Machine& machine) const override;
};

struct Unary : Expression {
  UnaryOperator apply = nullptr;
  ExpressionPtr operand;
  Result<Value> evaluate(Machine& machine) const override;
};

struct Ternary : Expression {
  ExpressionPtr condition, yes, no;  ///< `no` may be null
  Result<Value> evaluate(Machine& machine) const override;
};

struct Member : Expression {
  ExpressionPtr object;
  std::string name;
  Result<Value> evaluate(Machine& machine) const override;
};

struct Subscript : Expression {
  ExpressionPtr object, index;
  Result<Value> evaluate(Machine& machine) const override;
};

struct Slice : Expression {
  ExpressionPtr object, start, stop, step;  ///< all but the object may be null
  Result<Value> evaluate(Machine& machine) const override;
};

struct ArgumentList {
  enum class Kind { positional, named, spreadList, spreadDict };
  struct Item {
    Kind kind;
    std::string name;
    ExpressionPtr value;
  };
  std::vector<Item> items;
  Result<CallArguments> evaluate(Machine& machine) const;
};

struct Call : Expression {
  ExpressionPtr callee;
  ArgumentList arguments;
  Result<Value> evaluate(Machine& machine) const override;
};

struct FilterCall : Expression {
  ExpressionPtr input;  ///< null in filter blocks, which pass their text
  const Builtin* filter = nullptr;
  ArgumentList arguments;
  Result<Value> apply(Machine& machine, const Value& value) const;
  Result<Value> evaluate(Machine& machine) const override;
};

struct TestCall : Expression {
  ExpressionPtr input;
  const Builtin* test = nullptr;
  ArgumentList arguments;
  bool negated = false;
  Result<Value> evaluate(Machine& machine) const override;
};

// Statements.

/// What an assignment or a loop writes to.
struct Target {
  Position position;
  std::string name;
  std::string member;           ///< of the namespace `name`; empty for a variable
  std::vector<Target> targets;  ///< not empty: the value is unpacked into these
  bool unpacks = false;
};

struct Output : Statement {
  Text text;
  Result<Flow> run(Machine& machine) const override;
};

struct Print : Statement {
  ExpressionPtr value;
  Result<Flow> run(Machine& machine) const override;
};

struct If : Statement {
  std::vector<std::pair<ExpressionPtr, Block>> branches;
  Block otherwise;
  Result<Flow> run(Machine& machine) const override;
};

/// What can be called with arguments: a macro, or the body of a call block.
struct MacroBody {
  struct Parameter {
    std::string name;
    ExpressionPtr fallback;  ///< may be null
  };
  std::string name;
  std::vector<Parameter> parameters;
  Block body;
  bool takesMore = false;            ///< uses `varargs`
  bool takesMoreNamed = false;       ///< uses `kwargs`
  const struct For* loop = nullptr;  ///< set for the function `loop` of a recursive loop
};

struct For : Statement {
  Target target;
  ExpressionPtr items, condition;  ///< the condition may be null
  Block body, otherwise;
  MacroBody recursion;  ///< used when `recursive`
  bool recursive = false;
  Result<Flow> run(Machine& machine) const override;
  Result<void> runOver(Machine& machine, const Value& all, std::size_t nesting) const;

 private:
  Result<std::shared_ptr<const List>> chosen(Machine& machine, const Value& all) const;
};

struct Set : Statement {
  Target target;
  ExpressionPtr value;  ///< null: the body's text through the filters
  Block body;
  std::vector<FilterCall> filters;
  Result<Flow> run(Machine& machine) const override;
};

struct Macro : Statement {
  MacroBody macro;
  Result<Flow> run(Machine& machine) const override;
};

struct CallBlock : Statement {
  std::unique_ptr<Call> call;
  MacroBody caller;
  Result<Flow> run(Machine& machine) const override;
};

struct FilterBlock : Statement {
  std::vector<FilterCall> filters;
  Block body;
  Result<Flow> run(Machine& machine) const override;
};

struct With : Statement {
  std::vector<std::pair<Target, ExpressionPtr>> assignments;
  Block body;
  Result<Flow> run(Machine& machine) const override;
};

/// Statements that stand for themselves, such as the ones between `generation` and `endgeneration`.
struct Group : Statement {
  Block body;
  Result<Flow> run(Machine& machine) const override;
};

/// `break` or `continue`.
struct Jump : Statement {
  Flow flow = Flow::breaks;
  Result<Flow> run(Machine& machine) const override;
};

}  // namespace cutaway::jinja
