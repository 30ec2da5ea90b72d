#include "core/inspect/neurons.h"

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::optional<std::string> token;
  Neurons::Question question;
  bool json = false;
};

Json resultJson(const Neurons& found, const Tokenizer& tokenizer) {
  Json list = Json::array();
  for (const Neurons::Neuron& neuron : found.neurons()) {
    Json words = Json::array();
    for (const TokenLogit& word : neuron.words)
      words.push_back(
          {{"token", word.token}, {"piece", tokenizer.piece(word.token, true)}, {"raised", word.logit}});
    list.push_back({{"layer", neuron.layer},
                    {"neuron", neuron.index},
                    {"activation", neuron.activation},
                    {"strength", neuron.strength},
                    {"push", neuron.push},
                    {"words", words}});
  }
  return {{"token", found.token()}, {"piece", tokenizer.piece(found.token(), true)}, {"neurons", list}};
}

std::string resultText(const Neurons& found, const Tokenizer& tokenizer) {
  std::vector<std::pair<std::string, std::string>> rows{{"neuron", "strength  push  words that it raises"}};
  for (const Neurons::Neuron& neuron : found.neurons()) {
    std::string line = concat(rounded(neuron.strength, 2), "  ", rounded(neuron.push, 3), " ");
    for (const TokenLogit& word : neuron.words)
      line += concat(" ", cli::quoted(tokenizer.piece(word.token, true)));
    rows.emplace_back(concat("blk.", neuron.layer, ".ffn.act[neuron=", neuron.index, "]"), std::move(line));
  }
  return aligned(rows) + concat("push: on the logit of ", cli::quoted(tokenizer.piece(found.token(), true)), "\n");
}

Result<void> run(Options options) {
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*description));
  if (options.token) options.question.token = TRY(parseToken(*description, "--token", *options.token));
  const auto model = TRY(options.model.load(description));
  const auto neurons = TRY(Neurons::create(*model, tokens, options.question));
  const auto session =
      TRY(options.model.createSession(model, static_cast<std::uint32_t>(tokens.size()) + kPageCells));
  TRY(finish(*neurons, *session));
  if (options.json) {
    printJson(resultJson(*neurons, *description->tokenizer));
  } else {
    print(resultText(*neurons, *description->tokenizer));
  }
  return {};
}

}  // namespace

Run declareNeurons(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--token", options->token,
                     "The token that is pushed, an id or its text (default: the likeliest)");
  command.add_option("--count", options->question.neurons, "Neurons to show, of all layers")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--words", options->question.words, "Words per neuron")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
