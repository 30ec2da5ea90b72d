#include "vocabularies.h"

#include <bit>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/base/utf8.h"
#include "core/text/byte_alphabet.h"

namespace cutaway::test {
namespace {

constexpr int kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kByte = 6;

/// Reads the wire format of protocol buffers: one field after the other.
class Protobuf {
 public:
  explicit Protobuf(std::string_view bytes) : m_rest(bytes) {}

  bool next() {
    if (m_rest.empty()) return false;
    const std::uint64_t tag = varint();
    field = static_cast<int>(tag >> 3);
    switch (tag & 7) {
      case 0:
        number = varint();
        break;
      case 1:
        content = take(8);
        break;
      case 2:
        content = take(varint());
        break;
      case 5:
        content = take(4);
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
    return true;
  }

  int field = 0;
  std::uint64_t number = 0;  ///< of wire type 0
  std::string_view content;  ///< of the others

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("endless number");
  }

  std::string_view take(std::uint64_t count) {
    if (count > m_rest.size()) throw std::runtime_error("the file is cut off");
    const std::string_view out = m_rest.substr(0, count);
    m_rest.remove_prefix(count);
    return out;
  }

  std::string_view m_rest;
};

std::string byteToken(unsigned byte) {
  char text[8];
  std::snprintf(text, sizeof text, "<0x%02X>", byte);
  return text;
}

void setArray(Metadata& metadata, const std::string& key, MetaType element,
              decltype(MetaArray::items) items) {
  metadata.set(key, {MetaType::array, MetaArray{element, std::move(items)}});
}

}  // namespace

void setText(Metadata& metadata, const std::string& key, std::string value) {
  metadata.set(key, {MetaType::string, std::move(value)});
}
void setNumber(Metadata& metadata, const std::string& key, std::uint64_t value) {
  metadata.set(key, {MetaType::u32, value});
}
void setFlag(Metadata& metadata, const std::string& key, bool value) {
  metadata.set(key, {MetaType::boolean, value});
}
void setTexts(Metadata& metadata, const std::string& key, std::vector<std::string> values) {
  setArray(metadata, key, MetaType::string, std::move(values));
}
void setIntegers(Metadata& metadata, const std::string& key, std::vector<std::int64_t> values) {
  setArray(metadata, key, MetaType::i32, std::move(values));
}
void setNumbers(Metadata& metadata, const std::string& key, std::vector<double> values) {
  setArray(metadata, key, MetaType::f32, std::move(values));
}

Metadata fromHuggingFace(const std::string& json, const std::string& splitRule) {
  const auto file = nlohmann::json::parse(json);
  const auto& model = file.at("model");
  std::vector<std::string> tokens(model.at("vocab").size());
  for (const auto& [text, id] : model.at("vocab").items()) tokens.at(id.get<std::size_t>()) = text;
  std::vector<std::int64_t> kinds(tokens.size(), kNormal);
  for (const auto& added : file.at("added_tokens"))
    kinds.at(added.at("id").get<std::size_t>()) = added.at("special").get<bool>() ? kControl : kUserDefined;
  Metadata out("tokenizer.json");
  setText(out, "tokenizer.ggml.model", "gpt2");
  setText(out, "tokenizer.ggml.pre", splitRule);
  setTexts(out, "tokenizer.ggml.tokens", std::move(tokens));
  setIntegers(out, "tokenizer.ggml.token_type", std::move(kinds));
  setTexts(out, "tokenizer.ggml.merges", model.at("merges").get<std::vector<std::string>>());
  return out;
}

Metadata fromSentencePiece(const std::string& model) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  std::vector<std::int64_t> kinds;
  for (Protobuf file(model); file.next();) {
    if (file.field != 1) continue;  // ModelProto.pieces
    tokens.emplace_back();
    scores.push_back(0);
    kinds.push_back(kNormal);
    for (Protobuf piece(file.content); piece.next();) {
      if (piece.field == 1) tokens.back() = piece.content;
      if (piece.field == 3) kinds.back() = static_cast<std::int64_t>(piece.number);
      if (piece.field == 2) {
        float score = 0;
        std::memcpy(&score, piece.content.data(), sizeof score);
        scores.back() = score;
      }
    }
  }
  Metadata out("tokenizer.model");
  setText(out, "tokenizer.ggml.model", "llama");
  setTexts(out, "tokenizer.ggml.tokens", std::move(tokens));
  setNumbers(out, "tokenizer.ggml.scores", std::move(scores));
  setIntegers(out, "tokenizer.ggml.token_type", std::move(kinds));
  return out;
}

Metadata smallBytePair(const std::vector<std::string>& merges, const std::vector<std::string>& control,
                       const std::string& splitRule) {
  std::vector<std::string> tokens(256);
  for (std::size_t byte = 0; byte < 256; ++byte) appendUtf8(tokens[byte], kByteAlphabet[byte]);
  for (std::string merge : merges) {
    std::erase(merge, ' ');
    tokens.push_back(std::move(merge));
  }
  std::vector<std::int64_t> kinds(tokens.size(), kNormal);
  tokens.insert(tokens.end(), control.begin(), control.end());
  kinds.resize(tokens.size(), kControl);
  Metadata out("small.gguf");
  setText(out, "tokenizer.ggml.model", "gpt2");
  setText(out, "tokenizer.ggml.pre", splitRule);
  setTexts(out, "tokenizer.ggml.tokens", std::move(tokens));
  setIntegers(out, "tokenizer.ggml.token_type", std::move(kinds));
  setTexts(out, "tokenizer.ggml.merges", merges);
  return out;
}

Metadata smallSentencePiece(const std::vector<std::string>& pieces) {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::int64_t> kinds = {kUnknown, kControl, kControl};
  for (unsigned byte = 0; byte < 256; ++byte) tokens.push_back(byteToken(byte));
  kinds.resize(tokens.size(), kByte);
  tokens.insert(tokens.end(), pieces.begin(), pieces.end());
  kinds.resize(tokens.size(), kNormal);
  std::vector<double> scores(tokens.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = -static_cast<double>(i);
  Metadata out("small.gguf");
  setText(out, "tokenizer.ggml.model", "llama");
  setTexts(out, "tokenizer.ggml.tokens", std::move(tokens));
  setIntegers(out, "tokenizer.ggml.token_type", std::move(kinds));
  setNumbers(out, "tokenizer.ggml.scores", std::move(scores));
  return out;
}

std::unique_ptr<Tokenizer> makeTokenizer(const Metadata& metadata) {
  auto made = Tokenizer::create(metadata);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

std::string errorOf(const Metadata& metadata) {
  const auto made = Tokenizer::create(metadata);
  return made ? "no error" : made.error().message;
}

}  // namespace cutaway::test
