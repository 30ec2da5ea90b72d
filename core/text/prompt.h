// From a conversation to what a model reads: which template, and its prompt.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/format/metadata.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

namespace cutaway {

struct ChatMessage {
  std::string role;  ///< "system", "user" or "assistant"
  std::string content;
};

enum class TemplateSource {
  model,    ///< "tokenizer.chat_template" of the file
  chosen,   ///< the built-in one that was asked for
  guessed,  ///< the file has none: the built-in one whose markers are in its vocabulary
  plain,    ///< the file has none, and no markers that we know: the model goes on with the text
};

struct TemplateChoice {
  ChatTemplate chatTemplate;
  TemplateSource source = TemplateSource::model;
  std::string name;  ///< "model", or the built-in template's name
};

/// `name` is "" (the model's own, else a guess), "model", or the name of a built-in template. Fails with the
/// names there are when it is none of these or the model has no template, and with line and column when the
/// model's template cannot run; a built-in one helps then.
Result<TemplateChoice> chooseTemplate(const Metadata& metadata, std::string_view name = {});

/// A sentence that says which template is used and why, for the model card and the command line.
std::string describe(const TemplateChoice& choice);

/// What a chat template reads: {"messages":[..], "add_generation_prompt":.., "bos_token":.., "eos_token":..,
/// "unk_token":.., "tools":null, "documents":null}. Tokens that the model lacks are left out.
nlohmann::ordered_json templateData(std::span<const ChatMessage> messages, const Tokenizer& tokenizer,
                                    bool addGenerationPrompt);

/// The prompt for Tokenizer::encode(.., addBos = true). A template that refuses system messages gets the
/// system text in front of the first user message. Fails as ChatTemplate::render does.
Result<std::vector<PromptSegment>> renderChat(const ChatTemplate& chatTemplate,
                                              std::span<const ChatMessage> messages,
                                              const Tokenizer& tokenizer, bool addGenerationPrompt,
                                              const RenderOptions& options = {});

}  // namespace cutaway
