// The tokenizer families, each in its own file; the table is in tokenizer.cpp.
#pragma once

#include "core/text/tokenizer.h"

namespace cutaway {

/// Byte-level BPE, tokenizer.ggml.model "gpt2": text is split by the model's rule, each word becomes bytes,
/// and merges join them by rank. Source: Radford et al. 2019; the byte alphabet is that of OpenAI's GPT-2
/// release.
Result<std::unique_ptr<Tokenizer>> createBytePairTokenizer(const Metadata& metadata);

/// SentencePiece's BPE, tokenizer.ggml.model "llama": characters are joined by the scores of the tokens they
/// make; a character that is no token becomes its bytes. Source: Kudo and Richardson 2018.
Result<std::unique_ptr<Tokenizer>> createSentencePieceTokenizer(const Metadata& metadata);

}  // namespace cutaway
