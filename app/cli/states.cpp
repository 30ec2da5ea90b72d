#include "core/inspect/states.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/inspect/pca.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::vector<std::int64_t> tokens;
  PcaOptions pca;
  bool json = false;
};

/// A chosen token: its place in the text and among the tokens whose states were kept.
struct Chosen {
  std::uint32_t token;
  std::size_t kept;
};

/// Negative numbers count from the end; the last token when none is named.
Result<std::vector<Chosen>> choose(const HiddenStates& states, std::vector<std::int64_t> wanted) {
  const auto count = static_cast<std::int64_t>(states.tokens().size());
  if (wanted.empty()) wanted = {-1};
  std::vector<Chosen> chosen;
  for (std::int64_t token : wanted) {
    if (token < -count || token >= count)
      return fail(ErrorKind::usage, "--token ", token, ": the text has ", count, " tokens, 0 to ", count - 1);
    if (token < 0) token += count;
    const auto at = static_cast<std::uint32_t>(token);
    const auto found = std::ranges::lower_bound(states.keptTokens(), at);
    if (found == states.keptTokens().end() || *found != at)
      return fail(ErrorKind::outOfMemory, "the states of token ", at, " were not kept, as those of ", count,
                  " tokens take too much memory; give a shorter text, or token ", *std::prev(found));
    chosen.push_back({at, static_cast<std::size_t>(found - states.keptTokens().begin())});
  }
  return chosen;
}

std::vector<float> place(const HiddenStates& states, const Pca& pca, std::size_t kept, std::uint32_t row) {
  std::vector<float> along(pca.components());
  pca.project(states.state(kept, row), along);
  return along;
}

double explained(const Pca& pca, std::size_t component) {
  return pca.totalVariance > 0 ? pca.variance[component] / pca.totalVariance : 0;
}

Json pcaJson(const HiddenStates& states, const Pca& pca, std::span<const Chosen> chosen) {
  Json parts = Json::array(), paths = Json::array();
  for (std::size_t i = 0; i < pca.components(); ++i) parts.push_back(rounded(explained(pca, i), 6));
  for (const Chosen& one : chosen) {
    Json places = Json::array();
    for (std::uint32_t row = 0; row < states.rows(); ++row) places.push_back(place(states, pca, one.kept, row));
    paths.push_back({{"token", one.token}, {"places", places}});
  }
  return {{"directions", pca.directions}, {"exact", pca.exact}, {"states", states.keptTokens().size() * states.rows()},
          {"explained", parts}, {"paths", paths}};
}

Json statesJson(const HiddenStates& states, const Pca& pca, std::span<const Chosen> chosen, const Model& model) {
  Json rows = Json::array(), measures = Json::object();
  for (std::uint32_t row = 0; row < states.rows(); ++row) rows.push_back(streamRowName(row));
  for (const StateMeasureInfo& info : stateMeasures()) {
    Json& table = measures[info.name] = Json::array();
    for (std::uint32_t row = 0; row < states.rows(); ++row)
      table.push_back(states.values(info.measure).subspan(row * states.tokens().size(), states.tokens().size()));
  }
  return {{"tokens", states.tokens()}, {"rows", rows}, {"measures", measures}, {"pca", pcaJson(states, pca, chosen)},
          {"device", model.backend->device().name}};
}

std::string cell(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%14.5g", value);
  return std::isnan(value) ? std::string(13, ' ') + "-" : text;
}

std::string padded(const std::string& text) { return std::string(14 - std::min<std::size_t>(14, text.size()), ' ') + text; }

std::string tokenText(const HiddenStates& states, const Pca& pca, const Chosen& chosen, const Tokenizer& tokenizer) {
  std::string text = concat("token ", chosen.token, ": ",
                            cli::quoted(tokenizer.piece(states.tokens()[chosen.token], true)), "\nlayer");
  for (const StateMeasureInfo& info : stateMeasures()) text += padded(info.name);
  for (std::size_t i = 0; i < pca.components(); ++i) text += padded(concat("component ", i + 1));
  text += "\n";
  for (std::uint32_t row = 0; row < states.rows(); ++row) {
    text += streamRowName(row) + std::string(5 - std::min<std::size_t>(5, streamRowName(row).size()), ' ');
    for (const StateMeasureInfo& info : stateMeasures()) text += cell(double{states.at(info.measure, row, chosen.token)});
    for (const float x : place(states, pca, chosen.kept, row)) text += cell(double{x});
    text += "\n";
  }
  return text + "\n";
}

std::string explanation(const HiddenStates& states, const Pca& pca) {
  std::string text = concat("components of ", states.keptTokens().size() * states.rows(), " states",
                            pca.directions ? " at unit length" : "", ":");
  for (std::size_t i = 0; i < pca.components(); ++i) text += concat(i > 0 ? ", " : " ", rounded(100 * explained(pca, i), 1), " %");
  return text + " of the variance\n";
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const auto session = TRY(options.model.createSession(model, static_cast<std::uint32_t>(tokens.size())));
  const auto states = TRY(HiddenStates::create(model->description->graph(), tokens));
  const auto chosen = TRY(choose(*states, options.tokens));
  TRY(finish(*states, *session));
  ThreadPool pool;
  const Pca pca = principalComponents(states->states(), states->width(), options.pca, pool);
  if (options.json) {
    printJson(statesJson(*states, pca, chosen, *model));
    return {};
  }
  std::string text;
  for (const Chosen& one : chosen) text += tokenText(*states, pca, one, session->tokenizer());
  print(text + explanation(*states, pca));
  return {};
}

}  // namespace

Run declareStates(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, true);
  command.add_option("--token", options->tokens, "Tokens to show, from 0; -1 is the last one (default)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--components", options->pca.components, "Principal components")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_flag("--directions", options->pca.directions, "Components of the states at unit length");
  command.add_flag("--json", options->json, "One JSON object, with the measures of all tokens");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
