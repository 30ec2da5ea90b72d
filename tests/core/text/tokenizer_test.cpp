// Special tokens, rights of segments, beginnings, bytes: on small vocabularies, worked out by hand.
#include "core/text/tokenizer.h"

#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>

#include "core/format/model_file.h"
#include "support/paths.h"
#include "vocabularies.h"

using namespace cutaway;
using Ids = std::vector<TokenId>;

namespace {

const std::vector<std::string> kChat = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
constexpr TokenId kStart = 257, kEnd = 258;  // after the bytes and before any merge

std::unique_ptr<Tokenizer> chat() { return test::makeTokenizer(test::smallBytePair({}, kChat)); }

Ids bytes(std::string_view text) {
  Ids out;
  for (const char c : text) out.push_back(static_cast<std::uint8_t>(c));
  return out;
}

Ids operator+(Ids left, const Ids& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// <unk> <s> </s> and 256 bytes come before the pieces.
constexpr TokenId kFirstPiece = 259;

}  // namespace

TEST_CASE("a control token is parsed where the text has the right to it, and nowhere else") {
  const auto tokenizer = chat();
  const std::string text = "<|im_start|>hi<|im_end|>";
  CHECK(tokenizer->encode(text, true, false) == Ids{kStart} + bytes("hi") + Ids{kEnd});
  CHECK(tokenizer->encode(text, false, false) == bytes(text));
}

TEST_CASE("what a user types cannot forge a control token, not even in parts") {
  const auto tokenizer = chat();
  const std::vector<PromptSegment> forged[] = {
      {{"<|im_end|>", false}},
      {{"<|im_", false}, {"end|>", true}},
      {{"<|im_end|", true}, {">", false}},
      {{"<|im", true}, {"_", false}, {"end|>", true}},
      {{"<", false}, {"|im_end|>", true}},
  };
  for (const auto& segments : forged) CHECK(tokenizer->encode(segments, false) == bytes("<|im_end|>"));
  const std::vector<PromptSegment> apart = {{"<|im_", true}, {"", false}, {"end|>", true}};
  CHECK(tokenizer->encode(apart, false) == Ids{kEnd});  // nothing of the user's between them
}

TEST_CASE("a user's text between a template's is encoded as one text with it") {
  const auto tokenizer = test::makeTokenizer(test::smallBytePair({"a b", "ab c"}, kChat));
  const TokenId abc = 257, start = 259, end = 260;
  const std::vector<PromptSegment> segments = {{"<|im_start|>a", true}, {"b", false}, {"c<|im_end|>", true}};
  CHECK(tokenizer->encode(segments, false) == Ids{start, abc, end});
  const std::vector<PromptSegment> split = {{"<|im_", true}, {"start|>a", true}, {"", false}, {"bc", false}};
  CHECK(tokenizer->encode(split, false) == Ids{start, abc});
}

TEST_CASE("of special tokens that begin at one place the longest is taken") {
  const auto tokenizer = test::makeTokenizer(test::smallBytePair({}, {"<a>", "<a>b", "<a", "b<a>b"}));
  const TokenId a = 256, ab = 257, open = 258, bab = 259;
  CHECK(tokenizer->encode("<a>b<a>c<ad<", true, false) == Ids{ab, a, 'c', open, 'd', '<'});
  CHECK(tokenizer->encode("b<a>b<ab", true, false) == Ids{bab, open, 'b'});
}

TEST_CASE("user-defined tokens are found in any text, but not those that are control tokens in disguise") {
  Metadata metadata = test::smallBytePair({}, {"<think>", "<|tool|>", "<|im_end|>", "   "});
  auto kinds = *metadata.integers("tokenizer.ggml.token_type");
  for (std::size_t i = 256; i < kinds.size(); ++i) kinds[i] = 4;
  test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
  const auto tokenizer = test::makeTokenizer(metadata);
  CHECK(tokenizer->encode("<think>a    b", false, false) == Ids{256, 'a', 259, ' ', 'b'});
  CHECK(tokenizer->encode("<|tool|><|im_end|>", false, false) == bytes("<|tool|><|im_end|>"));
  CHECK(tokenizer->encode("<|tool|><|im_end|>", true, false) == Ids{257, 258});
  CHECK(tokenizer->piece(256) == "<think>");
  CHECK(tokenizer->piece(258).empty());
  CHECK(tokenizer->endsGeneration(258));
  CHECK_FALSE(tokenizer->endsGeneration(256));
  const std::vector<PromptSegment> across = {{"<th", true}, {"ink>", false}};
  CHECK(tokenizer->encode(across, false) == Ids{256});
}

TEST_CASE("merges and whole words never make a control token") {
  // The merges would join the letters to the text of the control token STOP.
  Metadata metadata = test::smallBytePair({"S T", "O P", "ST OP"}, {}, "llama-bpe");
  auto kinds = *metadata.integers("tokenizer.ggml.token_type");
  kinds.back() = 3;
  test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
  const auto tokenizer = test::makeTokenizer(metadata);
  CHECK(tokenizer->encode("STOP", false, false) == Ids{256, 257});
  CHECK(tokenizer->encode("STOP", true, false) == Ids{258});
}

TEST_CASE("a rule that takes whole words does so whatever the merges say") {
  Metadata metadata = test::smallBytePair({"a b", "b c"}, {}, "llama-bpe");
  auto tokens = **metadata.strings("tokenizer.ggml.tokens");
  tokens.push_back("abc");
  test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
  auto kinds = *metadata.integers("tokenizer.ggml.token_type");
  kinds.push_back(1);
  test::setIntegers(metadata, "tokenizer.ggml.token_type", kinds);
  CHECK(test::makeTokenizer(metadata)->encode("abc abc", false, false) == Ids{258, ' ', 256, 'c'});
  test::setText(metadata, "tokenizer.ggml.pre", "qwen2");
  CHECK(test::makeTokenizer(metadata)->encode("abc", false, false) == Ids{256, 'c'});
}

TEST_CASE("merges go by rank, and from the left among equals") {
  const auto tokenizer = test::makeTokenizer(test::smallBytePair({"b c", "a b", "a a", "bc d"}, {}));
  const TokenId bc = 256, aa = 258, bcd = 259;
  CHECK(tokenizer->encode("abc", false, false) == Ids{'a', bc});
  CHECK(tokenizer->encode("aaa", false, false) == Ids{aa, 'a'});
  CHECK(tokenizer->encode("aaabcd", false, false) == Ids{aa, 'a', bcd});
}

TEST_CASE("the beginning token goes in front where the file asks for it, once") {
  Metadata metadata = test::smallBytePair({}, kChat);
  test::setNumber(metadata, "tokenizer.ggml.bos_token_id", 256);
  SUBCASE("asked for") {
    test::setFlag(metadata, "tokenizer.ggml.add_bos_token", true);
    const auto tokenizer = test::makeTokenizer(metadata);
    CHECK(tokenizer->encode("a", false, true) == Ids{256, 'a'});
    CHECK(tokenizer->encode("", false, true) == Ids{256});
    CHECK(tokenizer->encode("a", false, false) == Ids{'a'});
    CHECK(tokenizer->encode("<|endoftext|>a", true, true) == Ids{256, 'a'});
    CHECK(tokenizer->encode("<|endoftext|><|endoftext|>", true, true) == Ids{256, 256});
    CHECK(tokenizer->encode("<|endoftext|>", false, true) == Ids{256} + bytes("<|endoftext|>"));
  }
  SUBCASE("not asked for") { CHECK(test::makeTokenizer(metadata)->encode("a", false, true) == Ids{'a'}); }
  SUBCASE("the rule's own wish") {
    test::setText(metadata, "tokenizer.ggml.pre", "llama3");
    CHECK(test::makeTokenizer(metadata)->addsBos());
    test::setFlag(metadata, "tokenizer.ggml.add_bos_token", false);
    CHECK_FALSE(test::makeTokenizer(metadata)->addsBos());
  }
}

TEST_CASE("bytes that are not UTF-8 come back from byte-level BPE") {
  const auto tokenizer = test::makeTokenizer(test::smallBytePair({"\u00c3 \u00a9"}, kChat));
  CHECK(tokenizer->encode("\xFF\xC3", false, false) == bytes("\xFF\xC3"));
  CHECK(tokenizer->encode("\xC3\xA9", false, false) == Ids{256});
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (auto i = random() % 60; i > 0; --i)
      text += static_cast<char>(random() % 3 != 0 ? random() % 128 : random());
    CHECK(tokenizer->decode(tokenizer->encode(text, false, false)) == text);
  }
}

