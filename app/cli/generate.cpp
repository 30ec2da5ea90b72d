#include <chrono>

#include "app/cli/interrupt.h"
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
  EditOptions edits;
  bool json = false;
};

/// Runs the generation to its end or to Ctrl+C; text goes to `stream` as it comes.
Result<std::string> writeAnswer(Generation& generation, const std::function<void(const std::string&)>& stream) {
  const InterruptGuard guard;
  std::string text;
  auto state = Generation::State::reading;
  while (state != Generation::State::done) {
    if (guard.interrupted()) generation.cancel();
    state = TRY(generation.step());
    for (const TokenEvent& event : generation.takeEvents()) {
      text += event.text;
      stream(event.text);
    }
  }
  return text;
}

Json resultJson(const std::vector<TokenId>& prompt, const Generation& generation, const std::string& text,
                const Model& model) {
  const GenerationStats& stats = generation.stats();
  return {{"prompt_tokens", prompt},
          {"tokens", generation.tokens()},
          {"text", text},
          {"stop", stopReasonName(generation.reason())},
          {"timing",
           {{"load_s", rounded(model.loadSeconds, 4)},
            {"ttft_s", rounded(stats.timeToFirstToken, 4)},
            {"prompt_tps", rounded(stats.promptRate(), 2)},
            {"generate_tps", rounded(stats.generateRate(), 2)}}},
          {"device", model.backend->device().name}};
}

Result<void> run(const Options& options) {
  TRY(validate(options.sampling.generation.sampler));
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> prompt = TRY(options.prompt.read(*model->description));
  if (prompt.empty()) return fail(ErrorKind::badInput, "the prompt has no tokens; give at least one");
  const std::uint32_t needed = static_cast<std::uint32_t>(prompt.size()) + options.sampling.generation.maxTokens;
  auto edits = TRY(options.edits.parse(model->description->graph(), {static_cast<std::uint32_t>(prompt.size()), needed}));
  const auto session = TRY(options.model.createSession(model, needed));
  TRY(session->setEdits(std::move(edits)));
  Generation generation(*session, prompt, options.sampling.generation);
  const auto stream = [&](const std::string& piece) {
    if (!options.json) print(piece);
  };
  const std::string text = TRY(writeAnswer(generation, stream));
  if (options.json) {
    printJson(resultJson(prompt, generation, text, *model));
  } else {
    print("\n");
  }
  return {};
}

}  // namespace

Run declareGenerate(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->sampling.generation.maxTokens = 256;
  options->model.declare(command, "f16");
  options->prompt.declare(command, "--prompt", true, true);
  options->sampling.declare(command, 0.0f);
  options->edits.declare(command);
  command.add_flag("--json", options->json, "One JSON object at the end instead of streamed text");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
