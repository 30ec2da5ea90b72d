#include <map>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/convert/activation_choice.h"
#include "core/convert/simulated_file.h"
#include "core/quant/number_format.h"

namespace cutaway::cli {
namespace {

struct FormatShare {
  std::uint64_t tensors = 0, weights = 0, bytes = 0;
};

std::map<std::string, FormatShare> formatShares(const ModelFile& file) {
  std::map<std::string, FormatShare> shares;
  for (const TensorInfo& tensor : file.tensors) {
    FormatShare& share = shares[numberFormat(tensor.format).name];
    share.tensors += 1;
    share.weights += tensor.elements();
    share.bytes += tensor.bytes;
  }
  return shares;
}

std::uint64_t parameters(const ModelFile& file) {
  std::uint64_t count = 0;
  for (const TensorInfo& tensor : file.tensors) count += tensor.elements();
  return count;
}

/// What is simulated, for people; empty: nothing.
std::string simulatedText(const Metadata& metadata) {
  const std::string text = metadata.stringOr("cutaway.simulated", "").value_or("");
  const auto simulation = parseSimulation(text);
  if (!simulation) return {};
  const double bits = metadata.numberOr("cutaway.simulated.bits_per_weight", 0).value_or(0);
  const double snr = metadata.numberOr("cutaway.simulated.snr_db", 0).value_or(0);
  return concat(describe(*simulation), " (", text, "): ", rounded(bits, 3), " bits per weight",
                snr > 0 ? concat(", ", rounded(snr, 1), " dB above the error") : "");
}

/// How activations are rounded, for people; empty: not at all.
std::string activationsText(const Metadata& metadata) {
  const auto choice = parseActivations(metadata.stringOr("cutaway.activations", "").value_or(""));
  return choice ? describe(*choice) : std::string();
}

Json simulatedJson(const Metadata& metadata) {
  if (!metadata.has("cutaway.simulated")) return nullptr;
  return {{"scheme", metadata.stringOr("cutaway.simulated", "").value_or("")},
          {"bits_per_weight", metadata.numberOr("cutaway.simulated.bits_per_weight", 0).value_or(0)},
          {"snr_db", metadata.numberOr("cutaway.simulated.snr_db", 0).value_or(0)}};
}

Json describeJson(const ModelDescription& model) {
  const Config& config = model.config();
  Json formats = Json::object();
  for (const auto& [name, share] : formatShares(model.file))
    formats[name] = {{"tensors", share.tensors}, {"weights", share.weights}, {"bytes", share.bytes}};
  Json tensors = Json::array();
  for (const TensorInfo& tensor : model.file.tensors)
    tensors.push_back({{"name", tensor.name}, {"shape", tensor.shape}, {"format", numberFormat(tensor.format).name}});
  const Tokenizer& tokenizer = *model.tokenizer;
  return {{"name", model.name},
          {"file", model.file.source.name},
          {"container", model.file.container},
          {"bytes", model.file.bytes()},
          {"notes", model.file.notes},
          {"family", config.family},
          {"parameters", parameters(model.file)},
          {"layers", config.layers},
          {"width", config.width},
          {"heads", config.queryHeads},
          {"kv_heads", config.keyValueHeads},
          {"head_width", config.headWidth},
          {"ffn_width", config.ffnWidth},
          {"vocabulary", config.vocabulary},
          {"context", config.contextLength},
          {"tied_output", config.tiedOutput},
          {"formats", formats},
          {"simulated", simulatedJson(model.file.metadata)},
          {"activations", model.file.metadata.has("cutaway.activations") ? Json(model.file.metadata.stringOr("cutaway.activations", "").value_or("")) : Json()},
          {"tokenizer",
           {{"model", tokenizer.family()},
            {"rule", tokenizer.splitRule()},
            {"tokens", tokenizer.size()},
            {"bos", tokenizer.bos()},
            {"eos", tokenizer.eos()},
            {"adds_bos", tokenizer.addsBos()}}},
          {"chat_template", model.templateText},
          {"tensors", tensors}};
}

std::string describeText(const ModelDescription& model) {
  const Config& config = model.config();
  const Tokenizer& tokenizer = *model.tokenizer;
  std::vector<std::pair<std::string, std::string>> rows = {
      {"name", model.name},
      {"file", concat(model.file.source.name, " (", model.file.container, ", ",
                      formatBytes(model.file.bytes()), ")")},
      {"family", config.family},
      {"parameters", concat(parameters(model.file))},
      {"layers", concat(config.layers)},
      {"width", concat(config.width, ", feed-forward ", config.ffnWidth)},
      {"heads", concat(config.queryHeads, " of ", config.headWidth, ", ", config.keyValueHeads, " for keys and values")},
      {"vocabulary", concat(config.vocabulary, config.tiedOutput ? ", output tied to the embedding" : "")},
      {"context", concat(config.contextLength, " tokens")},
      {"tokenizer", concat(tokenizer.family(), tokenizer.splitRule().empty() ? "" : ", rule ", tokenizer.splitRule(),
                           ", ", tokenizer.size(), " tokens")},
      {"chat template", model.templateText.empty() ? "none" : concat(model.templateText.size(), " characters")}};
  const std::string simulated = simulatedText(model.file.metadata);
  if (!simulated.empty()) rows.emplace_back("simulated", simulated);
  const std::string activations = activationsText(model.file.metadata);
  if (!activations.empty()) rows.emplace_back("activations", activations);
  for (const auto& [name, share] : formatShares(model.file))
    rows.emplace_back("format " + name, concat(share.tensors, " tensors, ", share.weights, " weights, ",
                                               formatBytes(share.bytes)));
  for (const std::string& note : model.file.notes) rows.emplace_back("note", note);
  return aligned(rows);
}

}  // namespace

Run declareInfo(CLI::App& command) {
  auto options = std::make_shared<ModelOptions>();
  auto json = std::make_shared<bool>(false);
  options->declareModel(command);
  options->declareSimulation(command);
  command.add_flag("--json", *json, "One JSON object, tensors and template included");
  return [=]() -> Result<void> {
    const auto model = TRY(options->describe());
    if (*json) {
      printJson(describeJson(*model));
    } else {
      print(describeText(*model));
    }
    return {};
  };
}

}  // namespace cutaway::cli
