#include "core/eval/perplexity.h"

#include <cstdio>
#include <unistd.h>

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  PerplexityOptions perplexity;
  bool json = false;
};

void showProgress(const Perplexity& perplexity) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%llu of %llu tokens", static_cast<unsigned long long>(perplexity.read()),
               static_cast<unsigned long long>(perplexity.total()));
}

Result<void> run(Options options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const auto session = TRY(options.model.createSession(model));
  options.perplexity.context = session->context();
  Perplexity perplexity = TRY(Perplexity::create(*session, tokens, options.perplexity));
  const InterruptGuard guard;
  while (TRY(perplexity.step())) {
    if (guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", perplexity.read(), " of ", perplexity.total(), " tokens");
    showProgress(perplexity);
  }
  const PerplexityResult result = perplexity.result();
  if (options.json) {
    printJson({{"ppl", result.perplexity}, {"stderr", result.standardError}, {"tokens", result.tokens}});
  } else {
    print(concat("perplexity ", result.perplexity, " +/- ", result.standardError, " over ", result.tokens, " tokens\n"));
  }
  return {};
}

}  // namespace

Run declarePerplexity(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, false);
  command.add_option("--stride", options->perplexity.stride, "Tokens from window to window (default: --context)");
  command.add_flag("--second-half", options->perplexity.secondHalf, "Score as llama-perplexity does");
  command.add_flag("--documents", options->perplexity.documents, "Split after the end-of-text token");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
