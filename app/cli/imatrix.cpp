#include <cstdio>
#include <unistd.h>

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/convert/calibration.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  CalibrationOptions calibration;
  std::string out;
  bool json = false;
};

Result<void> run(const Options& options) {
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*description));
  const auto model = TRY(options.model.load(description));
  const auto session = TRY(options.model.createSession(model));
  Calibration calibration = TRY(Calibration::create(*session, tokens, options.calibration));
  const InterruptGuard guard;
  while (TRY(calibration.step())) {
    if (guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", calibration.read(), " of ", calibration.total(),
                  " tokens; no file was written");
    if (isatty(STDERR_FILENO) != 0)
      std::fprintf(stderr, "\r%llu of %llu tokens", static_cast<unsigned long long>(calibration.read()),
                   static_cast<unsigned long long>(calibration.total()));
  }
  const ImportanceMatrix matrix = calibration.importance(options.prompt.file.value_or("text"));
  TRY(writeImportance(options.out, matrix));
  if (options.json) {
    printJson({{"out", options.out},
               {"tokens", calibration.read()},
               {"chunks", matrix.chunks},
               {"weights", matrix.entries.size()}});
  } else {
    print(concat(options.out, ": the importance of the columns of ", matrix.entries.size(), " weights, over ",
                 calibration.read(), " tokens in ", matrix.chunks, " chunks\n"));
  }
  return {};
}

}  // namespace

Run declareImatrix(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, false);
  command.add_option("--chunk", options->calibration.chunkTokens, "Tokens read from an empty cache each")->capture_default_str();
  command.add_option("--chunks", options->calibration.mostChunks, "Chunks at most (default: the whole text)");
  command.add_option("--out", options->out, "Where to write")->type_name("FILE.gguf")->required();
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
