#include <algorithm>

#include "core/text/jinja/parser_nest.h"

namespace cutaway::jinja {

struct StatementRow {
  std::string_view name;
  Result<std::unique_ptr<Statement>> (Parser::*parse)();
  static const StatementRow kTable[10];
};

const StatementRow StatementRow::kTable[] = {
    {"if", &Parser::parseIf},
    {"for", &Parser::parseFor},
    {"set", &Parser::parseSet},
    {"macro", &Parser::parseMacro},
    {"call", &Parser::parseCall},
    {"filter", &Parser::parseFilter},
    {"with", &Parser::parseWith},
    {"generation", &Parser::parseGeneration},
    {"break", &Parser::parseBreak},
    {"continue", &Parser::parseContinue},
};

namespace {

constexpr std::string_view kOtherFiles[] = {"include", "import", "from", "extends", "block"};

std::string quoted(const Token& token) {
  if (token.kind == TokenKind::endPrint) return "'}}'";
  if (token.kind == TokenKind::endBlock) return "'%}'";
  return token.kind == TokenKind::end ? "the end of the template" : "'" + token.value + "'";
}

}  // namespace

bool Parser::takeSign(std::string_view sign) {
  if (!isSign(sign)) return false;
  take();
  return true;
}

bool Parser::takeName(std::string_view name) {
  if (!isName(name)) return false;
  take();
  return true;
}

std::unexpected<Error> Parser::unexpected(std::string_view expected) const {
  return failAt(current().position, "expected ", expected, ", found ", quoted(current()));
}

Result<void> Parser::expectSign(std::string_view sign) {
  if (!takeSign(sign)) return unexpected("'" + std::string(sign) + "'");
  return {};
}

Result<void> Parser::expectName(std::string_view name) {
  if (!takeName(name)) return unexpected("'" + std::string(name) + "'");
  return {};
}

Result<void> Parser::expectEnd(TokenKind kind, std::string_view close) {
  if (current().kind != kind) return unexpected("'" + std::string(close) + "'");
  take();
  return {};
}

Result<std::string> Parser::identifier(std::string_view what) {
  if (current().kind != TokenKind::name) return unexpected(what);
  return take().value;
}

Result<Block> Parser::parse() {
  Block body = TRY(block({}));
  if (current().kind != TokenKind::end)
    return failAt(current().position, "'", current().value, "' closes nothing that is open");
  return body;
}

Result<Block> Parser::block(std::initializer_list<std::string_view> ends) {
  const ParserNest nest(*this);
  TRY(nest.check());
  Block body;
  const Position start = current().position;
  while (current().kind != TokenKind::end) {
    if (current().kind == TokenKind::beginBlock) {
      const std::string_view name = ahead().value;
      const bool ours = std::find(ends.begin(), ends.end(), name) != ends.end();
      const bool others = name.starts_with("end") || name == "else" || name == "elif";
      if (ours || others) {
        take();
        if (ours || ends.size() == 0) return body;
        return unexpected("'" + std::string(*(ends.end() - 1)) + "'");
      }
    }
    body.push_back(TRY(statement()));
  }
  if (ends.size() > 0) return failAt(start, "the block that begins here has no '", *(ends.end() - 1), "'");
  return body;
}

Result<Block> Parser::blockUntil(std::string_view end) {
  Block body = TRY(block({end}));
  take();
  TRY(expectEnd(TokenKind::endBlock, "%}"));
  return body;
}

Result<Parser::StatementPtr> Parser::statement() {
  if (current().kind == TokenKind::text) return output();
  if (current().kind == TokenKind::beginPrint) return print();
  take();  // the beginning of a block: the lexer gives nothing else here
  const Position position = current().position;
  const std::string name = TRY(identifier("a statement"));
  for (const StatementRow& row : StatementRow::kTable) {
    if (row.name != name) continue;
    StatementPtr parsed = TRY((this->*row.parse)());
    parsed->position = position;
    return parsed;
  }
  if (std::find(std::begin(kOtherFiles), std::end(kOtherFiles), name) != std::end(kOtherFiles))
    return failAt(position, "'", name, "' is not supported: a chat template stands alone");
  return failAt(position, "unknown statement '", name, "'");
}

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
    if (takeSign("=")) parameter.fallback = TRY(expression());
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
