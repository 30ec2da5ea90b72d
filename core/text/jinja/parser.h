// Tokens to a syntax tree: a recursive descent over Jinja's grammar, bounded in depth.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/ast.h"
#include "core/text/jinja/lexer.h"

namespace cutaway::jinja {

/// How deep statements and expressions may nest in the source, and how many `.x`, `[x]`, `(x)` and `|x` may
/// follow one another; bounds the stack that parsing, running and deleting a tree take.
constexpr std::size_t kMaxNesting = 100;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {}
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// The whole template. Fails with line and column of what is no Jinja, or no Jinja that we run.
  Result<Block> parse();

 private:
  friend struct StatementRow;
  using StatementPtr = std::unique_ptr<Statement>;

  // Tokens.
  const Token& current() const { return m_tokens[m_at]; }
  const Token& ahead(std::size_t count = 1) const {
    return m_tokens[std::min(m_at + count, m_tokens.size() - 1)];
  }
  bool isSign(std::string_view sign) const { return current().is(TokenKind::sign, sign); }
  bool isName(std::string_view name) const { return current().is(TokenKind::name, name); }
  Token take() { return m_at + 1 < m_tokens.size() ? std::move(m_tokens[m_at++]) : m_tokens[m_at]; }
  bool takeSign(std::string_view sign);
  bool takeName(std::string_view name);
  Result<void> expectSign(std::string_view sign);
  Result<void> expectName(std::string_view name);
  Result<void> expectEnd(TokenKind kind, std::string_view close);
  Result<std::string> identifier(std::string_view what);
  std::unexpected<Error> unexpected(std::string_view expected) const;

  // Expressions (parse_expression.cpp), from the weakest operator to the strongest.
  Result<ExpressionPtr> tupleOr(bool allowsTernary = true);  ///< `a, b` without parentheses
  Result<ExpressionPtr> expression(bool allowsTernary = true);
  Result<ExpressionPtr> logic(bool isOr);
  Result<ExpressionPtr> negation();
  Result<ExpressionPtr> comparison();
  Result<ExpressionPtr> chain(std::size_t level);
  Result<ExpressionPtr> unary(bool withFilters);
  Result<ExpressionPtr> postfix(ExpressionPtr value, bool withFilters);
  Result<ExpressionPtr> primary();
  Result<ExpressionPtr> literal(Token token);
  Result<ExpressionPtr> parenthesized();
  Result<ExpressionPtr> listLiteral();
  Result<ExpressionPtr> dictLiteral();
  Result<ExpressionPtr> dotted(ExpressionPtr object);
  Result<ExpressionPtr> subscripted(ExpressionPtr object, Position position);
  Result<ExpressionPtr> test(ExpressionPtr input);
  Result<FilterCall> filter();
  Result<ArgumentList> argumentList();
  Result<void> argument(ArgumentList& list);

  // Statements (parse_statement.cpp).
  Result<StatementPtr> statement();
  Result<Block> block(std::initializer_list<std::string_view> ends);  ///< stops before the end tag's name
  Result<Block> blockUntil(std::string_view end);                     ///< and takes the end tag
  Result<StatementPtr> output();
  Result<StatementPtr> print();
  Result<StatementPtr> parseIf();
  Result<StatementPtr> parseFor();
  Result<StatementPtr> parseSet();
  Result<StatementPtr> parseMacro();
  Result<StatementPtr> parseCall();
  Result<StatementPtr> parseFilter();
  Result<StatementPtr> parseWith();
  Result<StatementPtr> parseGeneration();
  Result<StatementPtr> parseBreak();
  Result<StatementPtr> parseContinue();
  Result<StatementPtr> jump(Flow flow);
  Result<Target> target();
  Result<Target> oneTarget();
  Result<void> parameters(MacroBody& macro);
  Result<void> macroBody(MacroBody& macro, std::string_view end);
  Result<std::vector<FilterCall>> filters();

  std::vector<Token> m_tokens;
  std::size_t m_at = 0, m_depth = 0, m_loops = 0;
  MacroBody* m_macro = nullptr;  ///< the one being read, to note the use of varargs and kwargs

  friend class ParserNest;
};

}  // namespace cutaway::jinja
