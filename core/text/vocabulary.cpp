#include "core/text/vocabulary.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/utf8.h"

namespace cutaway {
namespace {

constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr std::uint64_t kNoId = 0xFFFFFFFF;

/// Texts that end an answer in some model family, whatever their kind in the file. llama.cpp ends on the same
/// ones, those of fill-in-the-middle included.
constexpr std::string_view kEndTexts[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<|return|>",
    "<|call|>",
    "<end_of_utterance>",
    "<eos>",
    "<｜end▁of▁sentence｜>",
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
};

/// GGUF's numbers of the kinds; 0 is "undefined".
constexpr std::array kKinds = {TokenKind::normal,  TokenKind::normal,      TokenKind::unknown,
                               TokenKind::control, TokenKind::userDefined, TokenKind::unused,
                               TokenKind::byte};

bool enclosed(std::string_view text, std::string_view open, std::string_view close) {
  return text.size() > open.size() + close.size() && text.starts_with(open) && text.ends_with(close);
}

bool looksLikeMarker(std::string_view text) {
  return enclosed(text, "<|", "|>") || enclosed(text, "<｜", "｜>");
}

bool looksSpecial(std::string_view text) { return enclosed(text, "<", ">") || enclosed(text, "[", "]"); }

bool isEndText(std::string_view text) {
  return std::find(std::begin(kEndTexts), std::end(kEndTexts), text) != std::end(kEndTexts);
}

Result<void> checkTexts(const Metadata& metadata, const std::vector<std::string>& tokens) {
  if (tokens.empty()) return fail(ErrorKind::badInput, metadata.fileName(), ": ", kTokens, " is empty");
  TokenIndex seen;
  seen.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty()) continue;  // some converters pad with them
    const auto [first, isNew] = seen.emplace(tokens[i], static_cast<TokenId>(i));
    if (!isNew)
      return fail(ErrorKind::badInput, metadata.fileName(), ": ", kTokens, " lists ", inQuotes(tokens[i]),
                  " twice, as tokens ", first->second, " and ", i);
  }
  return {};
}

/// The kinds as the file gives them; without the key, told by the tokens' looks.
Result<std::vector<TokenKind>> readKinds(const Metadata& metadata, const std::vector<std::string>& tokens,
                                         bool byteTokens) {
  std::vector<TokenKind> kinds(tokens.size(), TokenKind::normal);
  if (!metadata.has(kTypes)) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (looksLikeMarker(tokens[i])) kinds[i] = TokenKind::control;
      if (byteTokens && byteOfToken(tokens[i]) >= 0) kinds[i] = TokenKind::byte;
    }
    return kinds;
  }
  const auto numbers = TRY(metadata.integers(kTypes));
  if (numbers.size() != tokens.size())
    return fail(ErrorKind::badInput, metadata.fileName(), ": ", kTypes, " has ", numbers.size(),
                " entries for ", tokens.size(), " tokens");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 0 || static_cast<std::size_t>(numbers[i]) >= kKinds.size())
      return fail(ErrorKind::badInput, metadata.fileName(), ": ", kTypes, " of token ", i, " is ", numbers[i],
                  "; expected 0 to ", kKinds.size() - 1);
    kinds[i] = kKinds[static_cast<std::size_t>(numbers[i])];
  }
  return kinds;
}

Result<TokenId> readId(const Metadata& metadata, std::string_view key, TokenId fallback, std::size_t count) {
  const MetaValue* value = metadata.find(key);
  if (value == nullptr) return static_cast<std::size_t>(fallback) < count ? fallback : -1;
  const auto* number = std::get_if<std::int64_t>(&value->value);
  if (number != nullptr && *number == -1) return -1;
  const std::uint64_t id = TRY(metadata.uint(key));
  if (id == kNoId) return -1;
  if (id >= count)
    return fail(ErrorKind::badInput, metadata.fileName(), ": ", key, " is ", id, ", but the vocabulary has ",
                count, " tokens");
  return static_cast<TokenId>(id);
}

