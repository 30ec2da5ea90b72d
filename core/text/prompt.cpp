#include "core/text/prompt.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/utf8.h"

namespace cutaway {
namespace {

constexpr const char* kTemplateKey = "tokenizer.chat_template";
constexpr const char* kTokensKey = "tokenizer.ggml.tokens";

/// A marker in the vocabulary and the template it speaks for. The first that fits counts.
constexpr struct {
  const char* token;
  const char* name;
} kMarkers[] = {
    {"<|im_start|>", "chatml"},   {"<|start_header_id|>", "llama-3"},
    {"<start_of_turn>", "gemma"}, {"<|end|>", "phi-3"},
    {"[INST]", "mistral"},
};

constexpr struct {
  TemplateSource source;
  const char* text;
} kDescriptions[] = {
    {TemplateSource::model, "the model's own chat template"},
    {TemplateSource::chosen, "the built-in chat template "},
    {TemplateSource::guessed,
     "the model has no chat template; its vocabulary suggests the built-in template "},
    {TemplateSource::plain,
     "the model has no chat template; it goes on with the text as it stands: template "},
};

const BuiltInTemplate* findBuiltIn(std::string_view name) {
  const auto templates = builtInTemplates();
  const auto found =
      std::find_if(templates.begin(), templates.end(), [&](const auto& t) { return t.name == name; });
  return found == templates.end() ? nullptr : &*found;
}

Result<TemplateChoice> builtIn(const BuiltInTemplate& row, TemplateSource source) {
  return TemplateChoice{TRY(ChatTemplate::parse(row.source)), source, row.name};
}

Result<TemplateChoice> ownTemplate(const Metadata& metadata) {
  auto parsed = ChatTemplate::parse(TRY(metadata.string(kTemplateKey)));
  if (!parsed) return fail(parsed.error().kind, metadata.fileName(), ": ", parsed.error().message);
  return TemplateChoice{std::move(*parsed), TemplateSource::model, "model"};
}

Result<TemplateChoice> guess(const Metadata& metadata) {
  if (metadata.has(kTokensKey)) {
    const auto& tokens = *TRY(metadata.strings(kTokensKey));
    for (const auto& marker : kMarkers)
      if (std::find(tokens.begin(), tokens.end(), marker.token) != tokens.end())
        return builtIn(*findBuiltIn(marker.name), TemplateSource::guessed);
  }
  return builtIn(*findBuiltIn("plain"), TemplateSource::plain);
}

/// The system text in front of the first user message; nothing when there is no such pair.
std::vector<ChatMessage> withoutSystem(std::span<const ChatMessage> messages) {
  if (messages.size() < 2 || messages[0].role != "system" || messages[1].role != "user") return {};
  std::vector<ChatMessage> merged(messages.begin() + 1, messages.end());
  merged[0].content = messages[0].content + "\n\n" + merged[0].content;
  return merged;
}

}  // namespace

Result<TemplateChoice> chooseTemplate(const Metadata& metadata, std::string_view name) {
  if (name.empty()) return metadata.has(kTemplateKey) ? ownTemplate(metadata) : guess(metadata);
  if (name == "model") return ownTemplate(metadata);
  if (const BuiltInTemplate* row = findBuiltIn(name)) return builtIn(*row, TemplateSource::chosen);
  std::string known = "model";
  for (const BuiltInTemplate& row : builtInTemplates()) known += std::string(", ") + row.name;
  return fail(ErrorKind::usage, "there is no chat template ", inQuotes(name), "; there are ", known);
}

std::string describe(const TemplateChoice& choice) {
  for (const auto& [source, text] : kDescriptions)
    if (source == choice.source) return source == TemplateSource::model ? text : text + choice.name;
  return choice.name;
}

nlohmann::ordered_json templateData(std::span<const ChatMessage> messages, const Tokenizer& tokenizer,
                                    bool addGenerationPrompt) {
  nlohmann::ordered_json data = {{"messages", nlohmann::ordered_json::array()}};
  for (const ChatMessage& message : messages)
    data["messages"].push_back({{"role", message.role}, {"content", message.content}});
  data["add_generation_prompt"] = addGenerationPrompt;
  data["tools"] = nullptr;  // transformers passes these two always
  data["documents"] = nullptr;
  const std::pair<const char*, TokenId> tokens[] = {{"bos_token", tokenizer.bos()},
                                                    {"eos_token", tokenizer.eos()},
                                                    {"unk_token", tokenizer.vocabulary().unknown}};
  for (const auto& [name, id] : tokens)
    if (id >= 0) data[name] = tokenizer.text(id);
  return data;
}

Result<std::vector<PromptSegment>> renderChat(const ChatTemplate& chatTemplate,
                                              std::span<const ChatMessage> messages,
                                              const Tokenizer& tokenizer, bool addGenerationPrompt,
                                              const RenderOptions& options) {
  auto prompt = chatTemplate.render(templateData(messages, tokenizer, addGenerationPrompt), options);
  const std::vector<ChatMessage> merged = prompt ? std::vector<ChatMessage>() : withoutSystem(messages);
  if (merged.empty()) return prompt;
  auto second = chatTemplate.render(templateData(merged, tokenizer, addGenerationPrompt), options);
  return second ? second : prompt;
}

}  // namespace cutaway
