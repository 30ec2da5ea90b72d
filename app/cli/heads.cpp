#include <algorithm>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/inspect/demo_heads.h"
#include "core/inspect/head_finder.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  HeadFinder::Options finder;
  std::string sort;
  bool json = false;
};

const char* nameOf(const HeadFinder& finder, std::uint32_t layer, std::uint32_t head) {
  const auto name = finder.name(layer, head);
  return name ? headHabits()[static_cast<std::size_t>(*name)].name : "";
}

Json scoresJson(const HeadScores& scores) {
  Json found = Json::object();
  for (std::size_t i = 0; i < kHeadHabitCount; ++i) found[headHabits()[i].name] = rounded(scores[i], 5);
  return found;
}

using Head = std::pair<std::uint32_t, std::uint32_t>;  ///< layer and head

std::vector<Head> ordered(const HeadFinder& finder, HeadFinder::Source source, const std::string& habit) {
  std::vector<Head> heads;
  for (std::uint32_t layer = 0; layer < finder.layers(); ++layer)
    for (std::uint32_t head = 0; head < finder.heads(); ++head) heads.emplace_back(layer, head);
  const auto info = std::ranges::find(headHabits(), habit, &HeadHabitInfo::name);
  if (info != headHabits().end()) {
    const auto at = static_cast<std::size_t>(info - headHabits().begin());
    std::ranges::stable_sort(heads, std::ranges::greater(),
                             [&](const Head& head) { return finder.scores(source, head.first, head.second)[at]; });
  }
  return heads;
}

Json headsJson(const HeadFinder& finder, std::span<const Head> heads, const Model& model) {
  Json list = Json::array();
  for (const auto& [layer, head] : heads)
    list.push_back({{"layer", layer},
                    {"head", head},
                    {"name", nameOf(finder, layer, head)},
                    {"random", scoresJson(finder.scores(HeadFinder::Source::random, layer, head))},
                    {"text", scoresJson(finder.scores(HeadFinder::Source::text, layer, head))}});
  return {{"heads", list}, {"text_tokens", finder.textTokens()}, {"device", model.backend->device().name}};
}

std::string headsText(const HeadFinder& finder, std::span<const Head> heads, HeadFinder::Source source) {
  std::string text = "layer head";
  char cell[32];
  for (const HeadHabitInfo& info : headHabits()) {
    std::snprintf(cell, sizeof cell, " %15s", info.name);
    text += cell;
  }
  text += "  name\n";
  for (const auto& [layer, head] : heads) {
    std::snprintf(cell, sizeof cell, "%5u %4u", layer, head);
    text += cell;
    for (const double score : finder.scores(source, layer, head)) {
      std::snprintf(cell, sizeof cell, " %15.3f", score);
      text += cell;
    }
    text += concat("  ", nameOf(finder, layer, head), "\n");
  }
  return text;
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  std::vector<TokenId> tokens;
  if (options.prompt.given()) tokens = TRY(options.prompt.read(*model->description));
  HeadFinder finder(*model, tokens, options.finder);
  const auto session = TRY(options.model.createSession(model, finder.ownContext()));
  TRY(finish(finder, *session));
  const auto source = tokens.empty() ? HeadFinder::Source::random : HeadFinder::Source::text;
  const std::vector<Head> heads = ordered(finder, source, options.sort);
  if (options.json) {
    printJson(headsJson(finder, heads, *model));
    return {};
  }
  print(headsText(finder, heads, source));
  print(concat("scores on ", tokens.empty() ? "repeated random tokens" : concat(finder.textTokens(), " tokens of the text"),
               "; a head is named for what it does, on repeated random tokens, far more than the median head\n"));
  if (options.model.isDemo()) print(concat(kDemoHeads, "\n"));
  return {};
}

}  // namespace

Run declareHeads(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, true, true);
  std::vector<std::string> names;
  for (const HeadHabitInfo& info : headHabits()) names.emplace_back(info.name);
  command.add_option("--sort", options->sort, "Highest of this score first")->check(CLI::IsMember(names));
  command.add_option("--random-tokens", options->finder.randomTokens, "Length of the random sequences that are read twice")
      ->check(CLI::Range(4, 1024))
      ->capture_default_str();
  command.add_option("--rounds", options->finder.rounds, "Number of random sequences")->check(CLI::Range(1, 64))->capture_default_str();
  command.add_option("--seed", options->finder.seed, "Of the random sequences")->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
