// Expected values: PyPI regex and Hugging Face tokenizers (tests/oracles/tokenizers/make_splits.py).
#include "core/text/pre_tokenizer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/paths.h"

using namespace cutaway;

namespace {

std::vector<std::size_t> lengths(const std::vector<std::string_view>& pieces) {
  std::vector<std::size_t> out;
  for (const auto piece : pieces) out.push_back(piece.size());
  return out;
}

std::vector<std::string> split(const char* rule, std::string_view text) {
  std::vector<std::string> out;
  for (const auto piece : splitText(*findSplitRule(rule), text)) out.emplace_back(piece);
  return out;
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("every rule cuts every text where the published pattern cuts it") {
  const auto fixture =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/tokenizers/splits.json")));
  const auto& texts = fixture["texts"];
  for (const auto& [name, expected] : fixture["rules"].items()) {
    const SplitRule* rule = findSplitRule(name);
    REQUIRE_MESSAGE(rule != nullptr, name);
    REQUIRE(expected.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto text = texts[i].get<std::string>();
      CHECK_MESSAGE(lengths(splitText(*rule, text)) == expected[i].get<std::vector<std::size_t>>(), name,
                    ": ", text);
    }
  }
}

TEST_CASE("every row of the rule table is covered by the fixture or is a twin of one that is") {
  const auto fixture =
      nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/tokenizers/splits.json")));
  std::set<const SplitMatcher*> covered;
  for (const auto& [name, expected] : fixture["rules"].items())
    covered.insert(findSplitRule(name)->passes.data());
  for (const SplitRule& rule : splitRules()) {
    CHECK_MESSAGE(covered.contains(rule.passes.data()), rule.name);
    CHECK(findSplitRule(rule.name) == &rule);
  }
}

TEST_CASE("rules are found by the names that files use") {
  const auto nameOf = [](const char* alias) { return std::string(findSplitRule(alias)->name); };
  CHECK(nameOf("llama3") == "llama-bpe");
  CHECK(nameOf("llama-v3") == "llama-bpe");
  CHECK(nameOf("deepseek-r1-qwen") == "qwen2");
  CHECK(nameOf("gpt2") == "gpt-2");
  CHECK(nameOf("starcoder") == "smollm");
  CHECK(findSplitRule("no-such-rule") == nullptr);
  CHECK(findSplitRule("") == nullptr);
}

TEST_CASE("rules differ where their models do") {
  CHECK(split("gpt-2", "it's 1234!") == Pieces{"it", "'s", " 1234", "!"});
  CHECK(split("llama-bpe", "it'S 1234!\n") == Pieces{"it", "'S", " ", "123", "4", "!\n"});
  CHECK(split("qwen2", "x=1234") == Pieces{"x", "=", "1", "2", "3", "4"});
  CHECK(split("smollm", "x  12") == Pieces{"x", "  ", "1", "2"});
  CHECK(split("default", "a, 1234") == Pieces{"a", ",", " ", "123", "4"});
}

TEST_CASE("bytes that are not UTF-8 are cut like signs and lose nothing") {
  CHECK(split("gpt-2", "a\xFF\xFE b\xE2\x82 c") == Pieces{"a", "\xFF\xFE", " b", "\xE2\x82", " c"});
  CHECK(split("qwen2", "\xF0\x9F").size() == 1);
  for (const SplitRule& rule : splitRules()) {
    std::string all, joined;
    for (int i = 0; i < 4096; ++i) all += static_cast<char>(i * 37 + i / 256);
    for (const auto piece : splitText(rule, all)) joined += piece;
    CHECK(joined == all);
  }
}

TEST_CASE("no text, no pieces") {
  for (const SplitRule& rule : splitRules()) CHECK(splitText(rule, "").empty());
}
