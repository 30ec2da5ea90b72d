// Cuts text into the words inside which byte-level BPE merges, as the model's split rule says.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/text/unicode.h"

namespace cutaway {

/// One character of the text that is split; a byte that is not UTF-8 has the class `other`.
struct SplitChar {
  char32_t code;
  CharClass kind;
  std::size_t offset;  ///< of its first byte
};

/// Where the match that begins at `at` ends, `at` when there is none. The piece's end is the text's end.
using SplitMatcher = std::size_t (*)(std::span<const SplitChar> piece, std::size_t at);

/// One row per rule. Each pass cuts every piece of the pass before it into matches and what lies between
/// them.
struct SplitRule {
  const char* name;
  std::span<const SplitMatcher> passes;
  bool takesWholeWords;  ///< a word that is a token is taken as it is, whatever the merges say
  bool addsBos;          ///< where the file does not say
};

std::span<const SplitRule> splitRules();
/// By name or alias ("llama3" is "llama-bpe"); null when unknown.
const SplitRule* findSplitRule(std::string_view name);

/// The pieces, in order; joined they are the text again.
std::vector<std::string_view> splitText(const SplitRule& rule, std::string_view text);

}  // namespace cutaway
