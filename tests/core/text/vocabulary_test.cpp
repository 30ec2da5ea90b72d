// Metadata as broken as files can be: a clear sentence or a safe tokenizer, never a crash.
#include "core/text/vocabulary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/text/pre_tokenizer.h"
#include "vocabularies.h"

using namespace cutaway;

namespace {

const std::vector<std::string> kChat = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};

Metadata bytePair() { return test::smallBytePair({"a b", "ab c"}, kChat); }
Metadata sentencePiece() { return test::smallSentencePiece({"▁", "a", "b", "ab"}); }

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the sentence names the key that is missing or wrong") {
  CHECK(contains(test::errorOf(Metadata("x.gguf")), "tokenizer.ggml.model"));
  CHECK(contains(test::errorOf(Metadata("x.gguf")), "x.gguf"));
  Metadata metadata = bytePair();
  test::setText(metadata, "tokenizer.ggml.model", "bert");
  CHECK(contains(test::errorOf(metadata), "\"bert\""));
  CHECK(contains(test::errorOf(metadata), "gpt2, llama"));
  metadata = bytePair();
  test::setText(metadata, "tokenizer.ggml.pre", "poro-chat");
  CHECK(contains(test::errorOf(metadata), "\"poro-chat\""));
  CHECK(contains(test::errorOf(metadata), "llama-bpe"));
}

