// Operators, from the weakest to the strongest.
#include <algorithm>

#include "core/text/jinja/operators.h"
#include "core/text/jinja/parser_nest.h"

namespace cutaway::jinja {
namespace {

struct OperatorRow {
  std::string_view sign;
  BinaryOperator apply;
};

constexpr OperatorRow kComparisons[] = {{"==", isEqual},       {"!=", isUnequal}, {"<", isLess},
                                        {"<=", isLessOrEqual}, {">", isGreater},  {">=", isGreaterOrEqual},
                                        {"in", isIn},          {"not", isNotIn}};

/// Levels of operators that associate to the left, weakest first.
constexpr OperatorRow kSums[] = {{"+", add}, {"-", subtract}};
constexpr OperatorRow kJoins[] = {{"~", concatenate}};
constexpr OperatorRow kProducts[] = {{"*", multiply}, {"/", divide}, {"//", floorDivide}, {"%", modulo}};
constexpr OperatorRow kPowers[] = {{"**", power}};
constexpr std::span<const OperatorRow> kLevels[] = {kSums, kJoins, kProducts, kPowers};

struct UnaryRow {
  std::string_view sign;
  UnaryOperator apply;
};
constexpr UnaryRow kUnary[] = {{"-", negate}, {"+", plus}};

}  // namespace

Result<ExpressionPtr> Parser::tupleOr(bool allowsTernary) {
  const Position position = current().position;
  ExpressionPtr first = TRY(expression(allowsTernary));
  if (!isSign(",")) return first;
  auto tuple = makeNode<ListLiteral>(position);
  tuple->tuple = true;
  tuple->items.push_back(std::move(first));
  const auto ends = [this] {
    return current().kind == TokenKind::endPrint || current().kind == TokenKind::endBlock || isSign(")") ||
           isSign("]") || isSign("=") || isName("in");
  };
  while (takeSign(",") && !ends()) tuple->items.push_back(TRY(expression(allowsTernary)));
  return tuple;
}

Result<ExpressionPtr> Parser::expression(bool allowsTernary) {
  const ParserNest nest(*this);
  TRY(nest.check());
  const Position position = current().position;
  ExpressionPtr value = TRY(logic(true));
  if (!allowsTernary || !takeName("if")) return value;
  auto ternary = makeNode<Ternary>(position);
  ternary->yes = std::move(value);
  ternary->condition = TRY(logic(true));
  if (takeName("else")) ternary->no = TRY(expression());
  return ternary;
}

Result<ExpressionPtr> Parser::logic(bool isOr) {
  const Position position = current().position;
  const std::string_view word = isOr ? "or" : "and";
  ExpressionPtr first = TRY(isOr ? logic(false) : negation());
  if (!isName(word)) return first;
  auto node = makeNode<Logic>(position);
  node->stopsAt = isOr;
  node->operands.push_back(std::move(first));
  while (takeName(word)) node->operands.push_back(TRY(isOr ? logic(false) : negation()));
  return node;
}

Result<ExpressionPtr> Parser::negation() {
  if (!isName("not")) return comparison();
  const ParserNest nest(*this);
  TRY(nest.check());
  auto node = makeNode<Unary>(take().position);
  node->apply = logicalNot;
  node->operand = TRY(negation());
  return node;
}

Result<ExpressionPtr> Parser::comparison() {
  auto node = makeNode<Comparison>(current().position);
  node->first = TRY(chain(0));
  while (true) {
    const bool isNot = isName("not") && ahead().is(TokenKind::name, "in");
    const auto matches = [&](const OperatorRow& row) {
      if (row.sign == "not") return isNot;
      return row.sign == "in" ? isName("in") : isSign(row.sign);
    };
    const auto row = std::find_if(std::begin(kComparisons), std::end(kComparisons), matches);
    if (row == std::end(kComparisons)) break;
    const Position position = take().position;
    if (isNot) take();
    node->links.push_back({row->apply, TRY(chain(0)), position});
  }
  if (node->links.empty()) return std::move(node->first);
  return node;
}

Result<ExpressionPtr> Parser::chain(std::size_t level) {
  if (level == std::size(kLevels)) return unary(true);
  auto node = makeNode<Chain>(current().position);
  node->first = TRY(chain(level + 1));
  while (true) {
    const auto matches = [this](const OperatorRow& row) { return isSign(row.sign); };
    const auto row = std::find_if(kLevels[level].begin(), kLevels[level].end(), matches);
    if (row == kLevels[level].end()) break;
    const Position position = take().position;
    node->links.push_back({row->apply, TRY(chain(level + 1)), position});
  }
  if (node->links.empty()) return std::move(node->first);
  return node;
}

Result<ExpressionPtr> Parser::unary(bool withFilters) {
  for (const UnaryRow& row : kUnary) {
    if (!isSign(row.sign)) continue;
    const ParserNest nest(*this);
    TRY(nest.check());
    auto node = makeNode<Unary>(take().position);
    node->apply = row.apply;
    node->operand = TRY(unary(false));
    return postfix(std::move(node), withFilters);
  }
  return postfix(TRY(primary()), withFilters);
}

Result<ExpressionPtr> Parser::postfix(ExpressionPtr value, bool withFilters) {
  const Position start = current().position;
  for (std::size_t count = 0;; ++count) {
    if (count > kMaxNesting) return failAt(start, "more than ", kMaxNesting, " members and filters in a row");
    const Position position = current().position;
    if (takeSign(".")) {
      value = TRY(dotted(std::move(value)));
    } else if (takeSign("[")) {
      value = TRY(subscripted(std::move(value), position));
    } else if (takeSign("(")) {
      auto call = makeNode<Call>(position);
      call->callee = std::move(value);
      call->arguments = TRY(argumentList());
      value = std::move(call);
    } else if (withFilters && takeSign("|")) {
      auto node = std::make_unique<FilterCall>(TRY(filter()));
      node->input = std::move(value);
      value = std::move(node);
    } else if (withFilters && takeName("is")) {
      value = TRY(test(std::move(value)));
    } else {
      return value;
    }
  }
}

}  // namespace cutaway::jinja
