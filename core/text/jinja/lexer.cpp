#include "core/text/jinja/lexer.h"

#include <algorithm>

#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

constexpr auto npos = std::string_view::npos;

/// Longest first.
constexpr std::string_view kSigns[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "(",
                                       ")",  "[",  "]",  "{",  "}",  "<",  ">", "=", ".", ",", ":", "|"};

std::string normalized(const std::string& source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r')
      out += source[i];
    else if (i + 1 == source.size() || source[i + 1] != '\n')
      out += '\n';
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<std::uint8_t>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : m_source(source) {}

  Result<std::vector<Token>> run() {
    while (m_at < m_source.size()) TRY(textAndTag());
    add(TokenKind::end, "");
    return std::move(m_tokens);
  }

 private:
  std::string_view rest(std::size_t from) const { return m_source.substr(std::min(from, m_source.size())); }
  bool oneOf(std::string_view characters, std::size_t at) const {
    return at < m_source.size() && characters.find(m_source[at]) != npos;
  }
  bool starts(std::string_view what) const { return rest(m_at).starts_with(what); }
  char peek(std::size_t ahead = 0) const {
    return m_at + ahead < m_source.size() ? m_source[m_at + ahead] : '\0';
  }

  void moveTo(std::size_t offset) {
    for (; m_at < offset; m_at += characterLength(m_source, m_at)) {
      ++m_position.column;
      if (m_source[m_at] == '\n') m_position = {m_position.line + 1, 1};
    }
  }

  void add(TokenKind kind, std::string value) { m_tokens.push_back({kind, std::move(value), m_position}); }

  /// Text up to the next tag, then the tag.
  Result<void> textAndTag() {
    std::size_t tag = m_at;
    while ((tag = m_source.find('{', tag)) != npos && !oneOf("{%#", tag + 1)) ++tag;
    if (tag == npos) {
      add(TokenKind::text, std::string(rest(m_at)));
      moveTo(m_source.size());
      return {};
    }
    const char kind = m_source[tag + 1];
    const char sign = rest(tag + 2).empty() ? '\0' : m_source[tag + 2];
    const std::string_view text = strippedBefore(m_source.substr(m_at, tag - m_at), kind, sign);
    if (!text.empty()) add(TokenKind::text, std::string(text));
    moveTo(tag);
    return kind == '#' ? comment() : this->tag(kind == '{', sign == '-' || sign == '+' ? 3 : 2);
  }

  std::string_view strippedBefore(std::string_view text, char kind, char sign) const {
    if (sign == '-') return text.substr(0, endWithoutSpace(text));
    if (kind == '{' || sign == '+') return text;
    const std::size_t lineBreak = text.rfind('\n');
    const std::size_t lineStart = lineBreak == npos ? 0 : lineBreak + 1;
    const bool atLineStart = lineBreak != npos || m_at == 0 || m_source[m_at - 1] == '\n';
    return atLineStart && endWithoutSpace(text) <= lineStart ? text.substr(0, lineStart) : text;
  }

  /// Moves behind a tag's end and the white space that goes with it; `sign` is '-', '+' or neither.
  void endTag(std::size_t after, char sign, bool trimsLine) {
    moveTo(after);
    if (sign == '-')
      moveTo(skipSpace(m_source, m_at));
    else if (trimsLine && sign != '+' && peek() == '\n')
      moveTo(m_at + 1);
  }

  Result<void> comment() {
    const std::size_t end = m_source.find("#}", m_at + 2);
    if (end == npos) return failAt(m_position, "the comment does not end with '#}'");
    endTag(end + 2, end > m_at + 2 ? m_source[end - 1] : '\0', true);
    return {};
  }

  Result<void> tag(bool prints, std::size_t length) {
    const Position begin = m_position;
    add(prints ? TokenKind::beginPrint : TokenKind::beginBlock, "");
    moveTo(m_at + length);
    const std::size_t first = m_tokens.size();
    const std::string_view close = prints ? "}}" : "%}";
    std::size_t braces = 0;
    while (true) {
      moveTo(skipSpace(m_source, m_at));
      if (m_at == m_source.size()) return failAt(begin, "the tag does not end with '", close, "'");
      const bool sign = (peek() == '-' || (peek() == '+' && !prints)) && rest(m_at + 1).starts_with(close);
      if (braces == 0 && (sign || starts(close))) {
        add(prints ? TokenKind::endPrint : TokenKind::endBlock, "");
        endTag(m_at + (sign ? 3 : 2), sign ? peek() : '\0', !prints);
        return m_tokens.size() == first + 2 && m_tokens[first].is(TokenKind::name, "raw") ? raw(begin)
                                                                                          : Result<void>();
      }
      TRY(token());
      const Token& last = m_tokens.back();
      if (last.kind == TokenKind::sign && oneOf("([{", m_at - 1)) ++braces;
      if (last.kind == TokenKind::sign && oneOf(")]}", m_at - 1) && braces > 0) --braces;
    }
  }

  /// Everything up to `endraw` is text; takes back the tokens of the opening tag.
  Result<void> raw(Position begin) {
    m_tokens.resize(m_tokens.size() - 3);
    for (std::size_t tag = m_at; (tag = m_source.find("{%", tag)) != npos; tag += 2) {
      const char sign = rest(tag + 2).empty() ? '\0' : m_source[tag + 2];
      std::size_t at = skipSpace(m_source, tag + (sign == '-' || sign == '+' ? 3 : 2));
      if (!rest(at).starts_with("endraw")) continue;
      at = skipSpace(m_source, at + 6);
      const char endSign = at < m_source.size() ? m_source[at] : '\0';
      if (endSign == '-' || endSign == '+') ++at;
      if (!rest(at).starts_with("%}")) continue;
      const std::string_view text = strippedBefore(m_source.substr(m_at, tag - m_at), '%', sign);
      if (!text.empty()) add(TokenKind::text, std::string(text));
      endTag(at + 2, endSign, true);
      return {};
    }
    return failAt(begin, "'raw' has no 'endraw'");
  }

  Result<void> token() {
    if (isDigit(peek())) return number();
    if (isNameStart(peek())) return name();
    if (peek() == '\'' || peek() == '"') return string();
    for (const std::string_view sign : kSigns) {
      if (!starts(sign)) continue;
      add(TokenKind::sign, std::string(sign));
      moveTo(m_at + sign.size());
      return {};
    }
    return failAt(m_position, "unexpected character '", peek(), "'");
  }

  Result<void> name() {
    std::size_t end = m_at;
    while (end < m_source.size() && (isNameStart(m_source[end]) || isDigit(m_source[end]))) ++end;
    add(TokenKind::name, std::string(m_source.substr(m_at, end - m_at)));
    moveTo(end);
    return {};
  }

  std::size_t digitsEnd(std::size_t at) const {
    while (at < m_source.size() &&
           (isDigit(m_source[at]) ||
            (m_source[at] == '_' && at + 1 < m_source.size() && isDigit(m_source[at + 1]))))
      ++at;
    return at;
  }

  /// After a dot digits are an index: `pair.0.1`.
  Result<void> number() {
    const bool afterDot = m_tokens.back().is(TokenKind::sign, ".");
    const std::size_t whole = digitsEnd(m_at);
    std::size_t end = whole;
    if (!afterDot && rest(end).starts_with('.') && oneOf("0123456789", end + 1)) end = digitsEnd(end + 1);
    if (!afterDot && oneOf("eE", end)) {
      const std::size_t sign = oneOf("+-", end + 1) ? 1 : 0;
      const std::size_t exponent = digitsEnd(end + 1 + sign);
      if (exponent > end + 1 + sign) end = exponent;
    }
    std::string digits(m_source.substr(m_at, end - m_at));
    std::erase(digits, '_');
    add(end == whole ? TokenKind::integer : TokenKind::real, std::move(digits));
    moveTo(end);
    return {};
  }

  Result<void> string() {
    const Position begin = m_position;
    const char quote = peek();
    std::string value;
    std::size_t at = m_at + 1;
    while (at < m_source.size() && m_source[at] != quote) {
      if (m_source[at] != '\\')
        value += m_source[at++];
      else
        at = escape(at + 1, value);
    }
    if (at >= m_source.size()) return failAt(begin, "the string does not end");
    add(TokenKind::string, std::move(value));
    moveTo(at + 1);
    return {};
  }

  /// Python's escapes; `at` is behind the backslash. Gives the offset behind the escape.
  std::size_t escape(std::size_t at, std::string& value) const {
    constexpr std::pair<char, char> kSimple[] = {{'n', '\n'},  {'t', '\t'}, {'r', '\r'}, {'\\', '\\'},
                                                 {'\'', '\''}, {'"', '"'},  {'a', '\a'}, {'b', '\b'},
                                                 {'f', '\f'},  {'v', '\v'}};
    constexpr std::pair<char, std::size_t> kHex[] = {{'x', 2}, {'u', 4}, {'U', 8}};
    const char kind = at < m_source.size() ? m_source[at] : '\0';
    for (const auto& [from, to] : kSimple)
      if (kind == from) return value += to, at + 1;
    for (const auto& [letter, count] : kHex)
      if (kind == letter) return digits(at, at + 1, count, 16, value);
    if (kind >= '0' && kind <= '7') return digits(at, at, 3, 8, value);
    if (kind == '\n') return at + 1;
    value += '\\';
    return at;
  }

  /// Up to `count` digits (exactly so many in base 16); without them the backslash stays.
  std::size_t digits(std::size_t letter, std::size_t at, std::size_t count, std::uint32_t base,
                     std::string& value) const {
    std::uint32_t code = 0;
    std::size_t used = 0;
    for (; used < count && at < m_source.size(); ++used, ++at) {
      const std::size_t digit =
          std::string_view("0123456789abcdef")
              .find(static_cast<char>(m_source[at] >= 'A' && m_source[at] <= 'F' ? m_source[at] + ('a' - 'A')
                                                                                 : m_source[at]));
      if (digit >= base) break;
      code = code * base + static_cast<std::uint32_t>(digit);
    }
    if ((base == 16 && used < count) || code > 0x10FFFF) return value += '\\', letter;
    appendCharacter(value, code);
    return at;
  }

  std::string_view m_source;
  std::size_t m_at = 0;
  Position m_position;
  std::vector<Token> m_tokens;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string source) {
  const std::string text = normalized(source);
  return Lexer(text).run();
}

}  // namespace cutaway::jinja