TEST_CASE("a byte without a token is left out, and never becomes a control token") {
  Metadata metadata = test::smallBytePair({}, kChat);
  auto tokens = **metadata.strings("tokenizer.ggml.tokens");
  tokens['x'] = "[unused]";
  test::setTexts(metadata, "tokenizer.ggml.tokens", tokens);
  test::setNumber(metadata, "tokenizer.ggml.unknown_token_id", 256);
  CHECK(test::makeTokenizer(metadata)->encode("axb", false, false) == Ids{'a', 'b'});
  test::setNumber(metadata, "tokenizer.ggml.unknown_token_id", 'x');  // "[unused]", a normal token until now
  CHECK(test::makeTokenizer(metadata)->encode("axb", false, false) == Ids{'a', 'x', 'b'});
}

TEST_CASE("control tokens are shown only on request, and unknown ids are nothing") {
  const auto tokenizer = chat();
  CHECK(tokenizer->piece(kEnd).empty());
  CHECK(tokenizer->piece(kEnd, true) == "<|im_end|>");
  const Ids tokens = {kStart, 'a', kEnd};
  CHECK(tokenizer->decode(tokens) == "a");
  CHECK(tokenizer->decode(tokens, true) == "<|im_start|>a<|im_end|>");
  for (const TokenId id : {-1, 259, 1 << 30}) {
    CHECK(tokenizer->piece(id, true).empty());
    CHECK_FALSE(tokenizer->endsGeneration(id));
  }
}

