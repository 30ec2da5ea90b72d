// Text to token ids and back, as the model's own file says. One file per tokenizer family, one line in the
// table of tokenizer.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/format/metadata.h"
#include "core/text/special_tokens.h"
#include "core/text/vocabulary.h"

namespace cutaway {

/// Text with the right to be read as special tokens. What a user types never has it: "<|im_end|>" in it stays
/// text.
struct PromptSegment {
  std::string text;
  bool parseSpecial = false;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// From GGUF's "tokenizer.ggml.*"; fails with the key that is missing or wrong, or an unknown model or
  /// rule.
  static Result<std::unique_ptr<Tokenizer>> create(const Metadata& metadata);

  /// The tokens of the joined text, so that neither a split of a segment nor the right to special tokens
  /// changes how ordinary text is cut. A control token is recognized only where it lies in text with that
  /// right, whole; a user-defined one (a run of spaces, <think>) anywhere, as llama.cpp and Hugging Face do.
  /// Of tokens that begin at one place the longest counts. `addBos` puts the beginning token in front where
  /// the file asks for one and the text does not already begin with it. Invalid UTF-8 is encoded too, byte by
  /// byte, never refused. Can run on any number of threads at once.
  std::vector<TokenId> encode(std::span<const PromptSegment> segments, bool addBos) const;
  std::vector<TokenId> encode(std::string_view text, bool parseSpecial, bool addBos) const;

  /// The bytes a token stands for, maybe part of a UTF-8 character. Control tokens and the unknown token give
  /// "" unless `showControl`. An id outside the vocabulary gives "".
  virtual std::string piece(TokenId id, bool showControl = false) const = 0;
  /// The text of tokens; for llama-style models without the space that the tokenizer puts before the first
  /// word.
  virtual std::string decode(std::span<const TokenId> tokens, bool showControl = false) const;

  const Vocabulary& vocabulary() const { return m_vocabulary; }
  std::size_t size() const { return m_vocabulary.size(); }
  const std::string& text(TokenId id) const { return m_vocabulary.text(id); }  ///< as in the file
  TokenKind kind(TokenId id) const { return m_vocabulary.kind(id); }
  TokenId bos() const { return m_vocabulary.bos; }  ///< -1 when there is none, as for the next one
  TokenId eos() const { return m_vocabulary.eos; }
  bool addsBos() const { return m_vocabulary.addBos; }
  bool addsEos() const { return m_vocabulary.addEos; }
  /// Ends an answer: eos, eot, eom, and known end markers such as <|im_end|>.
  bool endsGeneration(TokenId id) const;
  const std::string& family() const { return m_family; }        ///< "gpt2" or "llama"
  const std::string& splitRule() const { return m_splitRule; }  ///< "smollm"; empty for llama

 protected:
  Tokenizer(std::string family, std::string splitRule, Vocabulary vocabulary);

  /// Appends the tokens of text without special tokens. `first` is true when nothing or a special token
  /// precedes it.
  virtual void encodeText(std::string_view text, bool first, std::vector<TokenId>& out) const = 0;

 private:
  std::string m_family, m_splitRule;
  Vocabulary m_vocabulary;
  SpecialTokens m_special;      ///< control, unknown and user-defined tokens
  SpecialTokens m_userDefined;  ///< those that any text may contain
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
