// SentencePiece's BPE with scores (Llama 1 and 2, Mistral, TinyLlama, Gemma).
#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/utf8.h"
#include "core/text/families.h"
#include "core/text/join_symbols.h"

namespace cutaway {
namespace {

constexpr const char* kScores = "tokenizer.ggml.scores";
constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

/// `from` must not be empty.
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  for (std::size_t hit; (hit = text.find(from, at)) != std::string_view::npos; at = hit + from.size()) {
    out.append(text, at, hit - at);
    out.append(to);
  }
  return out.append(text, at);
}

struct Options {
  bool addSpacePrefix, removeExtraSpaces;
};

Result<std::vector<double>> readScores(const Metadata& metadata, std::size_t count) {
  std::vector<double> scores = TRY(metadata.numbers(kScores));
  if (scores.size() != count)
    return fail(ErrorKind::badInput, metadata.fileName(), ": ", kScores, " has ", scores.size(),
                " entries for ", count, " tokens");
  for (std::size_t i = 0; i < count; ++i)
    if (std::isnan(scores[i]))
      return fail(ErrorKind::badInput, metadata.fileName(), ": ", kScores, "[", i, "] is not a number");
  return scores;
}

using ByteTokens = std::array<TokenId, 256>;

/// A file without some byte tokens needs an unknown token in their place, which must not be a control token:
/// any odd character typed would become it.
Result<ByteTokens> findByteTokens(const Metadata& metadata, const Vocabulary& vocabulary) {
  ByteTokens out;
  const TokenId unknown = vocabulary.unknown;
  out.fill(unknown >= 0 && vocabulary.kind(unknown) == TokenKind::control ? -1 : unknown);
  for (std::size_t i = 0; i < vocabulary.size(); ++i)
    if (vocabulary.kinds[i] == TokenKind::byte) {
      const int byte = byteOfToken(vocabulary.tokens[i]);
      if (byte < 0)
        return fail(ErrorKind::badInput, metadata.fileName(), ": token ", i, " is a byte, but is written ",
                    inQuotes(vocabulary.tokens[i]), "; expected <0x00> to <0xFF>");
      out[static_cast<std::size_t>(byte)] = static_cast<TokenId>(i);
    }
  for (std::size_t byte = 0; byte < out.size(); ++byte)
    if (out[byte] < 0)
      return fail(ErrorKind::badInput, metadata.fileName(), ": the vocabulary has neither a token for byte ",
                  byte, " nor an unknown token");
  return out;
}

/// Bytes before the first space that follows something else than a space; all when there is none.
std::size_t wordLength(std::string_view escaped) {
  std::size_t at = 0;
  while (escaped.substr(at).starts_with(kSpace)) at += kSpace.size();
  return std::min(escaped.find(kSpace, at), escaped.size());
}

bool isOneWord(const TokenIndex::value_type& entry) { return wordLength(entry.first) == entry.first.size(); }

class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(Vocabulary read, std::vector<double> scores, const ByteTokens& byteTokens,
                         Options options)
      : Tokenizer("llama", "", std::move(read)),
        m_index(indexPlainTokens(vocabulary())),
        m_wordsApart(std::all_of(m_index.begin(), m_index.end(), isOneWord)),
        m_scores(std::move(scores)),
        m_byteTokens(byteTokens),
        m_options(options) {}

  std::string piece(TokenId id, bool showControl) const override {
    if (!vocabulary().contains(id)) return {};
    const std::string& text = vocabulary().text(id);
    if (vocabulary().hidden(id)) return showControl ? text : std::string();
    if (kind(id) == TokenKind::byte) return std::string(1, static_cast<char>(byteOfToken(text)));
    return replaceAll(text, kSpace, " ");
  }

  std::string decode(std::span<const TokenId> tokens, bool showControl) const override {
    std::string out;
    bool atStart = m_options.addSpacePrefix;
    for (const TokenId id : tokens) {
      const std::string text = piece(id, showControl);
      if (vocabulary().contains(id) && vocabulary().hidden(id)) {
        out += text;
        continue;
      }
      out.append(text, atStart && text.starts_with(' ') ? 1 : 0);
      atStart = false;
    }
    return out;
  }

