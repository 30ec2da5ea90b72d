// A model's tokens with what each of them is for, read from GGUF's "tokenizer.ggml.*" and checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/format/metadata.h"

namespace cutaway {

using TokenId = std::int32_t;

enum class TokenKind : std::uint8_t { normal, unknown, control, userDefined, unused, byte };

/// What a tokenizer family assumes where the file says nothing.
struct VocabularyDefaults {
  TokenId bos = -1, eos = -1, unknown = -1;
  bool addBos = false;
  bool byteTokens = false;  ///< a token written <0x0A> is a byte
};

/// Kinds are those of the file, except that no text of a user may become a token that steers the model: known
/// end markers, the bos and eos tokens and user-defined tokens written <|like this|> are always `control`.
struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<TokenKind> kinds;  ///< as many as tokens
  std::vector<TokenId> endTokens;
  TokenId bos = -1, eos = -1, unknown = -1;  ///< -1: there is none
  bool addBos = false, addEos = false;

  std::size_t size() const { return tokens.size(); }
  const std::string& text(TokenId id) const { return tokens[static_cast<std::size_t>(id)]; }
  TokenKind kind(TokenId id) const { return kinds[static_cast<std::size_t>(id)]; }
  bool contains(TokenId id) const { return id >= 0 && static_cast<std::size_t>(id) < tokens.size(); }
  /// Never shown to a reader: control tokens and the unknown token.
  bool hidden(TokenId id) const { return kind(id) == TokenKind::control || kind(id) == TokenKind::unknown; }
};

/// Fails with the key that is missing or wrong: an empty vocabulary, two tokens of one text, arrays of
/// another length than the tokens', ids outside the vocabulary, unknown kinds. An id of -1 (or 2^32 - 1)
/// means "none".
Result<Vocabulary> readVocabulary(const Metadata& metadata, const VocabularyDefaults& defaults);

/// From text to id, for the tokens that ordinary text may become: not control, unknown and byte tokens. Its
/// keys are views of the vocabulary's texts.
using TokenIndex = std::unordered_map<std::string_view, TokenId>;
TokenIndex indexPlainTokens(const Vocabulary& vocabulary);

/// The value of a token written <0x0A>, or -1.
int byteOfToken(std::string_view text);

}  // namespace cutaway