TEST_CASE("every key of a wrong type is refused by name") {
  for (const Metadata& good : {bytePair(), sentencePiece()}) {
    REQUIRE(test::errorOf(good) == "no error");
    for (const auto& [key, value] : good.entries()) {
      Metadata bad = good;
      test::setFlag(bad, key, true);
      CHECK(contains(test::errorOf(bad), key));
    }
    for (const char* key :
         {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.eot_token_id"}) {
      Metadata bad = good;
      test::setText(bad, key, "seven");
      CHECK(contains(test::errorOf(bad), key));
    }
  }
}

TEST_CASE("arrays of another length than the tokens' are refused with both lengths") {
  Metadata metadata = bytePair();
  test::setIntegers(metadata, "tokenizer.ggml.token_type", {1, 2, 3});
  CHECK(contains(test::errorOf(metadata), "has 3 entries for 261 tokens"));
  metadata = sentencePiece();
  test::setNumbers(metadata, "tokenizer.ggml.scores", {0.5});
  CHECK(contains(test::errorOf(metadata), "tokenizer.ggml.scores has 1 entries for 263 tokens"));
  metadata = bytePair();
  test::setTexts(metadata, "tokenizer.ggml.tokens", {});
  CHECK(contains(test::errorOf(metadata), "is empty"));
}

TEST_CASE("values out of range are refused") {
  Metadata metadata = bytePair();
  for (const char* id : {"bos", "eos", "unknown", "eot", "eom"}) {
    Metadata bad = metadata;
    const std::string key = "tokenizer.ggml." + std::string(id) + "_token_id";
    test::setNumber(bad, key, 261);
    CHECK(contains(test::errorOf(bad), key + " is 261, but the vocabulary has 261 tokens"));
    bad.set(key, {MetaType::u64, std::uint64_t{1} << 63});
    CHECK(contains(test::errorOf(bad), key));
    bad.set(key, {MetaType::i32, std::int64_t{-2}});
    CHECK(contains(test::errorOf(bad), key));
  }
  auto kinds = *metadata.integers("tokenizer.ggml.token_type");
  for (const std::int64_t kind : {std::int64_t{7}, std::int64_t{-1}, INT64_MIN}) {
    kinds[5] = kind;
    test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
    CHECK(contains(test::errorOf(metadata), "of token 5 is"));
  }
  metadata = sentencePiece();
  auto scores = *metadata.numbers("tokenizer.ggml.scores");
  scores[9] = std::nan("");
  test::setNumbers(metadata, "tokenizer.ggml.scores", scores);
  CHECK(contains(test::errorOf(metadata), "tokenizer.ggml.scores[9] is not a number"));
}

TEST_CASE("an id of -1, in either spelling, means there is none") {
  Metadata metadata = bytePair();
  test::setNumber(metadata, "tokenizer.ggml.bos_token_id", 0xFFFFFFFF);
  metadata.set("tokenizer.ggml.eos_token_id", {MetaType::i32, std::int64_t{-1}});
  const auto tokenizer = test::makeTokenizer(metadata);
  CHECK(tokenizer->bos() == -1);
  CHECK(tokenizer->eos() == -1);
}

TEST_CASE("a beginning token that is wanted but not named is refused") {
  Metadata metadata = bytePair();
  test::setFlag(metadata, "tokenizer.ggml.add_bos_token", true);
  CHECK(contains(test::errorOf(metadata), "tokenizer.ggml.add_bos_token is true"));
  metadata = bytePair();
  test::setText(metadata, "tokenizer.ggml.pre", "llama-bpe");
  CHECK_FALSE(test::makeTokenizer(metadata)->addsBos());
}

TEST_CASE("two tokens of one text are refused, empty ones are not") {
  Metadata metadata = bytePair();
  auto tokens = **metadata.strings("tokenizer.ggml.tokens");
  tokens[7] = tokens[99] = "";
  test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
  CHECK(test::errorOf(metadata) == "no error");
  tokens[7] = tokens[99] = "twice";
  test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
  CHECK(contains(test::errorOf(metadata), "\"twice\" twice, as tokens 7 and 99"));
}

TEST_CASE("merges") {
  const auto with = [](std::vector<std::string> merges) {
    Metadata metadata = bytePair();
    test::setTexts(metadata, "tokenizer.ggml.merges", std::move(merges));
    return metadata;
  };
  for (const char* malformed : {"", " ", "ab", "a ", " b"})
    CHECK(contains(test::errorOf(with({"a b", malformed})), "tokenizer.ggml.merges[1]"));
  CHECK(contains(test::errorOf(with({"q q", "z z"})), "none of the 2 entries"));
  CHECK(test::errorOf(with({})) == "no error");
  const auto tokenizer = test::makeTokenizer(with({"q q", "a b", "a b", "b z"}));
  CHECK(tokenizer->encode("abz", false, false) == std::vector<TokenId>{256, 'z'});
}

TEST_CASE("SentencePiece needs byte tokens or an unknown one") {
  Metadata metadata = sentencePiece();
  auto kinds = *metadata.integers("tokenizer.ggml.token_type");
  kinds[3 + 'x'] = 1;
  test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
  CHECK(test::errorOf(metadata) == "no error");
  metadata.set("tokenizer.ggml.unknown_token_id", {MetaType::i32, std::int64_t{-1}});
  CHECK(contains(test::errorOf(metadata), "neither a token for byte 120 nor an unknown token"));
  kinds[3 + 'x'] = 6;
  kinds[260] = 6;
  test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
  CHECK(contains(test::errorOf(metadata), "token 260 is a byte"));
}

TEST_CASE("an unknown token stands for odd characters only if it is nothing else") {
  const auto with = [](const std::string& unknown) {
    Metadata metadata("small.gguf");
    test::setText(metadata, "tokenizer.ggml.model", "llama");
    test::setTexts(metadata, "tokenizer.ggml.tokens", {unknown, "<s>", "</s>", "▁", "a"});
    test::setNumbers(metadata, "tokenizer.ggml.scores", {0, 0, 0, -1, -2});
    test::setIntegers(metadata, "tokenizer.ggml.token_type", {3, 3, 3, 1, 1});
    return metadata;
  };
  const auto tokenizer =
      test::makeTokenizer(with("<unk>"));  // a control token only by a slip of the converter
  CHECK(tokenizer->kind(0) == TokenKind::unknown);
  CHECK(tokenizer->encode("é", false, false) == std::vector<TokenId>{3, 0});
  for (const char* other : {"<|endoftext|>", "<|unk|>", "<eos>"})
    CHECK(contains(test::errorOf(with(other)), "neither a token for byte"));
  Metadata endIsUnknown = with("<unk>");
  test::setNumber(endIsUnknown, "tokenizer.ggml.eos_token_id", 0);
  CHECK(contains(test::errorOf(endIsUnknown), "neither a token for byte"));
}

TEST_CASE("without kinds in the file, tokens are what they look like") {
  const auto without = [](const Metadata& full) {
    Metadata out(full.fileName());
    for (const auto& [key, value] : full.entries())
      if (key != "tokenizer.ggml.token_type") out.set(key, value);
    return out;
  };
  const auto bpe = test::makeTokenizer(without(bytePair()));
  for (TokenId id = 258; id < 261; ++id) CHECK(bpe->kind(id) == TokenKind::control);
  CHECK(bpe->encode("<|im_end|>", false, false).size() == 10);
  const auto spm = test::makeTokenizer(without(sentencePiece()));
  CHECK(spm->kind(0) == TokenKind::unknown);
  CHECK(spm->kind(1) == TokenKind::control);
  CHECK(spm->kind(2) == TokenKind::control);
  CHECK(spm->kind(3 + 0x0A) == TokenKind::byte);
  CHECK(spm->piece(3 + 0x0A) == "\n");
}

TEST_CASE("what ends an answer") {
  Metadata metadata = test::smallBytePair(
      {}, {"<|im_end|>", "<|eot_id|>", "</s>", "<end_of_turn>", "<|end|>", "[x]", "[y]", "[z]"});
  test::setNumber(metadata, "tokenizer.ggml.eos_token_id", 261);
  test::setNumber(metadata, "tokenizer.ggml.eot_token_id", 262);
  auto tokenizer = test::makeTokenizer(metadata);
  for (TokenId id = 256; id < 263; ++id) CHECK(tokenizer->endsGeneration(id));
  CHECK_FALSE(tokenizer->endsGeneration(263));
  auto tokens = **metadata.strings("tokenizer.ggml.tokens");
  tokens[263] = "<|return|>";
  test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
  tokenizer = test::makeTokenizer(metadata);
  CHECK(tokenizer->endsGeneration(263));
  CHECK_FALSE(tokenizer->endsGeneration(260));
}

TEST_CASE("random damage to metadata never crashes") {
  std::mt19937 random(5);
  const std::vector<std::string> odd = {"",     " ",        "a", "<|im_end|>",           "<0x41>", "<0xZZ>",
                                        "\xFF", "\xE2\x82", "▁", std::string(1000, 'a'), "a b",    "\0x"};
  int made = 0;
  for (int round = 0; round < 400; ++round) {
    Metadata metadata = round % 2 == 0 ? bytePair() : sentencePiece();
    for (unsigned damage = 0; damage < 1 + random() % 3; ++damage) {
      auto tokens = **metadata.strings("tokenizer.ggml.tokens");
      auto kinds = *metadata.integers("tokenizer.ggml.token_type");
      const auto at = random() % tokens.size();
      switch (random() % 5) {
        case 0:
          tokens[at] = odd[random() % odd.size()];
          break;
        case 1:
          kinds[at] = static_cast<std::int64_t>(random() % 8);
          break;
        case 2:
          test::setTexts(metadata, "tokenizer.ggml.merges",
                         {odd[random() % odd.size()] + " " + odd[random() % odd.size()], "a b"});
          break;
        case 3:
          test::setNumber(metadata, "tokenizer.ggml.unknown_token_id", random() % 300);
          break;
        default:
          test::setText(metadata, "tokenizer.ggml.pre", splitRules()[random() % splitRules().size()].name);
      }
      test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
      test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
    }
    const auto tokenizer = Tokenizer::create(metadata);
    if (!tokenizer) {
      CHECK(contains(tokenizer.error().message, "small.gguf"));
      continue;
    }
    ++made;
    for (const std::string& text : odd)
      for (const bool special : {false, true})
        for (const TokenId id : (*tokenizer)->encode(text, special, true))
          CHECK((*tokenizer)->vocabulary().contains(id));
    for (TokenId id = -1; id <= static_cast<TokenId>((*tokenizer)->size()); ++id)
      (*tokenizer)->piece(id, true);
  }
  CHECK(made > 100);
}
