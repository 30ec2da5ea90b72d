#include "core/inspect/importance.h"

#include <cmath>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::optional<std::string> word, replacement;
  Importance::Question question;
  bool noLeaveOneOut = false, json = false;
};

const ImportanceMethodInfo& infoOf(const Importance::Method& method) {
  return importanceMethods()[static_cast<std::size_t>(method.method)];
}

Json resultJson(const Importance& found, const Tokenizer& tokenizer) {
  Json methods = Json::array(), agreement = Json::array();
  for (const Importance::Method& method : found.methods())
    methods.push_back(
        {{"name", infoOf(method).name}, {"scores", method.scores}, {"top_loss", method.topLoss}});
  for (std::size_t a = 0; a < found.methods().size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const Importance::Agreement both = found.agreement(a, b);
      agreement.push_back({{"methods", {infoOf(found.methods()[b]).name, infoOf(found.methods()[a]).name}},
                           {"spearman", both.spearman},
                           {"kendall", both.kendall}});
    }
  const AgreementBand band = found.randomBand();
  return {{"tokens", found.tokens()},
          {"word", found.word()},
          {"piece", tokenizer.piece(found.word(), true)},
          {"logprob", found.logProbability()},
          {"span_tokens", found.spanTokens()},
          {"methods", methods},
          {"agreement", agreement},
          {"random_agreement", {{"spearman", band.spearman}, {"kendall", band.kendall}}},
          {"top_tokens", found.topTokens()},
          {"random_losses", found.randomLosses()}};
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string resultText(const Importance& found, const Tokenizer& tokenizer) {
  constexpr std::size_t kWidth = 15;
  std::string text = concat(cli::quoted(tokenizer.piece(found.word(), true)), " has a probability of ",
                            rounded(std::exp(found.logProbability()), 4), ".\n");
  for (const Importance::Method& method : found.methods()) text += padded(infoOf(method).name, kWidth);
  text += "\n";
  for (std::size_t i = 0; i < found.tokens().size(); ++i) {
    for (const Importance::Method& method : found.methods())
      text += padded(formatted(infoOf(method).occludes ? "%+.3f" : "%.4f", method.scores[i]), kWidth);
    text += concat("  ", i, " ", cli::quoted(tokenizer.piece(found.tokens()[i], true)), "\n");
  }
  const AgreementBand band = found.randomBand();
  text += concat("Rank correlation (random rankings stay within ", formatted("%.2f", band.spearman), "):\n");
  for (std::size_t a = 0; a < found.methods().size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      text += concat("  ", formatted("%+.2f", found.agreement(a, b).spearman), "  ",
                     infoOf(found.methods()[b]).name, " and ", infoOf(found.methods()[a]).name, "\n");
  text += concat("Log-probability lost without the first ", found.topTokens(), ":\n");
  for (const Importance::Method& method : found.methods())
    text += concat("  ", formatted("%+.3f", method.topLoss), "  by ", infoOf(method).name, "\n");
  if (!found.randomLosses().empty())
    text += concat("  ", formatted("%+.3f", found.randomLosses().front()), " to ",
                   formatted("%+.3f", found.randomLosses().back()), "  without random ones\n");
  return text;
}

Result<void> run(Options options) {
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*description));
  if (options.word) options.question.word = TRY(parseToken(*description, "--token", *options.word));
  if (options.replacement)
    options.question.replacement = TRY(parseToken(*description, "--replace", *options.replacement));
  options.question.leaveOneOut = !options.noLeaveOneOut;
  const auto model = TRY(options.model.load(description));
  const auto importance = TRY(Importance::create(*model, tokens, options.question));
  const auto session = TRY(options.model.createSession(model, importance->ownContext()));
  TRY(finish(*importance, *session));
  if (options.json) {
    printJson(resultJson(*importance, *description->tokenizer));
  } else {
    print(resultText(*importance, *description->tokenizer));
  }
  return {};
}

}  // namespace

Run declareImportance(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--token", options->word,
                     "The word, an id or its text (default: the likeliest after the prompt)");
  command.add_option(
      "--replace", options->replacement,
      "A token put where tokens are left out, so that the others keep their places (default: none is)");
  command.add_option("--span", options->question.spanTokens,
                     "Tokens of a span (default: an eighth of the text)");
  command.add_flag("--no-leave-one-out", options->noLeaveOneOut, "Spans alone: for long texts");
  command.add_option("--draws", options->question.draws, "Random choices of tokens left out")
      ->capture_default_str();
  command.add_option("--seed", options->question.seed, "Of the random choices")->capture_default_str();
  command.add_flag("!--one-by-one", options->question.batched,
                   "Read one changed text per step, to compare speeds");
  command.add_flag("--json", options->json, "One JSON object with every score");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
