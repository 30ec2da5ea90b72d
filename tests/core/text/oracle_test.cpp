// Token ids of whole texts, by programs we did not write: Hugging Face tokenizers, sentencepiece
// (tests/oracles/tokenizers/make_ids.py) and llama.cpp.
#include <doctest/doctest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/format/model_file.h"
#include "support/paths.h"
#include "vocabularies.h"

using namespace cutaway;
using Json = nlohmann::json;
using Ids = std::vector<TokenId>;

namespace {

Json oracle(const std::string& name) {
  return Json::parse(test::readFile(test::projectFile("tests/oracles/" + name)));
}

/// FNV-1a, as in make_ids.py.
std::string digest(const Ids& ids) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const TokenId id : ids)
    for (int byte = 0; byte < 4; ++byte)
      hash = (hash ^ (static_cast<std::uint32_t>(id) >> 8 * byte & 0xFF)) * 0x100000001B3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

Ids plain(const Tokenizer& tokenizer, const std::string& text) {
  return tokenizer.encode(text, false, false);
}

void checkCases(const Tokenizer& tokenizer, const Json& cases) {
  REQUIRE(cases.size() > 40);
  for (const auto& row : cases)
    CHECK_MESSAGE(plain(tokenizer, row["text"]) == row["ids"].get<Ids>(), row["name"]);
}

void checkDigest(const Tokenizer& tokenizer, const Json& row, const std::string& text) {
  const Ids ids = plain(tokenizer, text);
  CHECK_MESSAGE(ids.size() == row["count"].get<std::size_t>(), row["name"]);
  CHECK_MESSAGE(digest(ids) == row["fnv1a"], row["name"]);
}

void checkLongTexts(const Tokenizer& tokenizer, const Json& fixture) {
  for (const auto& row : fixture["words"]) checkDigest(tokenizer, row, row["text"]);
  for (const auto& row : fixture["files"]) {
    const auto name = row["name"].get<std::string>();
    if (!name.starts_with("shared:"))
      checkDigest(tokenizer, row, test::readFile(test::projectFile(name)));
    else if (const auto path = test::sharedFile(name.substr(7)))
      checkDigest(tokenizer, row, test::readFile(*path));
  }
}

/// SentencePiece writes spaces as U+2581, so that one in the text comes back as a space.
std::string withoutMarks(std::string text, const std::string& family) {
  const std::string mark = "▁";
  if (family == "llama")
    for (std::size_t at; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), 1, ' ');
  return text;
}

void checkRoundTrip(const Tokenizer& tokenizer, const Json& cases) {
  for (const auto& row : cases) {
    const auto text = row["text"].get<std::string>();
    const Ids ids = plain(tokenizer, text);
    CHECK(tokenizer.decode(ids, true) == withoutMarks(text, tokenizer.family()));
    std::string streamed;
    Utf8Stream stream;
    for (const TokenId id : ids) streamed += stream.append(tokenizer.piece(id));
    streamed += stream.finish();
    if (tokenizer.family() == "gpt2") CHECK(streamed == text);
  }
}

/// What llama.cpp says of a model: one chat with special tokens parsed and BOS if the file asks for it, then
/// many texts without BOS (make_peer_ids.mjs).
void checkPeer(const std::string& path, const std::string& name) {
  const auto file = openModelFile(path);
  REQUIRE(file.has_value());
  const auto tokenizer = test::makeTokenizer(file->metadata);
  const Json chat = oracle(name + "-llama.cpp.json");
  CHECK(tokenizer->encode(chat["text"].get<std::string>(), true, true) == chat["tokens"].get<Ids>());
  const Json rows = oracle("tokenizers/llama.cpp.json")["models"][chat["model"].get<std::string>()];
  REQUIRE(rows.size() > 40);
  for (const auto& row : rows) {
    const auto text = row["text"].get<std::string>();
    CHECK_MESSAGE(tokenizer->encode(text, true, false) == row["special"].get<Ids>(), text);
    CHECK_MESSAGE(tokenizer->encode(text, false, false) == row["plain"].get<Ids>(), text);
  }
  checkRoundTrip(*tokenizer, rows);
}

}  // namespace

TEST_CASE("SmolLM2's tokenizer gives Hugging Face's ids") {
  const auto path = test::sharedFile("data/smollm2-tokenizer.json");
  if (!path) return;
  const auto tokenizer = test::makeTokenizer(test::fromHuggingFace(test::readFile(*path), "smollm"));
  const Json fixture = oracle("tokenizers/smollm2.json");
  checkCases(*tokenizer, fixture["cases"]);
  checkLongTexts(*tokenizer, fixture);
  REQUIRE(!fixture["special"].empty());
  for (const auto& row : fixture["special"])
    CHECK(tokenizer->encode(row["text"].get<std::string>(), true, false) == row["ids"].get<Ids>());
}

TEST_CASE("SmolLM2's text comes back from its tokens") {
  const auto path = test::sharedFile("data/smollm2-tokenizer.json");
  if (!path) return;
  const auto tokenizer = test::makeTokenizer(test::fromHuggingFace(test::readFile(*path), "smollm"));
  checkRoundTrip(*tokenizer, oracle("tokenizers/smollm2.json")["special"]);
}

TEST_CASE("Llama 2's tokenizer gives sentencepiece's ids") {
  const auto path = test::sharedFile("data/llama2-tokenizer.model");
  if (!path) return;
  const Metadata metadata = test::fromSentencePiece(test::readFile(*path));
  const auto tokenizer = test::makeTokenizer(metadata);
  const Json fixture = oracle("tokenizers/llama2.json");
  checkCases(*tokenizer, fixture["cases"]);
  checkLongTexts(*tokenizer, fixture);
  checkRoundTrip(*tokenizer, fixture["cases"]);
}

TEST_CASE("Llama 2's tokenizer follows the options as sentencepiece does") {
  const auto path = test::sharedFile("data/llama2-tokenizer.model");
  if (!path) return;
  const Metadata original = test::fromSentencePiece(test::readFile(*path));
  const Json variants = oracle("tokenizers/llama2.json")["variants"];

  SUBCASE("no space before the first word") {
    Metadata metadata = original;
    test::setFlag(metadata, "tokenizer.ggml.add_space_prefix", false);
    checkCases(*test::makeTokenizer(metadata), variants["no_space_prefix"]);
  }
  SUBCASE("extra spaces removed") {
    Metadata metadata = original;
    test::setFlag(metadata, "tokenizer.ggml.remove_extra_whitespaces", true);
    checkCases(*test::makeTokenizer(metadata), variants["remove_extra_whitespaces"]);
  }
  SUBCASE("unused tokens taken apart again") {
    auto kinds = *original.integers("tokenizer.ggml.token_type");
    const auto& tokens = **original.strings("tokenizer.ggml.tokens");
    for (std::size_t i = 0; i < kinds.size(); i += 3) {
      const auto starts =
          std::count_if(tokens[i].begin(), tokens[i].end(), [](char c) { return (c & 0xC0) != 0x80; });
      if (kinds[i] == 1 && starts > 1) kinds[i] = 5;
    }
    Metadata metadata = original;
    test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
    checkCases(*test::makeTokenizer(metadata), variants["every_third_unused"]);
  }
}

TEST_CASE("the demo model's file gives llama.cpp's ids") {
  checkPeer(test::projectFile("resources/demo-model/demo-f16.gguf"), "demo");
}

TEST_CASE("stories260K gives llama.cpp's ids") {
  if (const auto path = test::sharedFile("models/stories260K-f32.gguf")) checkPeer(*path, "stories260K");
}
