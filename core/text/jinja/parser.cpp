// Tokens, blocks, and the table of statements.
#include "core/text/jinja/parser.h"

#include <algorithm>

#include "core/text/jinja/parser_nest.h"

namespace cutaway::jinja {

struct StatementRow {
  std::string_view name;
  Result<std::unique_ptr<Statement>> (Parser::*parse)();
  static const StatementRow kTable[10];
};

// clang-format off
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
// clang-format on

namespace {

constexpr std::string_view kOtherFiles[] = {"include", "import", "from", "extends", "block"};

std::string inQuotes(const Token& token) {
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
  return failAt(current().position, "expected ", expected, ", found ", inQuotes(current()));
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

}  // namespace cutaway::jinja
