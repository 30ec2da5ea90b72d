#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/inspect/attribution.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::optional<std::string> token, against;
  bool json = false;
};

Json resultJson(const Attribution& found, const Graph& graph, const Tokenizer& tokenizer) {
  Json parts = Json::array();
  for (const Attribution::Part& part : found.parts()) {
    Json entry = {{"value", graph.values[part.term.value].name}, {"push", part.push}};
    if (!part.heads.empty()) entry["heads"] = part.heads;
    if (part.term.bias != kNone) entry["bias"] = part.bias;
    parts.push_back(std::move(entry));
  }
  return {{"tokens", found.tokens()},
          {"token", found.token()},
          {"piece", tokenizer.piece(found.token(), true)},
          {"against", found.against() < 0 ? Json(nullptr) : Json(found.against())},
          {"logit", found.logit()},
          {"sum", found.sum()},
          {"remainder", found.remainder()},
          {"output_bias", found.outputBias()},
          {"parts", std::move(parts)}};
}

std::string pieceText(const Tokenizer& tokenizer, TokenId token) { return cli::quoted(tokenizer.piece(token, true)); }

/// The largest pushes first, heads one by one.
std::string resultText(const Attribution& found, const Graph& graph, const Tokenizer& tokenizer) {
  std::vector<std::pair<double, std::string>> pushes;
  for (const Attribution::Part& part : found.parts()) {
    const std::string& name = graph.values[part.term.value].name;
    if (part.heads.empty()) pushes.emplace_back(part.push, name);
    for (std::size_t head = 0; head < part.heads.size(); ++head)
      pushes.emplace_back(part.heads[head], concat(graph.values[part.term.heads].name, "[head=", head, "]"));
    if (part.term.bias != kNone) pushes.emplace_back(part.bias, graph.weights[part.term.bias].name);
  }
  std::ranges::stable_sort(
      pushes, [](const auto& a, const auto& b) { return std::abs(a.first) > std::abs(b.first); });
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [push, name] : pushes)
    rows.emplace_back(name, concat(push < 0 ? "" : "+", rounded(push, 3)));
  const std::string against =
      found.against() < 0 ? std::string() : concat(" above that of ", pieceText(tokenizer, found.against()));
  return aligned(rows) + concat("logit of ", pieceText(tokenizer, found.token()), against, ": ",
                                rounded(found.logit(), 3), "; the parts add up to ", rounded(found.sum(), 3),
                                "\n");
}

Result<void> run(const Options& options) {
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*description));
  Attribution::Question question;
  if (options.token) question.token = TRY(parseToken(*description, "--token", *options.token));
  if (options.against) question.against = TRY(parseToken(*description, "--against", *options.against));
  const auto model = TRY(options.model.load(description));
  const auto attribution = TRY(Attribution::create(*model, tokens, question));
  const auto session =
      TRY(options.model.createSession(model, static_cast<std::uint32_t>(tokens.size()) + kPageCells));
  TRY(finish(*attribution, *session));
  const Tokenizer& tokenizer = *description->tokenizer;
  if (options.json) {
    printJson(resultJson(*attribution, description->graph(), tokenizer));
  } else {
    print(resultText(*attribution, description->graph(), tokenizer));
  }
  return {};
}

}  // namespace

Run declareAttribute(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--token", options->token,
                     "The token whose logit is explained, an id or its text (default: the likeliest)");
  command.add_option("--against", options->against, "Explain how far its logit is above this token's");
  command.add_flag("--json", options->json, "One JSON object with every part");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
