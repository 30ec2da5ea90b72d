#include "core/text/pre_tokenizer.h"

#include <algorithm>
#include <iterator>

#include "core/base/utf8.h"

namespace cutaway {
namespace {

using Piece = std::span<const SplitChar>;

bool isLetter(const SplitChar& c) { return c.kind == CharClass::letter; }
bool isNumber(const SplitChar& c) { return c.kind == CharClass::number; }
bool isSpace(const SplitChar& c) { return c.kind == CharClass::space; }
bool isLineBreak(const SplitChar& c) { return c.code == '\r' || c.code == '\n'; }
bool isDigit(const SplitChar& c) { return c.code >= '0' && c.code <= '9'; }
bool isSign(const SplitChar& c) { return !isLetter(c) && !isNumber(c) && !isSpace(c); }
bool isPunctuation(const SplitChar& c) {
  return c.kind == CharClass::punctuation ||
         (c.code < 128 && std::string_view("$+<=>^~|").contains(char(c.code)));
}

template <class Test>
std::size_t skip(Piece piece, std::size_t at, Test test) {
  while (at < piece.size() && test(piece[at])) ++at;
  return at;
}

/// A letter of ASCII in lower case, with the long s, which Unicode folds to one.
char32_t folded(char32_t code) {
  if (code >= 'A' && code <= 'Z') return code + ('a' - 'A');
  return code == U'ſ' ? U's' : code;
}

/// 's|'t|'re|'ve|'m|'ll|'d
std::size_t contraction(Piece piece, std::size_t at, bool foldCase) {
  const auto letter = [&](std::size_t i) -> char32_t {
    if (i >= piece.size()) return 0;
    return foldCase ? folded(piece[i].code) : piece[i].code;
  };
  if (piece[at].code != '\'') return at;
  const char32_t first = letter(at + 1), second = letter(at + 2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if ((first == 'r' || first == 'v') && second == 'e') return at + 3;
  return first == 'l' && second == 'l' ? at + 3 : at;
}

/// \s+(?!\S)|\s+: spaces before a word leave the last one to it.
std::size_t spaces(Piece piece, std::size_t at) {
  const std::size_t end = skip(piece, at, isSpace);
  return end < piece.size() && end > at + 1 ? end - 1 : end;
}

/// GPT-2: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2Word(Piece piece, std::size_t at) {
  if (const std::size_t end = contraction(piece, at, false); end > at) return end;
  const std::size_t body = at + (piece[at].code == ' ');
  for (const auto test : {isLetter, isNumber, isSign})
    if (const std::size_t end = skip(piece, body, test); end > body) return end;
  return spaces(piece, at);
}

/// Llama 3 (three digits) and Qwen 2 (one): (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
template <std::size_t kDigits>
std::size_t modernWord(Piece piece, std::size_t at) {
  if (const std::size_t end = contraction(piece, at, true); end > at) return end;
  const SplitChar& first = piece[at];
  const std::size_t word = at + (!isLetter(first) && !isNumber(first) && !isLineBreak(first));
  if (const std::size_t end = skip(piece, word, isLetter); end > word) return end;
  if (isNumber(first)) return skip(piece.first(std::min(piece.size(), at + kDigits)), at, isNumber);
  const std::size_t body = at + (first.code == ' ');
  if (const std::size_t end = skip(piece, body, isSign); end > body) return skip(piece, end, isLineBreak);
  for (std::size_t end = skip(piece, at, isSpace); end > at; --end)
    if (isLineBreak(piece[end - 1])) return end;
  return spaces(piece, at);
}

/// \p{N}
std::size_t oneNumber(Piece piece, std::size_t at) { return at + isNumber(piece[at]); }

/// \p{N}+
std::size_t numbers(Piece piece, std::size_t at) { return skip(piece, at, isNumber); }

/// [0-9][0-9][0-9]
std::size_t threeDigits(Piece piece, std::size_t at) {
  if (piece.size() - at < 3) return at;
  return skip(piece.first(at + 3), at, isDigit) == at + 3 ? at + 3 : at;
}

/// [\p{P}$+<=>^~|]+
std::size_t punctuation(Piece piece, std::size_t at) { return skip(piece, at, isPunctuation); }

constexpr SplitMatcher kGpt2[] = {gpt2Word};
constexpr SplitMatcher kLlama3[] = {modernWord<3>};
constexpr SplitMatcher kQwen2[] = {modernWord<1>};
constexpr SplitMatcher kSmolLm[] = {oneNumber, gpt2Word};
constexpr SplitMatcher kDefault[] = {punctuation, gpt2Word, numbers, threeDigits};

constexpr SplitRule kRules[] = {
    {"default", kDefault, false, false}, {"gpt-2", kGpt2, false, false},
    {"llama-bpe", kLlama3, true, true},  {"qwen2", kQwen2, false, false},
    {"smollm", kSmolLm, false, false},   {"dbrx", kLlama3, false, false},
};

/// Other names of the same rules in files of llama.cpp's converter.
constexpr struct {
  const char* alias;
  const char* rule;
} kAliases[] = {
    {"llama3", "llama-bpe"},
    {"llama-v3", "llama-bpe"},
    {"falcon3", "llama-bpe"},
    {"falcon-h1", "llama-bpe"},
    {"pixtral", "llama-bpe"},
    {"midm-2.0", "llama-bpe"},
    {"lfm2", "llama-bpe"},
    {"smaug-bpe", "dbrx"},
    {"glm4", "dbrx"},
    {"chatglm-bpe", "dbrx"},
    {"deepseek-r1-qwen", "qwen2"},
    {"stablelm2", "qwen2"},
    {"megrez", "qwen2"},
    {"hunyuan", "qwen2"},
    {"solar-open", "qwen2"},
    {"kormo", "qwen2"},
    {"grok-2", "qwen2"},
    {"gpt2", "gpt-2"},
    {"phi-2", "gpt-2"},
    {"mpt", "gpt-2"},
    {"olmo", "gpt-2"},
    {"jais", "gpt-2"},
    {"trillion", "gpt-2"},
    {"granite-docling", "gpt-2"},
    {"exaone4", "gpt-2"},
    {"gigachat", "gpt-2"},
    {"a.x-4.0", "gpt-2"},
    {"mellum", "gpt-2"},
    {"starcoder", "smollm"},
    {"refact", "smollm"},
    {"command-r", "smollm"},
    {"codeshell", "smollm"},
    {"exaone", "smollm"},
    {"minerva-7b", "smollm"},
    {"mellum2", "smollm"},
};

std::vector<SplitChar> readChars(std::string_view text) {
  std::vector<SplitChar> chars;
  chars.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = readUtf8(text.substr(at));
    chars.push_back({next.code, charClass(next.code), at});
    at += next.length;
  }
  return chars;
}

/// Replaces `ends`, the ends of the pieces of `chars`, by the ends after one more pass.
void applyPass(SplitMatcher match, Piece chars, std::vector<std::size_t>& ends) {
  std::vector<std::size_t> finer;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const Piece piece = chars.subspan(begin, end - begin);
    std::size_t open = 0;  // where text without a match began
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t stop = match(piece, at);
      if (stop == at) {
        ++at;
        continue;
      }
      if (open < at) finer.push_back(begin + at);
      finer.push_back(begin + stop);
      open = at = stop;
    }
    if (open < piece.size()) finer.push_back(end);
    begin = end;
  }
  ends = std::move(finer);
}

}  // namespace

std::span<const SplitRule> splitRules() { return kRules; }

const SplitRule* findSplitRule(std::string_view name) {
  for (const auto& [alias, rule] : kAliases)
    if (name == alias) name = rule;
  const auto row =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const auto& r) { return name == r.name; });
  return row != std::end(kRules) ? row : nullptr;
}

std::vector<std::string_view> splitText(const SplitRule& rule, std::string_view text) {
  if (text.empty()) return {};
  const std::vector<SplitChar> chars = readChars(text);
  std::vector<std::size_t> ends = {chars.size()};
  for (const SplitMatcher pass : rule.passes) applyPass(pass, chars, ends);
  std::vector<std::string_view> pieces;
  pieces.reserve(ends.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const std::size_t stop = end < chars.size() ? chars[end].offset : text.size();
    pieces.push_back(text.substr(begin, stop - begin));
    begin = stop;
  }
  return pieces;
}

}  // namespace cutaway
