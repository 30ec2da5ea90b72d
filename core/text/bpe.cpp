// Byte-level BPE (GPT-2 and after).
#include "core/base/utf8.h"
#include "core/text/byte_alphabet.h"
#include "core/text/families.h"
#include "core/text/join_symbols.h"
#include "core/text/merge_table.h"
#include "core/text/pre_tokenizer.h"

namespace cutaway {
namespace {

constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr const char* kPre = "tokenizer.ggml.pre";

/// Merges in order of rank. A merge of texts that are no plain tokens can never happen and is left out.
Result<MergeTable> readMerges(const Metadata& metadata, const TokenIndex& index) {
  const auto& lines = *TRY(metadata.strings(kMerges));
  MergeTable merges(lines.size());
  std::size_t used = 0;
  std::string joined;
  for (std::size_t rank = 0; rank < lines.size(); ++rank) {
    const std::string_view line = lines[rank];
    const std::size_t gap = line.find(' ', 1);
    if (gap == std::string_view::npos || gap + 1 == line.size())
      return fail(ErrorKind::badInput, metadata.fileName(), ": ", kMerges, "[", rank, "] is ", inQuotes(line),
                  "; expected two tokens with a space between them");
    const std::string_view left = line.substr(0, gap), right = line.substr(gap + 1);
    joined.assign(left).append(right);
    const auto a = index.find(left), b = index.find(right), both = index.find(joined);
    if (a == index.end() || b == index.end() || both == index.end()) continue;
    merges.add(a->second, b->second, {static_cast<std::uint32_t>(rank), both->second});
    ++used;
  }
  if (used == 0 && !lines.empty())
    return fail(ErrorKind::badInput, metadata.fileName(), ": none of the ", lines.size(), " entries of ",
                kMerges, " joins two tokens of the vocabulary to a third");
  return merges;
}

class BytePairTokenizer final : public Tokenizer {
 public:
  BytePairTokenizer(Vocabulary read, const SplitRule& rule, TokenIndex index, MergeTable merges)
      : Tokenizer("gpt2", rule.name, std::move(read)), m_rule(rule), m_merges(std::move(merges)) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto token = index.find(inAlphabet(std::string(1, static_cast<char>(byte))));
      m_byteTokens[byte] = token != index.end() ? token->second : -1;
    }
    // Many files name a control token such as <|endoftext|> as the unknown token: text must not turn into
    // that.
    const TokenId unknown = vocabulary().unknown;
    if (unknown >= 0 && kind(unknown) == TokenKind::unknown) m_missingByte = unknown;
    if (rule.takesWholeWords) m_words = std::move(index);  // its views outlive the move of what they view
  }

  std::string piece(TokenId id, bool showControl) const override {
    if (!vocabulary().contains(id)) return {};
    const std::string& text = vocabulary().text(id);
    if (vocabulary().hidden(id)) return showControl ? text : std::string();
    return kind(id) == TokenKind::userDefined ? text : bytesOfAlphabet(text);
  }

 protected:
  void encodeText(std::string_view text, bool, std::vector<TokenId>& out) const override {
    std::vector<Symbol> symbols;
    for (const std::string_view word : splitText(m_rule, text)) encodeWord(word, symbols, out);
  }

 private:
  void encodeWord(std::string_view word, std::vector<Symbol>& symbols, std::vector<TokenId>& out) const {
    if (m_rule.takesWholeWords)
      if (const auto whole = m_words.find(inAlphabet(word)); whole != m_words.end()) {
        out.push_back(whole->second);
        return;
      }
    symbols.clear();
    for (std::size_t i = 0; i < word.size(); ++i)
      symbols.push_back(symbolAt(i, i + 1, m_byteTokens[static_cast<std::uint8_t>(word[i])]));
    joinSymbols(symbols, [&](const Symbol& left, const Symbol& right) -> Join {
      const auto merge = m_merges.find(left.id, right.id);
      return {static_cast<double>(merge.rank), merge.id};
    });
    for (std::uint32_t i = 0; i != kNoSymbol; i = symbols[i].next)
      if (const TokenId id = symbols[i].id >= 0 ? symbols[i].id : m_missingByte; id >= 0) out.push_back(id);
  }

  const SplitRule& m_rule;
  MergeTable m_merges;
  std::array<TokenId, 256> m_byteTokens{};  ///< -1: some vocabularies lack bytes that no valid text holds
  TokenId m_missingByte = -1;               ///< -1: such a byte is left out, as everywhere else
  TokenIndex m_words;                       ///< empty unless the rule takes whole words
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> createBytePairTokenizer(const Metadata& metadata) {
  const std::string ruleName = TRY(metadata.stringOr(kPre, "default"));
  const SplitRule* rule = findSplitRule(ruleName);
  if (rule == nullptr) {
    std::string known;
    for (const SplitRule& row : splitRules())
      known += known.empty() ? row.name : std::string(", ") + row.name;
    return fail(ErrorKind::badInput, metadata.fileName(), ": ", kPre, " is ", inQuotes(ruleName),
                ", a split rule that this version does not know; it knows ", known);
  }
  Vocabulary vocabulary = TRY(readVocabulary(metadata, {.addBos = rule->addsBos}));
  TokenIndex index = indexPlainTokens(vocabulary);
  // These are cut out before words are split, and are not written in the byte alphabet.
  std::erase_if(index,
                [&](const auto& entry) { return vocabulary.kind(entry.second) == TokenKind::userDefined; });
  MergeTable merges = TRY(readMerges(metadata, index));
  return std::make_unique<BytePairTokenizer>(std::move(vocabulary), *rule, std::move(index),
                                             std::move(merges));
}

}  // namespace cutaway
