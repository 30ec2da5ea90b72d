// Text to token ids and back, as the model's own file says. One file per tokenizer family, one line in the table
// of tokenizer.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/format/metadata.h"

namespace cutaway {

using TokenId = std::int32_t;

/// Text with the right to be read as special tokens. What a user types never has it: "<|im_end|>" in it stays text.
struct PromptSegment {
  std::string text;
  bool parseSpecial = false;
};

enum class TokenKind : std::uint8_t { normal, unknown, control, userDefined, unused, byte };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// From GGUF's "tokenizer.ggml.*"; fails with the key that is missing or wrong, or an unknown model or rule.
  static Result<std::unique_ptr<Tokenizer>> create(const Metadata& metadata);

  /// Adjacent segments of equal right are joined first, so that a split does not change the tokens. `addBos`
  /// puts the beginning token in front where the file asks for one and the text does not already begin with it.
  /// Invalid UTF-8 is encoded too (by bytes, or as the unknown token), never refused.
  std::vector<TokenId> encode(std::span<const PromptSegment> segments, bool addBos) const;
  std::vector<TokenId> encode(std::string_view text, bool parseSpecial, bool addBos) const;

  /// The bytes a token stands for, maybe part of a UTF-8 character. Control tokens give "" unless `showControl`.
  /// An id outside the vocabulary gives "".
  virtual std::string piece(TokenId id, bool showControl = false) const = 0;
  /// The text of tokens; for llama-style models without the space that the tokenizer puts before the first word.
  virtual std::string decode(std::span<const TokenId> tokens, bool showControl = false) const;

  std::size_t size() const { return m_tokens.size(); }
  const std::string& text(TokenId id) const { return m_tokens[static_cast<std::size_t>(id)]; }  ///< as in the file
  TokenKind kind(TokenId id) const { return m_kinds[static_cast<std::size_t>(id)]; }
  TokenId bos() const { return m_bos; }  ///< -1 when there is none, as for the next ones
  TokenId eos() const { return m_eos; }
  bool addsBos() const { return m_addBos; }
  bool addsEos() const { return m_addEos; }
  /// Ends an answer: eos, eot, eom, and known end markers such as <|im_end|>.
  bool endsGeneration(TokenId id) const;
  const std::string& family() const { return m_family; }       ///< "gpt2" or "llama"
  const std::string& splitRule() const { return m_splitRule; }  ///< "smollm"; empty for llama

 protected:
  /// Appends the tokens of text without special tokens. `first` is true when nothing precedes it.
  virtual void encodeText(std::string_view text, bool first, std::vector<TokenId>& out) const = 0;

  std::vector<std::string> m_tokens;
  std::vector<TokenKind> m_kinds;
  std::vector<TokenId> m_special;  ///< control and user-defined tokens, longest text first
  std::vector<TokenId> m_endTokens;
  TokenId m_bos = -1, m_eos = -1, m_unknown = -1;
  bool m_addBos = false, m_addEos = false;
  std::string m_family, m_splitRule;
};

/// Joins pieces of tokens to text and holds back an unfinished UTF-8 character until it is whole.
class Utf8Stream {
 public:
  /// The text that is complete now; bytes that can never become valid come out as U+FFFD.
  std::string append(std::string_view bytes);
  /// What was held back, as U+FFFD; empty when nothing was.
  std::string finish();

 private:
  std::string m_pending;  ///< at most three bytes
};

}  // namespace cutaway
