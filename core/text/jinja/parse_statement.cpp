// One function per statement. They begin behind the statement's name.
#include <utility>

#include "core/text/jinja/parser_nest.h"

namespace cutaway::jinja {

Result<Parser::StatementPtr> Parser::output() {
  auto node = makeNode<Output>(current().position);
  node->text = Text(take().value, Origin::fromTemplate);
  return node;
}

Result<Parser::StatementPtr> Parser::print() {
  auto node = makeNode<Print>(take().position);
  node->value = TRY(tupleOr());
  TRY(expectEnd(TokenKind::endPrint, "}}"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseIf() {
  auto node = std::make_unique<If>();
  do {
    ExpressionPtr condition = TRY(tupleOr(false));
    TRY(expectEnd(TokenKind::endBlock, "%}"));
    Block body = TRY(block({"elif", "else", "endif"}));
    node->branches.emplace_back(std::move(condition), std::move(body));
  } while (takeName("elif"));
  if (takeName("else")) {
    TRY(expectEnd(TokenKind::endBlock, "%}"));
    node->otherwise = TRY(block({"endif"}));
  }
  TRY(expectName("endif"));
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseFor() {
  auto node = std::make_unique<For>();
  node->target = TRY(target());
  TRY(expectName("in"));
  node->items = TRY(tupleOr(false));
  if (takeName("if")) node->condition = TRY(expression());
  node->recursive = takeName("recursive");
  node->recursion.loop = node.get();
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  ++m_loops;
  auto body = block({"else", "endfor"});
  --m_loops;
  node->body = TRY(std::move(body));
  if (takeName("else")) {
    TRY(expectEnd(TokenKind::endBlock, "%}"));
    node->otherwise = TRY(block({"endfor"}));
  }
  TRY(expectName("endfor"));
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  return node;
}

Result<Target> Parser::oneTarget() {
  if (takeSign("(")) {
    Target inner = TRY(target());
    TRY(expectSign(")"));
    return inner;
  }
  Target one;
  one.position = current().position;
  one.name = TRY(identifier("a variable"));
  if (takeSign(".")) one.member = TRY(identifier("a name after '.'"));
  return one;
}

Result<Target> Parser::target() {
  const ParserNest nest(*this);
  TRY(nest.check());
  Target first = TRY(oneTarget());
  if (!isSign(",")) return first;
  Target all;
  all.position = first.position;
  all.unpacks = true;
  all.targets.push_back(std::move(first));
  while (takeSign(","))
    if (current().kind == TokenKind::name || isSign("(")) all.targets.push_back(TRY(oneTarget()));
  return all;
}

Result<Parser::StatementPtr> Parser::parseSet() {
  auto node = std::make_unique<Set>();
  node->target = TRY(target());
  if (takeSign("=")) {
    node->value = TRY(tupleOr());
    TRY(expectEnd(TokenKind::endBlock, "%}"));
    return node;
  }
  if (isSign("|")) {
    take();
    node->filters = TRY(filters());
  }
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  node->body = TRY(blockUntil("endset"));
  return node;
}

Result<std::vector<FilterCall>> Parser::filters() {
  std::vector<FilterCall> filters;
  do filters.push_back(TRY(filter()));
  while (takeSign("|"));
  return filters;
}

Result<void> Parser::parameters(MacroBody& macro) {
  while (!takeSign(")")) {
    MacroBody::Parameter parameter;
    parameter.name = TRY(identifier("a parameter"));
    if (takeSign("="))
      parameter.fallback = TRY(expression());
    else if (!macro.parameters.empty() && macro.parameters.back().fallback != nullptr)
      return failAt(current().position, "a parameter without a default follows one with a default");
    macro.parameters.push_back(std::move(parameter));
    if (!isSign(")")) TRY(expectSign(","));
  }
  return {};
}

Result<void> Parser::macroBody(MacroBody& macro, std::string_view end) {
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  MacroBody* const outer = std::exchange(m_macro, &macro);
  const std::size_t loops = std::exchange(m_loops, 0);
  auto body = blockUntil(end);
  m_macro = outer;
  m_loops = loops;
  macro.body = TRY(std::move(body));
  return {};
}

Result<Parser::StatementPtr> Parser::parseMacro() {
  auto node = std::make_unique<Macro>();
  node->macro.name = TRY(identifier("a macro's name"));
  TRY(expectSign("("));
  TRY(parameters(node->macro));
  TRY(macroBody(node->macro, "endmacro"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseCall() {
  auto node = std::make_unique<CallBlock>();
  node->caller.name = "caller";
  if (takeSign("(")) TRY(parameters(node->caller));
  const Position position = current().position;
  ExpressionPtr call = TRY(expression());
  if (dynamic_cast<Call*>(call.get()) == nullptr) return failAt(position, "expected a call");
  node->call.reset(static_cast<Call*>(call.release()));
  TRY(macroBody(node->caller, "endcall"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseFilter() {
  auto node = std::make_unique<FilterBlock>();
  node->filters = TRY(filters());
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  node->body = TRY(blockUntil("endfilter"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseWith() {
  auto node = std::make_unique<With>();
  while (current().kind != TokenKind::endBlock) {
    Target assigned = TRY(oneTarget());
    TRY(expectSign("="));
    node->assignments.emplace_back(std::move(assigned), TRY(expression()));
    if (current().kind != TokenKind::endBlock) TRY(expectSign(","));
  }
  take();
  node->body = TRY(blockUntil("endwith"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseGeneration() {
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  auto node = std::make_unique<Group>();
  node->body = TRY(blockUntil("endgeneration"));
  return node;
}

Result<Parser::StatementPtr> Parser::parseBreak() { return jump(Flow::breaks); }
Result<Parser::StatementPtr> Parser::parseContinue() { return jump(Flow::continues); }

Result<Parser::StatementPtr> Parser::jump(Flow flow) {
  if (m_loops == 0) return failAt(m_tokens[m_at - 1].position, "there is no loop around this");
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  auto node = std::make_unique<Jump>();
  node->flow = flow;
  return node;
}

}  // namespace cutaway::jinja
