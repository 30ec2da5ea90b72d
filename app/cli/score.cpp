#include "core/eval/score.h"

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  EditOptions edits;
  std::uint32_t top = 5;
};

Json positionJson(const PositionScore& position) {
  Json top = Json::array();
  for (const Alternative& candidate : position.top) top.push_back({candidate.token, candidate.probability});
  return {{"top", top}, {"next_logprob", position.nextLogprob ? Json(*position.nextLogprob) : Json(nullptr)}};
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const auto size = static_cast<std::uint32_t>(tokens.size());
  auto edits = TRY(options.edits.parse(model->description->graph(), {size, size}));
  const auto session = TRY(options.model.createSession(model, size));
  TRY(session->setEdits(std::move(edits)));
  Scoring scoring(*session, tokens, options.top);
  while (TRY(scoring.step())) {
  }
  Json positions = Json::array();
  for (const PositionScore& position : scoring.positions()) positions.push_back(positionJson(position));
  const double perplexity = scoring.perplexity();  // NaN of a single token: null in JSON
  printJson({{"tokens", tokens}, {"ppl", perplexity}, {"positions", positions}});
  return {};
}

}  // namespace

Run declareScore(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, true);
  command.add_option("--top", options->top, "Candidates per position")->capture_default_str();
  options->edits.declare(command);
  command.add_flag("--json")->description("One JSON object, which is always what is printed");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
