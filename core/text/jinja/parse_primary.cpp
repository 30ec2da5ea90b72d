// Names, literals, and what stands behind a value: members, filters, tests, arguments.
#include <algorithm>
#include <charconv>
#include <locale>
#include <sstream>

#include "core/text/jinja/parser_nest.h"

namespace cutaway::jinja {
namespace {

struct Constant {
  std::string_view name;
  Value (*value)();
};
constexpr Constant kConstants[] = {
    {"true", [] { return Value(true); }},   {"True", [] { return Value(true); }},
    {"false", [] { return Value(false); }}, {"False", [] { return Value(false); }},
    {"none", [] { return Value(None{}); }}, {"None", [] { return Value(None{}); }},
};

/// After `is name` these go on with the expression; anything else that can begin a value is the test's
/// argument.
constexpr std::string_view kNoArgument[] = {"else", "or", "and", "if", "in", "not", "is", "recursive"};

bool beginsArgument(const Token& token) {
  if (token.kind == TokenKind::name)
    return std::find(std::begin(kNoArgument), std::end(kNoArgument), token.value) == std::end(kNoArgument);
  if (token.kind == TokenKind::sign) return token.value == "(" || token.value == "[" || token.value == "{";
  return token.kind == TokenKind::string || token.kind == TokenKind::integer || token.kind == TokenKind::real;
}

std::unique_ptr<Literal> makeLiteral(Position position, Value value) {
  auto node = makeNode<Literal>(position);
  node->value = std::move(value);
  return node;
}

double readReal(const std::string& digits) {
  std::istringstream in(digits);
  in.imbue(std::locale::classic());  // strtod would follow the user's decimal comma
  double value = 0;
  in >> value;
  return value;
}

}  // namespace

Result<ExpressionPtr> Parser::primary() {
  const Position position = current().position;
  if (takeSign("(")) return parenthesized();
  if (takeSign("[")) return listLiteral();
  if (takeSign("{")) return dictLiteral();
  if (current().kind != TokenKind::name) return literal(take());
  const std::string name = take().value;
  for (const Constant& constant : kConstants)
    if (constant.name == name) return makeLiteral(position, constant.value());
  if (m_macro != nullptr && name == "varargs") m_macro->takesMore = true;
  if (m_macro != nullptr && name == "kwargs") m_macro->takesMoreNamed = true;
  auto node = makeNode<Name>(position);
  node->name = name;
  return node;
}

Result<ExpressionPtr> Parser::literal(Token token) {
  if (token.kind == TokenKind::string) {
    std::string text = std::move(token.value);
    while (current().kind == TokenKind::string) text += take().value;
    return makeLiteral(token.position, Value(Text(std::move(text), Origin::fromTemplate)));
  }
  if (token.kind == TokenKind::real) return makeLiteral(token.position, Value(readReal(token.value)));
  if (token.kind == TokenKind::integer) {
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(token.value.data(), token.value.data() + token.value.size(), value);
    if (error != std::errc()) return failAt(token.position, "the number does not fit into 64 bits");
    return makeLiteral(token.position, Value(value));
  }
  const bool ends = token.kind == TokenKind::endPrint || token.kind == TokenKind::endBlock;
  if (ends) return failAt(token.position, "expected an expression before the end of the tag");
  return failAt(token.position, "expected an expression, found '", token.value, "'");
}

Result<ExpressionPtr> Parser::parenthesized() {
  const Position position = current().position;
  if (takeSign(")")) {
    auto empty = makeNode<ListLiteral>(position);
    empty->tuple = true;
    return empty;
  }
  ExpressionPtr value = TRY(tupleOr());
  TRY(expectSign(")"));
  return value;
}

Result<ExpressionPtr> Parser::listLiteral() {
  auto list = makeNode<ListLiteral>(current().position);
  while (!takeSign("]")) {
    list->items.push_back(TRY(expression()));
    if (!isSign("]")) TRY(expectSign(","));
  }
  return list;
}

Result<ExpressionPtr> Parser::dictLiteral() {
  auto dict = makeNode<DictLiteral>(current().position);
  while (!takeSign("}")) {
    ExpressionPtr key = TRY(expression());
    TRY(expectSign(":"));
    dict->entries.emplace_back(std::move(key), TRY(expression()));
    if (!isSign("}")) TRY(expectSign(","));
  }
  return dict;
}

Result<ExpressionPtr> Parser::dotted(ExpressionPtr object) {
  const Position position = current().position;
  if (current().kind == TokenKind::integer) {
    auto node = makeNode<Subscript>(position);
    node->object = std::move(object);
    node->index = TRY(literal(take()));
    return node;
  }
  auto node = makeNode<Member>(position);
  node->object = std::move(object);
  node->name = TRY(identifier("a name after '.'"));
  return node;
}

Result<ExpressionPtr> Parser::subscripted(ExpressionPtr object, Position position) {
  ExpressionPtr start;
  if (!isSign(":")) start = TRY(tupleOr());
  if (takeSign("]")) {
    auto node = makeNode<Subscript>(position);
    node->object = std::move(object);
    node->index = std::move(start);
    return node;
  }
  auto node = makeNode<Slice>(position);
  node->object = std::move(object);
  node->start = std::move(start);
  TRY(expectSign(":"));
  if (!isSign(":") && !isSign("]")) node->stop = TRY(expression());
  if (takeSign(":") && !isSign("]")) node->step = TRY(expression());
  TRY(expectSign("]"));
  return node;
}

Result<FilterCall> Parser::filter() {
  FilterCall call;
  call.position = current().position;
  const std::string name = TRY(identifier("a filter's name"));
  call.filter = findBuiltin(filterTable(), name);
  if (call.filter == nullptr) return failAt(call.position, "unknown filter '", name, "'");
  if (takeSign("(")) call.arguments = TRY(argumentList());
  return call;
}

Result<ExpressionPtr> Parser::test(ExpressionPtr input) {
  auto call = makeNode<TestCall>(current().position);
  call->negated = takeName("not");
  const Position position = current().position;
  if (isSign("==") || isSign("!=")) return unexpected("a test's name");
  const std::string name = TRY(identifier("a test's name"));
  call->input = std::move(input);
  call->test = findBuiltin(testTable(), name);
  if (call->test == nullptr) return failAt(position, "unknown test '", name, "'");
  if (takeSign("(")) {
    call->arguments = TRY(argumentList());
  } else if (beginsArgument(current())) {
    ExpressionPtr argument = TRY(postfix(TRY(primary()), false));
    call->arguments.items.push_back({ArgumentList::Kind::positional, "", std::move(argument)});
  }
  return call;
}

Result<ArgumentList> Parser::argumentList() {
  ArgumentList list;
  while (!takeSign(")")) {
    TRY(argument(list));
    if (!isSign(")")) TRY(expectSign(","));
  }
  return list;
}

Result<void> Parser::argument(ArgumentList& list) {
  using Kind = ArgumentList::Kind;
  Kind kind = Kind::positional;
  std::string name;
  if (takeSign("**"))
    kind = Kind::spreadDict;
  else if (takeSign("*"))
    kind = Kind::spreadList;
  else if (current().kind == TokenKind::name && ahead().is(TokenKind::sign, "=")) {
    kind = Kind::named;
    name = take().value;
    take();
  }
  const bool late = kind == Kind::positional && !list.items.empty() && list.items.back().kind == Kind::named;
  if (late) return failAt(current().position, "a positional argument follows a named one");
  // Not in the braces: leaving them halfway would destroy no part that is already made.
  ExpressionPtr value = TRY(expression());
  list.items.push_back({kind, std::move(name), std::move(value)});
  return {};
}

}  // namespace cutaway::jinja
