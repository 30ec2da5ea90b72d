#include "core/text/tokenizer.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "core/text/families.h"

namespace cutaway {
namespace {

constexpr const char* kModel = "tokenizer.ggml.model";

constexpr struct {
  const char* name;  ///< of tokenizer.ggml.model
  Result<std::unique_ptr<Tokenizer>> (*create)(const Metadata& metadata);
} kFamilies[] = {
    {"gpt2", createBytePairTokenizer},
    {"llama", createSentencePieceTokenizer},
};

template <class Wanted>
SpecialTokens collect(const Vocabulary& vocabulary, Wanted wanted) {
  std::vector<std::pair<std::string, TokenId>> texts;
  for (std::size_t i = 0; i < vocabulary.size(); ++i)
    if (wanted(vocabulary.kinds[i])) texts.emplace_back(vocabulary.tokens[i], static_cast<TokenId>(i));
  return SpecialTokens(std::move(texts));
}

bool isUserDefined(TokenKind kind) { return kind == TokenKind::userDefined; }
bool isSpecial(TokenKind kind) {
  return kind == TokenKind::control || kind == TokenKind::unknown || isUserDefined(kind);
}

/// All segments' text in one piece, and the stretches of it that may hold control tokens.
struct JoinedText {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> rights;  ///< [begin, end), ascending, not touching
};

JoinedText join(std::span<const PromptSegment> segments) {
  JoinedText out;
  for (const PromptSegment& segment : segments) {
    const std::size_t begin = out.text.size();
    out.text += segment.text;
    if (!segment.parseSpecial) continue;
    if (!out.rights.empty() && out.rights.back().second == begin)
      out.rights.back().second = out.text.size();
    else
      out.rights.emplace_back(begin, out.text.size());
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::create(const Metadata& metadata) {
  const std::string model = TRY(metadata.string(kModel));
  std::string known;
  for (const auto& family : kFamilies) {
    if (model == family.name) return family.create(metadata);
    known += known.empty() ? family.name : std::string(", ") + family.name;
  }
  return fail(ErrorKind::badInput, metadata.fileName(), ": ", kModel, " is ", inQuotes(model),
              ", a kind of tokenizer that this version does not know; it knows ", known);
}

Tokenizer::Tokenizer(std::string family, std::string splitRule, Vocabulary vocabulary)
    : m_family(std::move(family)),
      m_splitRule(std::move(splitRule)),
      m_vocabulary(std::move(vocabulary)),
      m_special(collect(m_vocabulary, isSpecial)),
      m_userDefined(collect(m_vocabulary, isUserDefined)) {}

std::vector<TokenId> Tokenizer::encode(std::span<const PromptSegment> segments, bool addBos) const {
  const JoinedText joined = join(segments);
  const std::string_view text = joined.text;
  std::vector<TokenId> out;
  const bool wantsBos = addBos && m_vocabulary.addBos;
  if (wantsBos) out.push_back(m_vocabulary.bos);
  auto right = joined.rights.begin();
  std::size_t plain = 0;  // where text that is not yet encoded begins
  bool first = true;
  const auto flush = [&](std::size_t end) {
    if (plain == end) return;
    encodeText(text.substr(plain, end - plain), first, out);
    first = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    while (right != joined.rights.end() && right->second <= at) ++right;
    SpecialTokens::Match match = m_userDefined.longestAtStartOf(text.substr(at));
    if (right != joined.rights.end() && right->first <= at) {
      const auto special = m_special.longestAtStartOf(text.substr(at, right->second - at));
      if (special.length > match.length) match = special;
    }
    if (match.length == 0) {
      ++at;
      continue;
    }
    flush(at);
    out.push_back(match.id);
    first = true;
    plain = at += match.length;
  }
  flush(text.size());
  if (wantsBos && out.size() > 1 && out[1] == m_vocabulary.bos) out.erase(out.begin());
  return out;
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool parseSpecial, bool addBos) const {
  const PromptSegment segment{std::string(text), parseSpecial};
  return encode(std::span(&segment, 1), addBos);
}

std::string Tokenizer::decode(std::span<const TokenId> tokens, bool showControl) const {
  std::string out;
  for (const TokenId id : tokens) out += piece(id, showControl);
  return out;
}

bool Tokenizer::endsGeneration(TokenId id) const {
  return std::binary_search(m_vocabulary.endTokens.begin(), m_vocabulary.endTokens.end(), id);
}

}  // namespace cutaway
