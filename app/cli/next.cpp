#include "core/inspect/next_token.h"

#include <cmath>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/sampling.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  SamplingOptions sampling;
  std::vector<std::string> words;
  std::size_t top = 10;
  bool json = false;
};

/// A text that was asked about: its first token counts.
struct Asked {
  std::string text;
  std::vector<TokenId> tokens;
};

Json stagesJson(const NextToken& next, std::size_t top) {
  Json list = Json::array();
  for (const SamplerStage& stage : next.stages()) {
    Json entries = Json::array();
    for (std::size_t i = 0; i < std::min(top, stage.top.size()); ++i)
      entries.push_back({stage.top[i].token, rounded(stage.top[i].probability, 6)});
    list.push_back({{"name", stage.name}, {"tokens", stage.count}, {"top", entries}});
  }
  return list;
}

Json resultJson(const NextToken& next, std::span<const Asked> asked, const Options& options, const Model& model) {
  Json words = Json::array();
  for (const Asked& one : asked)
    words.push_back({{"text", one.text},
                     {"tokens", one.tokens},
                     {"logprob", rounded(next.logProbability(one.tokens.front()), 5)},
                     {"rank", next.rank(one.tokens.front())}});
  return {{"stages", stagesJson(next, options.top)},
          {"entropy", rounded(next.row().entropy, 5)},
          {"words", words},
          {"device", model.backend->device().name}};
}

std::string resultText(const NextToken& next, std::span<const Asked> asked, const Options& options, const Tokenizer& tokenizer) {
  std::string text;
  char cell[64];
  for (const SamplerStage& stage : next.stages()) {
    std::snprintf(cell, sizeof cell, "%-12s %8zu tokens ", stage.name, stage.count);
    text += cell;
    for (std::size_t i = 0; i < std::min(options.top, stage.top.size()); ++i) {
      std::snprintf(cell, sizeof cell, " %.3f", double{stage.top[i].probability});
      text += concat(" ", cli::quoted(tokenizer.piece(stage.top[i].token, true)), cell);
    }
    text += "\n";
  }
  for (const Asked& one : asked) {
    std::snprintf(cell, sizeof cell, "ln p %.4f, rank %u", double{next.logProbability(one.tokens.front())}, next.rank(one.tokens.front()));
    text += concat(cli::quoted(one.text), one.tokens.size() > 1 ? " (its first token)" : "", ": ", cell, "\n");
  }
  return text;
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  TRY(validate(options.sampling.generation.sampler));
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  std::vector<Asked> asked;
  for (const std::string& word : options.words) {
    asked.push_back({word, model->description->tokenizer->encode(word, false, false)});
    if (asked.back().tokens.empty()) return fail(ErrorKind::usage, "--word needs a text; an empty one has no token");
  }
  const auto session = TRY(options.model.createSession(model, static_cast<std::uint32_t>(tokens.size())));
  NextToken next(tokens, options.sampling.generation.sampler);
  TRY(finish(next, *session));
  if (options.json) {
    printJson(resultJson(next, asked, options, *model));
  } else {
    print(resultText(next, asked, options, *model->description->tokenizer));
  }
  return {};
}

}  // namespace

Run declareNext(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  options->sampling.declare(command, 0.7f);
  command.add_option("--word", options->words, "Log-probability and rank of this text's first token; may be given again")
      ->allow_extra_args(false);
  command.add_option("--top", options->top, "Tokens shown per stage")->check(CLI::Range(1, 64))->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
