// Options that several verbs share, and what they stand for.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/edit_text.h"
#include "core/run/session.h"

namespace cutaway::cli {

using Json = nlohmann::ordered_json;

/// MODEL, --simulate, --activations, --device, --kv, --context: for verbs that run a model.
struct ModelOptions {
  std::string model = "demo";
  std::string device;
  std::string cacheFormat;
  std::string simulation;  ///< of a precision; empty: none
  std::string activations;  ///< that are simulated; empty: none
  std::uint32_t context = 0;

  bool isDemo() const { return model == "demo"; }
  void declareModel(CLI::App& command);                                 ///< MODEL alone
  void declareSimulation(CLI::App& command);                              ///< --simulate, --activations
  void declareDevice(CLI::App& command, const char* defaultCacheFormat);  ///< all but MODEL
  void declare(CLI::App& command, const char* defaultCacheFormat);        ///< all of them

  /// Opens the file ("demo": the embedded one) as it is.
  Result<ModelFile> open() const;
  /// Opens the file, simulates the precision and the activations asked for, and reads what it is.
  Result<std::shared_ptr<const ModelDescription>> describe() const;
  /// Opens the device and brings the model there; the one described, where it was.
  Result<std::shared_ptr<const Model>> load(std::shared_ptr<const ModelDescription> description = nullptr) const;
  /// A session of --context tokens, or of `atLeast` when that was not given and is more than the default.
  Result<std::unique_ptr<Session>> createSession(std::shared_ptr<const Model> loaded,
                                                 std::uint32_t atLeast = 0) const;
};

/// --activations, for verbs with a text of their own for --simulate.
void declareActivationChoice(CLI::App& command, std::string& activations, const char* help);

/// Exactly one of --text/--prompt, --file, --tokens and --messages.
struct PromptOptions {
  std::optional<std::string> text, file, tokens, messages;
  bool noBos = false, plain = false;
  std::string now;

  /// `textName` is "--prompt" or "--text"; the other sources are offered as asked.
  void declare(CLI::App& command, const char* textName, bool withFile, bool withMessages, bool optional = false);
  bool given() const { return text || file || tokens || messages; }

  Result<std::vector<TokenId>> read(const ModelDescription& model) const;

 private:
  Result<std::vector<TokenId>> encode(const ModelDescription& model, const std::string& string) const;
  const char* m_textName = "--prompt";
};

/// --edit EDIT, given once or more: values that are changed on the way.
struct EditOptions {
  std::vector<std::string> texts;

  void declare(CLI::App& command);
  Result<std::shared_ptr<const Edits>> parse(const Graph& graph, const SequenceSize& sequence) const;
};

/// A messages file through the model's chat template. What the file does not say (bos_token, ..) comes from the
/// model, add_generation_prompt from the caller.
Result<std::vector<PromptSegment>> renderMessages(const ModelDescription& model, const std::string& path,
                                                  bool addGenerationPrompt, const std::string& now);
Result<std::vector<TokenId>> parseTokens(const std::string& list, std::size_t vocabulary);
/// A token by its id or its text, which must be one token: " Mary"; "text:7" where the text is a number. `option` is
/// named in errors.
Result<TokenId> parseToken(const ModelDescription& model, std::string_view option, std::string_view text);
Result<std::string> readTextFile(const std::string& path);
/// A JSON file, or an error with the byte where it breaks.
Result<Json> readJsonFile(const std::string& path);

}  // namespace cutaway::cli
