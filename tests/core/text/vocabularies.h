// GGUF metadata of tokenizers that live in other formats, and small ones written by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/format/metadata.h"
#include "core/text/tokenizer.h"

namespace cutaway::test {

void setText(Metadata& metadata, const std::string& key, std::string value);
void setNumber(Metadata& metadata, const std::string& key, std::uint64_t value);
void setFlag(Metadata& metadata, const std::string& key, bool value);
void setTexts(Metadata& metadata, const std::string& key, std::vector<std::string> values);
void setIntegers(Metadata& metadata, const std::string& key, std::vector<std::int64_t> values);
void setNumbers(Metadata& metadata, const std::string& key, std::vector<double> values);

/// Hugging Face's tokenizer.json of a byte-level BPE; its special tokens become control tokens.
Metadata fromHuggingFace(const std::string& json, const std::string& splitRule);

/// SentencePiece's model file (a protobuf); pieces become tokens of their kinds.
Metadata fromSentencePiece(const std::string& model);

/// Byte-level BPE of the 256 bytes, then one token per merge ("a b"), then the special texts as control
/// tokens.
Metadata smallBytePair(const std::vector<std::string>& merges, const std::vector<std::string>& control,
                       const std::string& splitRule = "gpt-2");

/// SentencePiece-style: <unk> <s> </s>, the 256 bytes, then the pieces, scored in order; U+2581 is a space.
Metadata smallSentencePiece(const std::vector<std::string>& pieces);

/// Fails the test with the error's message.
std::unique_ptr<Tokenizer> makeTokenizer(const Metadata& metadata);

/// The error's message, or "no error".
std::string errorOf(const Metadata& metadata);

}  // namespace cutaway::test
