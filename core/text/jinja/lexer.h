// A template's source as tokens; white space around tags is already taken away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/jinja/ast.h"

namespace cutaway::jinja {

enum class TokenKind {
  text,
  name,
  integer,
  real,
  string,
  sign,
  beginPrint,
  endPrint,
  beginBlock,
  endBlock,
  end
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string value;  ///< the text, name, digits or sign; a string without quotes and escapes
  Position position;

  bool is(TokenKind k, std::string_view v) const { return kind == k && value == v; }
};

/// With trim_blocks and lstrip_blocks, as transformers sets them. The last token is `end`. Fails with line
/// and column where a tag, string or comment does not end, or at a character that no token begins with.
Result<std::vector<Token>> tokenize(std::string source);

/// "chat template line 1, column 2: what".
template <class... Parts>
std::unexpected<Error> failAt(Position position, const Parts&... what) {
  return fail(ErrorKind::badInput, "chat template line ", position.line, ", column ", position.column, ": ",
              what...);
}

}  // namespace cutaway::jinja
