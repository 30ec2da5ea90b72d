#include "app/cli/options.h"

#include <algorithm>
#include <charconv>

#include "app/backends.h"
#include "core/base/mapped_file.h"
#include "core/convert/activation_choice.h"
#include "core/convert/simulated_file.h"
#include "core/text/prompt.h"
#include "resources/demo_model.h"

namespace cutaway::cli {

void ModelOptions::declareModel(CLI::App& command) {
  command.add_option("model", model, "GGUF file, Hugging Face directory (config.json, tokenizer.json, safetensors), or \"demo\": the embedded model")->type_name("MODEL")->default_str("demo");
}

void ModelOptions::declare(CLI::App& command, const char* defaultCacheFormat) {
  declareModel(command);
  declareSimulation(command);
  declareDevice(command, defaultCacheFormat);
}

void ModelOptions::declareDevice(CLI::App& command, const char* defaultCacheFormat) {
  cacheFormat = defaultCacheFormat;
  command.add_option("--device", device, "Part of a device's name, its number in \"devices\", or cpu");
  command.add_option("--kv", cacheFormat, "Format of the key-value cache")
      ->check(CLI::IsMember({"f16", "f32"}))
      ->capture_default_str();
  command.add_option("--context", context, "Tokens the cache holds (default: the model's own, at most 4096)");
}

void ModelOptions::declareSimulation(CLI::App& command) {
  command
      .add_option("--simulate", simulation,
                  "Run as if the layers' matrices were stored in few bits: int4:g64, int3:channel:asym, int8:tensor, nf4:dq, "
                  "fp4, q4_K, bf16, ..; with :all at the end embedding and output too")
      ->type_name("SCHEME");
  declareActivationChoice(command, activations,
                          "Run with the inputs of the layers' matrices rounded to 8 bits: int8 (one scale per token), int8:static=FILE "
                          "(one per value, from a calibration text); int8:all: the output matrix's input too");
}

void declareActivationChoice(CLI::App& command, std::string& activations, const char* help) {
  command.add_option("--activations", activations, help)->type_name("CHOICE");
}

Result<ModelFile> ModelOptions::open() const {
  return model == "demo" ? openModelFile(demoModel()) : openModelFile(model);
}

Result<std::shared_ptr<const ModelDescription>> ModelOptions::describe() const {
  ModelFile file = TRY(open());
  std::optional<ActivationChoice> choice;
  if (!activations.empty()) choice = TRY(parseActivations(activations));
  if (!simulation.empty()) {
    const Simulation parsed = TRY(parseSimulation(simulation));
    ThreadPool pool;
    file = TRY(simulatedFile(file, parsed, pool));
  }
  auto description = TRY(describeModel(std::move(file)));
  if (!choice) return description;
  return simulateActivations(std::move(description), *choice, [this] { return openBackend(device); });
}

Result<std::shared_ptr<const Model>> ModelOptions::load(std::shared_ptr<const ModelDescription> description) const {
  if (description == nullptr) description = TRY(describe());
  auto backend = TRY(openBackend(device));
  return loadModel(std::move(description), std::move(backend));
}

Result<std::unique_ptr<Session>> ModelOptions::createSession(std::shared_ptr<const Model> loaded,
                                                             std::uint32_t atLeast) const {
  SessionOptions options;
  options.cacheFormat = cacheFormat == "f32" ? FormatId::f32 : FormatId::f16;
  options.context = context;
  constexpr std::uint32_t kDefaultContext = 4096;
  if (context == 0 && atLeast > std::min(kDefaultContext, loaded->description->config().contextLength))
    options.context = atLeast;
  return Session::create(std::move(loaded), options);
}

void PromptOptions::declare(CLI::App& command, const char* textName, bool withFile, bool withMessages,
                            bool optional) {
  m_textName = textName;
  auto* sources = command.add_option_group("input", optional ? "What to read; one, or none" : "What to read; exactly one");
  sources->add_option(textName, text, "Text; special tokens such as <|im_start|> are parsed");
  sources->add_option("--tokens", tokens, "Token ids, taken as they are: 1,2,3");
  if (withFile) sources->add_option("--file", file, "A text file")->type_name("FILE");
  if (withMessages)
    sources->add_option("--messages", messages, "Messages for the model's chat template: {\"messages\":[..], ..}")
        ->type_name("FILE.json");
  optional ? sources->require_option(0, 1) : sources->require_option(1);
  command.add_flag("--no-bos", noBos, "No beginning-of-sequence token in front");
  command.add_flag("--plain", plain, "Special tokens in the text stay text");
  if (withMessages) command.add_option("--now", now, "The template's clock, ISO 8601");
}

Result<std::vector<TokenId>> PromptOptions::encode(const ModelDescription& model, const std::string& string) const {
  return model.tokenizer->encode(string, !plain, !noBos);
}

Result<std::vector<TokenId>> PromptOptions::read(const ModelDescription& model) const {
  if (tokens) return parseTokens(*tokens, model.graph().vocabulary);
  if (file) return encode(model, TRY(readTextFile(*file)));
  if (messages) {
    const auto segments = TRY(renderMessages(model, *messages, true, now));
    return model.tokenizer->encode(segments, !noBos);
  }
  return encode(model, text.value_or(""));
}

void EditOptions::declare(CLI::App& command) {
  command
      .add_option("--edit", texts,
                  "Change a value: blk.3.attn.z[head=2]=zero, =scale:0.5, =mean:FILE, =add:FILE:NAME*2.5, "
                  "=replace:FILE:NAME; may be given again")
      ->type_name("EDIT")
      ->allow_extra_args(false);
}

Result<std::shared_ptr<const Edits>> EditOptions::parse(const Graph& graph, const SequenceSize& sequence) const {
  auto edits = std::make_shared<Edits>();
  for (const std::string& text : texts)
    for (Edit& edit : TRY(parseEdit(graph, text, sequence))) edits->push_back(std::move(edit));
  return edits;
}

Result<std::vector<PromptSegment>> renderMessages(const ModelDescription& model, const std::string& path,
                                                  bool addGenerationPrompt, const std::string& now) {
  const TemplateChoice choice = TRY(chooseTemplate(model.file.metadata));
  const Json given = TRY(readJsonFile(path));
  if (!given.is_object() || !given.contains("messages"))
    return fail(ErrorKind::badInput, path, ": expected an object with \"messages\"");
  Json data = templateData({}, *model.tokenizer, addGenerationPrompt);
  data.update(given);
  return choice.chatTemplate.render(data, {.now = now, .limits = {}});
}

Result<std::vector<TokenId>> parseTokens(const std::string& list, std::size_t vocabulary) {
  std::vector<TokenId> result;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at < end) {
    TokenId id = -1;
    const auto parsed = std::from_chars(at, end, id);
    if (parsed.ec != std::errc() || (parsed.ptr != end && *parsed.ptr != ','))
      return fail(ErrorKind::usage, "--tokens: expected numbers with commas between, found \"",
                  std::string(at, end).substr(0, 20), "\" at character ", at - list.data() + 1);
    if (id < 0 || static_cast<std::size_t>(id) >= vocabulary)
      return fail(ErrorKind::badInput, "--tokens: token ", id, " is not in the vocabulary, which has 0 to ",
                  vocabulary - 1);
    result.push_back(id);
    at = parsed.ptr + (parsed.ptr != end);
  }
  return result;
}