 protected:
  void encodeText(std::string_view text, bool first, std::vector<TokenId>& out) const override {
    const std::string escaped = normalized(text, first);
    std::string_view rest = escaped;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, m_wordsApart ? wordLength(rest) : rest.size());
      encodeWord(word, out);
      rest.remove_prefix(word.size());
    }
  }

 private:
  /// Where an unused token that was joined on the way is taken apart again: the length of its left part.
  using Splits = std::unordered_map<TokenId, std::size_t>;

  void encodeWord(std::string_view word, std::vector<TokenId>& out) const {
    std::vector<Symbol> symbols;
    for (std::size_t at = 0; at < word.size();) {
      const std::size_t end = at + readUtf8(word.substr(at)).length;
      symbols.push_back(symbolAt(at, end));
      at = end;
    }
    Splits splits;
    joinSymbols(symbols, [&](const Symbol& left, const Symbol& right) -> Join {
      const TokenId id = find(word.substr(left.begin, right.end - left.begin));
      if (id < 0) return {};
      if (kind(id) == TokenKind::unused) splits[id] = left.end - left.begin;
      return {-m_scores[static_cast<std::size_t>(id)], id};
    });
    for (std::uint32_t i = 0; i != kNoSymbol; i = symbols[i].next)
      emit(word.substr(symbols[i].begin, symbols[i].end - symbols[i].begin), splits, out);
  }

  TokenId find(std::string_view text) const {
    const auto token = m_index.find(text);
    return token != m_index.end() ? token->second : -1;
  }

  std::string normalized(std::string_view text, bool first) const {
    std::string kept;
    if (m_options.removeExtraSpaces) {
      for (const char c : text)
        if (c != ' ' || (!kept.empty() && kept.back() != ' ')) kept += c;
      if (kept.ends_with(' ')) kept.pop_back();
      text = kept;
    }
    if (text.empty()) return {};
    return std::string(first && m_options.addSpacePrefix ? kSpace : "") + replaceAll(text, " ", kSpace);
  }

  void emit(std::string_view text, const Splits& splits, std::vector<TokenId>& out) const {
    const TokenId id = find(text);
    if (id < 0) return emitBytes(text, out);
    const auto split = kind(id) == TokenKind::unused ? splits.find(id) : splits.end();
    if (split == splits.end()) {
      out.push_back(id);
      return;
    }
    emit(text.substr(0, split->second), splits, out);
    emit(text.substr(split->second), splits, out);
  }

  /// One unknown token stands for the whole character.
  void emitBytes(std::string_view text, std::vector<TokenId>& out) const {
    const std::size_t before = out.size();
    for (const char c : text) {
      const TokenId id = m_byteTokens[static_cast<std::uint8_t>(c)];
      const bool isByte = kind(id) == TokenKind::byte;
      if (!isByte) out.resize(before);
      out.push_back(id);
      if (!isByte) return;
    }
  }

  TokenIndex m_index;
  bool m_wordsApart;  ///< no token reaches into the next word: words can be encoded one by one, with equal
                      ///< result
  std::vector<double> m_scores;
  ByteTokens m_byteTokens;
  Options m_options;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> createSentencePieceTokenizer(const Metadata& metadata) {
  Vocabulary vocabulary =
      TRY(readVocabulary(metadata, {.bos = 1, .eos = 2, .unknown = 0, .addBos = true, .byteTokens = true}));
  std::vector<double> scores = TRY(readScores(metadata, vocabulary.size()));
  const ByteTokens bytes = TRY(findByteTokens(metadata, vocabulary));
  const Options options = {TRY(metadata.booleanOr("tokenizer.ggml.add_space_prefix", true)),
                           TRY(metadata.booleanOr("tokenizer.ggml.remove_extra_whitespaces", false))};
  return std::make_unique<SentencePieceTokenizer>(std::move(vocabulary), std::move(scores), bytes, options);
}

}  // namespace cutaway
