#include <algorithm>
#include <sstream>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/format/safetensors.h"
#include "core/inspect/concept.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string with, without, out;
  Concept::Question question;
  bool json = false;
};

/// One example per line; empty lines do not count.
Result<std::vector<std::vector<TokenId>>> readExamples(const std::string& path,
                                                       const ModelDescription& model) {
  std::istringstream lines(TRY(readTextFile(path)));
  std::vector<std::vector<TokenId>> examples;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) examples.push_back(model.tokenizer->encode(line, true, true));
  }
  if (examples.size() < 2)
    return fail(ErrorKind::badInput, path, ": has ", examples.size(),
                " examples; expected two lines or more");
  return examples;
}

Json resultJson(const Concept& found, const Graph& graph) {
  Json layers = Json::array(), neurons = Json::array();
  for (const Concept::Layer& layer : found.layers())
    layers.push_back({{"value", graph.values[layer.value].name},
                      {"accuracy", layer.accuracy},
                      {"spread", layer.spread}});
  for (const Concept::Neuron& neuron : found.neurons())
    neurons.push_back({{"value", graph.values[neuron.value].name},
                       {"neuron", neuron.index},
                       {"separation", neuron.separation},
                       {"with", neuron.with},
                       {"without", neuron.without}});
  return {{"layers", layers},
          {"best", found.bestLayer()},
          {"chance", found.chance()},
          {"chance_spread", found.chanceSpread()},
          {"neurons", neurons}};
}

std::string resultText(const Concept& found, const Graph& graph) {
  std::vector<std::pair<std::string, std::string>> rows{{"probe of", "right on held-out examples"}};
  for (const Concept::Layer& layer : found.layers())
    rows.emplace_back(graph.values[layer.value].name, concat(rounded(100 * layer.accuracy, 1), " %  +- ",
                                                             rounded(100 * layer.spread, 1)));
  rows.emplace_back("chance", concat(rounded(100 * found.chance(), 1), " %  +- ",
                                     rounded(100 * found.chanceSpread(), 1)));
  rows.emplace_back("neuron", "separation  mean with  without");
  for (const Concept::Neuron& neuron : found.neurons())
    rows.emplace_back(concat(graph.values[neuron.value].name, "[neuron=", neuron.index, "]"),
                      concat(rounded(neuron.separation, 2), "  ", rounded(neuron.with, 3), "  ",
                             rounded(neuron.without, 3)));
  return aligned(rows);
}

/// A steering vector per layer, under the name of the value that it is added to.
Result<void> write(const std::string& path, const Concept& found, const Model& model) {
  std::vector<NamedArray> arrays;
  for (const Concept::Layer& layer : found.layers())
    arrays.push_back({model.description->graph().values[layer.value].name,
                      ArrayType::f32,
                      {layer.steering.size()},
                      std::as_bytes(std::span(layer.steering))});
  return writeSafetensors(
      path, arrays,
      {{"model", model.description->name}, {"what", "steering vectors: mean with less mean without"}});
}

Result<void> run(Options options) {
  const auto description = TRY(options.model.describe());
  options.question.with = TRY(readExamples(options.with, *description));
  options.question.without = TRY(readExamples(options.without, *description));
  const auto model = TRY(options.model.load(description));
  const auto found = TRY(Concept::create(*model, options.question));
  const auto session = TRY(options.model.createSession(model, found->ownContext()));
  TRY(finish(*found, *session));
  if (!options.out.empty()) TRY(write(options.out, *found, *model));
  const Graph& graph = description->graph();
  if (options.json) {
    printJson(resultJson(*found, graph));
    return {};
  }
  std::string text = resultText(*found, graph);
  const std::string best = graph.values[found->layers()[found->bestLayer()].value].name;
  if (!options.out.empty())
    text += concat("steering vectors in ", options.out, "; try --edit '", best, "=add:", options.out, ":",
                   best, "*2'\n");
  print(text);
  return {};
}

}  // namespace

Run declareProbe(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  command.add_option("--with", options->with, "Examples with the concept, one per line")
      ->type_name("FILE")
      ->required();
  command.add_option("--without", options->without, "Examples without it, one per line")
      ->type_name("FILE")
      ->required();
  command.add_option("--folds", options->question.folds, "Parts that the examples are tested in")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  command.add_option("--neurons", options->question.neurons, "Neurons to show")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--out", options->out, "Where to write a steering vector for every layer")
      ->type_name("FILE.safetensors");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