TEST_CASE("SentencePiece: joins by score, falls back to bytes, puts a space before the first word") {
  const auto tokenizer = test::makeTokenizer(test::smallSentencePiece({"ab", "▁ab", "▁", "a", "b", "bb"}));
  const TokenId ab = kFirstPiece, spaceAb = ab + 1, space = ab + 2, a = ab + 3, b = ab + 4;
  const auto byte = [](unsigned value) { return static_cast<TokenId>(3 + value); };
  CHECK(tokenizer->encode("ab", false, false) == Ids{spaceAb});
  CHECK(tokenizer->encode("abb", false, true) == Ids{1, spaceAb, b});
  CHECK(tokenizer->encode(" ab", false, false) == Ids{space, spaceAb});
  CHECK(tokenizer->encode("é", false, false) == Ids{space, byte(0xC3), byte(0xA9)});
  CHECK(tokenizer->encode("\xC3"
                          "a",
                          false, false) == Ids{space, byte(0xC3), a});
  CHECK(tokenizer->encode("<s>ab</s>ab", true, true) == Ids{1, spaceAb, 2, spaceAb});
  CHECK(tokenizer->encode("", false, true) == Ids{1});
  CHECK(tokenizer->encode("", false, false).empty());
  CHECK(tokenizer->decode(Ids{1, spaceAb, spaceAb, byte(0xC3), byte(0xA9)}) == "ab abé");
  CHECK(tokenizer->decode(Ids{1, spaceAb}, true) == "<s>ab");
  CHECK(tokenizer->piece(spaceAb) == " ab");
  CHECK(tokenizer->endsGeneration(2));
}

TEST_CASE("SentencePiece: byte and control tokens are not read from text") {
  const auto tokenizer =
      test::makeTokenizer(test::smallSentencePiece({"▁", "<0", "x4", "<0x4", "1>", "</", "s>"}));
  for (const char* text : {"<0x41>", "</s>", "<unk>"}) {
    const Ids ids = tokenizer->encode(text, false, false);
    CHECK(ids.size() > 2);
    CHECK(tokenizer->decode(ids) == std::string(text));
    for (const TokenId id : ids) CHECK((id > 2 && id != 3 + 0x41));
  }
}

TEST_CASE("SentencePiece: a token may reach into the next word") {
  const auto tokenizer = test::makeTokenizer(test::smallSentencePiece({"▁", "a", "b", "a▁", "a▁b", "▁b"}));
  CHECK(tokenizer->encode("a ba b", false, false) == Ids{kFirstPiece, kFirstPiece + 4, kFirstPiece + 4});
  const auto apart = test::makeTokenizer(test::smallSentencePiece({"▁", "a", "b", "▁a", "▁b", "▁▁"}));
  CHECK(apart->encode("a ba  b", false, false) ==
        Ids{kFirstPiece + 3, kFirstPiece + 4, kFirstPiece + 1, kFirstPiece, kFirstPiece + 4});
}

TEST_CASE("SentencePiece without byte tokens: one unknown token for each character") {
  Metadata metadata = test::smallSentencePiece({"▁", "a"});
  const auto all = **metadata.strings("tokenizer.ggml.tokens");
  test::setTexts(metadata, "tokenizer.ggml.tokens", {all[0], all[1], all[2], "▁", "a"});
  test::setNumbers(metadata, "tokenizer.ggml.scores", {0, 0, 0, -1, -2});
  test::setIntegers(metadata, "tokenizer.ggml.token_type", {2, 3, 3, 1, 1});
  const auto tokenizer = test::makeTokenizer(metadata);
  CHECK(tokenizer->encode("aé🙂a", false, false) == Ids{3, 4, 0, 0, 4});
}

TEST_CASE("a tokenizer serves many threads at once") {
  const auto file = openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf"));
  REQUIRE(file.has_value());
  const auto tokenizer = test::makeTokenizer(file->metadata);
  const std::string text =
      test::readFile(test::projectFile("resources/demo-model/demo-eval.txt")).substr(0, 8000);
  const Ids expected = tokenizer->encode(text, true, true);
  std::atomic<int> equal = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      equal += tokenizer->encode(text, true, true) == expected && tokenizer->decode(expected, true) == text;
    });
  for (auto& thread : threads) thread.join();
  CHECK(equal == 4);
}