/// The flag; asking for a token that the file does not name is an error, unless it is only our default.
Result<bool> readFlag(const Metadata& metadata, const char* key, bool fallback, TokenId token) {
  const bool wanted = TRY(metadata.booleanOr(key, fallback));
  if (wanted && token < 0 && metadata.has(key))
    return fail(ErrorKind::badInput, metadata.fileName(), ": ", key, " is true, but no such token is named");
  return wanted && token >= 0;
}

/// Makes control what may not be typed, whatever the file calls it.
void protectMarkers(Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    TokenKind& kind = vocabulary.kinds[i];
    if (isEndText(vocabulary.tokens[i]) ||
        (kind == TokenKind::userDefined && looksLikeMarker(vocabulary.tokens[i])))
      kind = TokenKind::control;
  }
  for (const TokenId id : {vocabulary.bos, vocabulary.eos})
    if (id >= 0 && looksSpecial(vocabulary.text(id)))
      vocabulary.kinds[static_cast<std::size_t>(id)] = TokenKind::control;
  const TokenId unknown = vocabulary.unknown;
  if (unknown < 0 || unknown == vocabulary.bos || unknown == vocabulary.eos) return;
  const std::string& text = vocabulary.text(unknown);  // <unk>, but not <|endoftext|>, which files name here too
  if (looksSpecial(text) && !looksLikeMarker(text) && !isEndText(text))
    vocabulary.kinds[static_cast<std::size_t>(unknown)] = TokenKind::unknown;
}

/// `named` are the file's own end tokens. In OpenAI's harmony format <|end|> ends a message, not the answer.
std::vector<TokenId> findEndTokens(const Vocabulary& vocabulary, std::vector<TokenId> named) {
  const auto& tokens = vocabulary.tokens;
  const bool harmony = std::find(tokens.begin(), tokens.end(), "<|return|>") != tokens.end();
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (isEndText(tokens[i]) && !(harmony && tokens[i] == "<|end|>"))
      named.push_back(static_cast<TokenId>(i));
  std::erase(named, -1);
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  return named;
}

}  // namespace

Result<Vocabulary> readVocabulary(const Metadata& metadata, const VocabularyDefaults& defaults) {
  Vocabulary out;
  out.tokens = *TRY(metadata.strings(kTokens));
  TRY(checkTexts(metadata, out.tokens));
  out.kinds = TRY(readKinds(metadata, out.tokens, defaults.byteTokens));
  out.bos = TRY(readId(metadata, "tokenizer.ggml.bos_token_id", defaults.bos, out.size()));
  out.eos = TRY(readId(metadata, "tokenizer.ggml.eos_token_id", defaults.eos, out.size()));
  out.unknown = TRY(readId(metadata, "tokenizer.ggml.unknown_token_id", defaults.unknown, out.size()));
  const TokenId eot = TRY(readId(metadata, "tokenizer.ggml.eot_token_id", -1, out.size()));
  const TokenId eom = TRY(readId(metadata, "tokenizer.ggml.eom_token_id", -1, out.size()));
  out.addBos = TRY(readFlag(metadata, "tokenizer.ggml.add_bos_token", defaults.addBos, out.bos));
  out.addEos = TRY(readFlag(metadata, "tokenizer.ggml.add_eos_token", false, out.eos));
  protectMarkers(out);
  out.endTokens = findEndTokens(out, {out.eos, eot, eom});
  return out;
}

TokenIndex indexPlainTokens(const Vocabulary& vocabulary) {
  TokenIndex index;
  index.reserve(vocabulary.size());
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const TokenKind kind = vocabulary.kinds[i];
    const bool plain =
        kind == TokenKind::normal || kind == TokenKind::userDefined || kind == TokenKind::unused;
    if (plain && !vocabulary.tokens[i].empty()) index.emplace(vocabulary.tokens[i], static_cast<TokenId>(i));
  }
  return index;
}

int byteOfToken(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return -1;
  int value = -1;
  const auto [end, error] = std::from_chars(text.data() + 3, text.data() + 5, value, 16);
  return error == std::errc() && end == text.data() + 5 && value >= 0 ? value : -1;
}

}  // namespace cutaway
