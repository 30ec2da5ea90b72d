#include "core/eval/bench.h"

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  BenchOptions bench;
  bool json = false;
};

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const auto session = TRY(options.model.createSession(model, benchContext(options.bench)));
  Bench bench(*session, options.bench);
  const InterruptGuard guard;
  while (TRY(bench.step())) {
    if (guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", bench.finished(), " of ", options.bench.repeats, " repeats");
  }
  const BenchResult result = bench.result();
  const std::string& device = model->backend->device().name;
  if (options.json) {
    printJson({{"prompt_tps", rounded(result.promptRate, 2)},
               {"generate_tps", rounded(result.generateRate, 2)},
               {"load_s", rounded(model->loadSeconds, 4)},
               {"host_mib", rounded(result.hostMib, 1)},
               {"device_mib", rounded(result.deviceMib, 1)},
               {"device", device}});
  } else {
    print(aligned({{"device", device},
                   {"prompt", concat(rounded(result.promptRate, 1), " tokens/s (", options.bench.prompt, " tokens)")},
                   {"generation",
                    concat(rounded(result.generateRate, 2), " tokens/s (", options.bench.generate, " tokens)")},
                   {"load", concat(rounded(model->loadSeconds, 3), " s")},
                   {"host memory", concat(rounded(result.hostMib, 1), " MiB")},
                   {"device memory", concat(rounded(result.deviceMib, 1), " MiB")}}));
  }
  return {};
}

}  // namespace

Run declareBench(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f16");
  command.add_option("--prompt", options->bench.prompt, "Tokens read")->capture_default_str();
  command.add_option("--generate", options->bench.generate, "Tokens written")->capture_default_str();
  command.add_option("--repeat", options->bench.repeats, "Repeats, after a warm-up; medians are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
