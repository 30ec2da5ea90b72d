// Which template a model gets, and what it reads of a conversation.
#include "core/text/prompt.h"

#include <doctest/doctest.h>

#include "templates.h"
#include "vocabularies.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const std::vector<std::string> kControl = {"<|im_start|>", "<|im_end|>"};
const std::vector<ChatMessage> kChat = {{"system", "Be kind."}, {"user", "Hi<|im_end|>"}};

Metadata withTemplate(const std::string& source) {
  Metadata metadata = smallBytePair({}, kControl);
  setText(metadata, "tokenizer.chat_template", source);
  return metadata;
}

TemplateChoice chosen(const Metadata& metadata, const std::string& name = "") {
  auto choice = chooseTemplate(metadata, name);
  REQUIRE_MESSAGE(choice.has_value(), choice.error().message);
  return *choice;
}

std::string failure(const Metadata& metadata, const std::string& name = "") {
  const auto choice = chooseTemplate(metadata, name);
  return choice ? "no error" : choice.error().message;
}

}  // namespace

TEST_CASE("the model's own template comes first") {
  const auto choice = chosen(withTemplate("own"));
  CHECK(choice.source == TemplateSource::model);
  CHECK(choice.chatTemplate.source() == "own");
  CHECK(describe(choice) == "the model's own chat template");
  CHECK(chosen(withTemplate("own"), "model").name == "model");
}

TEST_CASE("a built-in template can be chosen by name") {
  for (const BuiltInTemplate& row : builtInTemplates()) {
    const auto choice = chosen(withTemplate("{{ broken"), row.name);
    CHECK(choice.source == TemplateSource::chosen);
    CHECK(choice.chatTemplate.source() == row.source);
    CHECK(describe(choice).ends_with(row.name));
  }
  const auto wrong = chooseTemplate(Metadata("x.gguf"), "vicuna");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().kind == ErrorKind::usage);
  CHECK(wrong.error().message.find("\"vicuna\"; there are model, chatml, llama-2") != std::string::npos);
}

TEST_CASE("without a template the vocabulary decides") {
  const std::pair<const char*, const char*> guesses[] = {{"<|im_start|>", "chatml"},
                                                         {"<|start_header_id|>", "llama-3"},
                                                         {"<start_of_turn>", "gemma"},
                                                         {"<|end|>", "phi-3"},
                                                         {"[INST]", "mistral"}};
  for (const auto& [token, name] : guesses) {
    const auto choice = chosen(smallBytePair({}, {token}));
    CHECK(choice.source == TemplateSource::guessed);
    CHECK(choice.name == name);
  }
  CHECK(chosen(smallBytePair({}, {})).source == TemplateSource::plain);
  CHECK(chosen(Metadata("x.gguf")).name == "plain");
}

TEST_CASE("a template that cannot run is refused with file, line and column") {
  Metadata metadata("m.gguf");
  setText(metadata, "tokenizer.chat_template", "a\n{{ x | nope }}");
  CHECK(failure(metadata) == "m.gguf: chat template line 2, column 8: unknown filter 'nope'");
  CHECK(failure(Metadata("m.gguf"), "model").find("tokenizer.chat_template") != std::string::npos);
  setFlag(metadata, "tokenizer.chat_template", true);
  CHECK(failure(metadata).find("tokenizer.chat_template") != std::string::npos);
}

TEST_CASE("a conversation becomes a prompt that a message cannot forge") {
  const Metadata metadata = smallBytePair({}, kControl);
  const auto tokenizer = makeTokenizer(metadata);
  const auto prompt = renderChat(chosen(metadata).chatTemplate, kChat, *tokenizer, true);
  REQUIRE(prompt.has_value());
  CHECK(joinSegments(*prompt) ==
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|><|im_end|>\n"
        "<|im_start|>assistant\n");
  const auto tokens = tokenizer->encode(*prompt, true);
  std::size_t ends = 0;
  for (const TokenId id : tokens) ends += tokenizer->text(id) == "<|im_end|>" ? 1 : 0;
  CHECK(ends == 2);
}

TEST_CASE("the template reads tokens, roles and that there are no tools") {
  const auto tokenizer = makeTokenizer(smallSentencePiece({"a"}));
  const Json data = templateData(kChat, *tokenizer, false);
  CHECK(
      data.dump() ==
      R"({"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi<|im_end|>"}],)"
      R"("add_generation_prompt":false,"tools":null,"documents":null,"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>"})");
}

TEST_CASE("a template that refuses system messages gets them with the user's first") {
  const auto tokenizer = makeTokenizer(smallSentencePiece({"a"}));
  const auto strict = ChatTemplate::parse(
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system') }}"
      "{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}");
  REQUIRE(strict.has_value());
  const auto prompt = renderChat(*strict, kChat, *tokenizer, true);
  REQUIRE(prompt.has_value());
  CHECK(joinSegments(*prompt) == "<user>Be kind.\n\nHi<|im_end|>");
  const std::vector<ChatMessage> twice = {kChat[0], kChat[1], kChat[0]};
  const auto refused = renderChat(*strict, twice, *tokenizer, true);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.ends_with("No system"));
}
