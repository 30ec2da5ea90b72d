#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/sampling.h"
#include "app/cli/verb.h"
#include "core/inspect/edited_answer.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  SamplingOptions sampling;
  EditOptions edits;
  std::optional<std::string> answer;
  bool json = false;
};

Json resultJson(const EditedAnswer& found, const Tokenizer& tokenizer) {
  Json tokens = Json::array();
  for (const EditedAnswer::Token& token : found.original())
    tokens.push_back({{"token", token.token},
                      {"piece", tokenizer.piece(token.token, true)},
                      {"kl", token.divergence},
                      {"logprob", token.logProbability},
                      {"edited_logprob", token.editedLogProbability},
                      {"edited_top", token.editedTop}});
  const auto first = found.firstDifference();
  return {{"prompt_tokens", found.prompt()},
          {"original", tokens},
          {"edited_tokens", found.edited()},
          {"edited_text", tokenizer.decode(found.edited())},
          {"first_difference", first ? Json(*first) : Json(nullptr)},
          {"mean_kl", found.meanDivergence()}};
}

std::string resultText(const EditedAnswer& found, const Tokenizer& tokenizer) {
  std::vector<std::pair<std::string, std::string>> rows{{"token", "KL    edited model would say"}};
  std::vector<TokenId> original;
  for (const EditedAnswer::Token& token : found.original()) {
    original.push_back(token.token);
    rows.emplace_back(
        cli::quoted(tokenizer.piece(token.token, true)),
        concat(rounded(token.divergence, 4), "  ", cli::quoted(tokenizer.piece(token.editedTop, true))));
  }
  const auto first = found.firstDifference();
  return aligned(rows) +
         concat("original: ", cli::quoted(tokenizer.decode(original)),
                "\nedited:   ", cli::quoted(tokenizer.decode(found.edited())), "\n",
                first ? concat("first difference at token ", *first) : std::string("no difference"),
                "; mean KL ", rounded(found.meanDivergence(), 4), " nats\n");
}

Result<void> run(const Options& options) {
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> prompt = TRY(options.prompt.read(*description));
  EditedAnswer::Question question;
  if (options.answer) question.answer = description->tokenizer->encode(*options.answer, true, false);
  question.maxTokens = options.sampling.generation.maxTokens;
  question.ignoreEnd = options.sampling.generation.ignoreEnd;
  question.sampler = options.sampling.generation.sampler;
  const auto size = static_cast<std::uint32_t>(prompt.size());
  const auto most = std::max(question.maxTokens, static_cast<std::uint32_t>(question.answer.size()));
  question.edits = TRY(options.edits.parse(description->graph(), {size, size + most}));
  const auto model = TRY(options.model.load(description));
  const auto answer = TRY(EditedAnswer::create(*model, prompt, question));
  const auto session = TRY(options.model.createSession(model, answer->ownContext()));
  TRY(finish(*answer, *session));
  if (options.json) {
    printJson(resultJson(*answer, *description->tokenizer));
  } else {
    print(resultText(*answer, *description->tokenizer));
  }
  return {};
}

}  // namespace

Run declareIntervene(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->sampling.generation.maxTokens = 64;
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  options->sampling.declare(command, 0.0f);
  options->edits.declare(command);
  command.add_option("--answer", options->answer,
                     "The original answer (default: it is written, without edits)");
  command.add_flag("--json", options->json, "One JSON object with every token");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