Result<TokenId> parseToken(const ModelDescription& model, std::string_view option, std::string_view text) {
  constexpr std::string_view kText = "text:";
  TokenId id = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
    if (id >= 0 && static_cast<std::uint32_t>(id) < model.graph().vocabulary) return id;
    return fail(ErrorKind::badInput, option, ": token ", id, " is not in the vocabulary, which has 0 to ",
                model.graph().vocabulary - 1);
  }
  if (text.starts_with(kText)) text.remove_prefix(kText.size());
  const std::vector<TokenId> tokens = model.tokenizer->encode(text, true, false);
  if (tokens.size() == 1) return tokens.front();
  std::string pieces;
  for (const TokenId token : tokens)
    pieces += concat(pieces.empty() ? "" : ", ", token, " \"", model.tokenizer->piece(token, true), '"');
  return fail(ErrorKind::badInput, option, ": \"", text, "\" is ", tokens.size(),
              " tokens, expected one", tokens.empty() ? "" : ": ", pieces, "; a word within a text begins with its space");
}

Result<std::string> readTextFile(const std::string& path) {
  const SharedBytes file = TRY(mapFile(path));
  return std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
}

Result<Json> readJsonFile(const std::string& path) {
  const std::string text = TRY(readTextFile(path));
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return fail(ErrorKind::badInput, path, ": is not JSON: breaks at byte ", error.byte);
  }
}

}  // namespace cutaway::cli
