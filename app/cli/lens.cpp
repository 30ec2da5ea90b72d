#include "core/inspect/lens.h"

#include <algorithm>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::uint32_t last = 1;
  bool json = false;
};

Json cellJson(const LensCell& cell) {
  Json top = Json::array();
  for (std::size_t i = 0; i < LensCell::kTop; ++i)
    if (cell.top[i] >= 0) top.push_back({cell.top[i], rounded(cell.probability[i], 6)});
  return {{"top", top},
          {"entropy", rounded(cell.entropy, 5)},
          {"kl", rounded(cell.divergence, 5)},
          {"rank", cell.rank},
          {"final_probability", rounded(cell.finalProbability, 6)}};
}

Json lensJson(const LogitLens& lens, const Model& model) {
  Json positions = Json::array();
  for (std::uint32_t column = 0; column < lens.columns(); ++column) {
    Json rows = Json::array();
    for (std::uint32_t row = 0; row < lens.rows(); ++row) rows.push_back(cellJson(lens.at(row, column)));
    positions.push_back({{"token", lens.first() + column}, {"decided_at", streamRowName(lens.decidedAt(column))}, {"rows", rows}});
  }
  Json names = Json::array();
  for (std::uint32_t row = 0; row < lens.rows(); ++row) names.push_back(streamRowName(row));
  return {{"tokens", lens.tokens()}, {"rows", names}, {"positions", positions}, {"device", model.backend->device().name}};
}

std::string columnText(const LogitLens& lens, std::uint32_t column, const Tokenizer& tokenizer) {
  const std::uint32_t token = lens.first() + column;
  std::string text = concat("after token ", token, ", ", cli::quoted(tokenizer.piece(lens.tokens()[token], true)), ": decided at ",
                            streamRowName(lens.decidedAt(column)), "\nlayer      p     rank  entropy       KL  would say\n");
  for (std::uint32_t row = 0; row < lens.rows(); ++row) {
    const LensCell& cell = lens.at(row, column);
    char line[64];
    std::snprintf(line, sizeof line, "%5s %6.3f %8u %8.3f %8.3f  ", streamRowName(row).c_str(), double{cell.probability[0]}, cell.rank,
                  double{cell.entropy}, double{cell.divergence});
    text += line;
    for (std::size_t i = 0; i < 3 && cell.top[i] >= 0; ++i) text += concat(i > 0 ? " " : "", cli::quoted(tokenizer.piece(cell.top[i], true)));
    text += "\n";
  }
  return text + "\n";
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const auto count = static_cast<std::uint32_t>(tokens.size());
  const auto session = TRY(options.model.createSession(model, count));
  const auto lens = TRY(LogitLens::create(*model, tokens, count - std::min(std::max(options.last, 1u), count)));
  TRY(finish(*lens, *session));
  if (options.json) {
    printJson(lensJson(*lens, *model));
    return {};
  }
  for (std::uint32_t column = 0; column < lens->columns(); ++column)
    print(columnText(*lens, column, *model->description->tokenizer));
  print("p: of the most likely token there; rank: of the token that the last layer holds most likely; KL to the last layer, nats\n");
  return {};
}

}  // namespace

Run declareLens(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--last", options->last, "Tokens at the end of the text that are looked at")->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object: per token and layer what would be said");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
