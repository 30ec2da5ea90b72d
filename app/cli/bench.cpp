#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/eval/capture_bench.h"
#include "core/eval/lockstep_bench.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  BenchOptions bench;
  std::vector<std::string> capture;
  std::string beside;
  bool ops = false;
  bool json = false;
};

Json opsJson(const StepTiming& step, std::uint32_t tokens) {
  double device = 0;
  std::uint32_t launches = 0;
  auto ops = Json::array();
  for (const OpTiming& op : step.ops) {
    device += op.seconds;
    launches += op.launches;
    ops.push_back(
        {{"op", op.kind},
         {"launches", op.launches},
         {"ms", rounded(op.seconds * 1e3, 4)},
         {"mib", rounded(static_cast<double>(op.bytes) / (1 << 20), 3)},
         {"gbps", rounded(op.seconds > 0 ? static_cast<double>(op.bytes) / op.seconds * 1e-9 : 0, 2)}});
  }
  return {{"tokens", tokens},
          {"ms", rounded(step.seconds * 1e3, 3)},
          {"device_ms", rounded(device * 1e3, 3)},
          {"launches", launches},
          {"ops", ops}};
}

std::string cell(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

/// A line per kind of op: launches, time and its share, bytes that had to be moved and how fast that was.
std::string opsTable(const Json& step, const std::string& title, double bandwidth) {
  std::size_t width = 0;
  for (const auto& op : step["ops"]) width = std::max(width, op["op"].get<std::string>().size());
  std::string text =
      concat("\n", title, ": ", step["ms"].get<double>(), " ms, ", step["device_ms"].get<double>(),
             " ms of it on the device in ", step["launches"].get<int>(), " launches\n");
  text += concat("  ", std::string(width, ' '), "  launches        ms   share       MiB      GB/s",
                 bandwidth > 0 ? "  of reads" : "", "\n");
  for (const auto& op : step["ops"]) {
    const auto name = op["op"].get<std::string>();
    const double ms = op["ms"], rate = op["gbps"];
    text += concat("  ", name, std::string(width - name.size(), ' '),
                   cell(concat(op["launches"].get<int>()), 10), cell(concat(rounded(ms, 3)), 10),
                   cell(concat(rounded(100 * ms / step["device_ms"].get<double>(), 1), "%"), 8),
                   cell(concat(rounded(op["mib"], 2)), 10), cell(concat(rate), 10));
    if (bandwidth > 0) text += cell(concat(rounded(100 * rate / bandwidth, 0), "%"), 10);
    text += "\n";
  }
  return text;
}

Result<std::vector<ValueSelection>> selectionsOf(const Options& options, const Graph& graph) {
  std::string text;
  for (const std::string& part : options.capture) text += concat(text.empty() ? "" : ",", part);
  if (text.empty()) return std::vector<ValueSelection>();
  return parseSelections(graph, text, {options.bench.prompt, benchContext(options.bench)});
}

/// Generation with captures beside generation without.
Result<Json> captureJson(Session& session, const BenchOptions& options,
                         std::span<const ValueSelection> selections) {
  CaptureBench bench(session, options, selections);
  const InterruptGuard guard;
  while (TRY(bench.step()))
    if (guard.interrupted()) return fail(ErrorKind::cancelled, "stopped while captures were measured");
  const CaptureBenchResult result = bench.result();
  return Json{{"values", selections.size()},
              {"bytes_per_token", result.bytesPerToken},
              {"plain_tps", rounded(result.plainRate, 2)},
              {"captured_tps", rounded(result.capturedRate, 2)},
              {"ratio", rounded(result.ratio, 4)}};
}

std::string captureText(const Json& capture) {
  return concat(
      "with ", capture["values"].get<int>(), " values captured (", formatBytes(capture["bytes_per_token"]),
      " per token): ", capture["captured_tps"].get<double>(), " tokens/s, without ",
      capture["plain_tps"].get<double>(), ", in turns; ratio ", capture["ratio"].get<double>(), "\n");
}

/// Lockstep with a second model on the same device beside each of them alone.
Result<Json> lockstepJson(Session& session, const Options& options) {
  ModelOptions other = options.model;
  other.model = options.beside;
  const auto loaded = TRY(loadModel(TRY(other.describe()), session.model().backend));
  const auto second = TRY(other.createSession(loaded, benchContext(options.bench)));
  LockstepBench bench(session, *second, options.bench);
  const InterruptGuard guard;
  while (TRY(bench.step()))
    if (guard.interrupted()) return fail(ErrorKind::cancelled, "stopped while lockstep was measured");
  const LockstepBenchResult result = bench.result();
  return Json{{"first_ms", rounded(result.first * 1e3, 4)},
              {"second_ms", rounded(result.second * 1e3, 4)},
              {"lockstep_ms", rounded(result.lockstep * 1e3, 4)},
              {"ratio", rounded(result.ratio, 4)}};
}

std::string lockstepText(const Json& lockstep) {
  return concat("lockstep takes ", lockstep["lockstep_ms"].get<double>(), " ms a token, alone the first ",
                lockstep["first_ms"].get<double>(), " and the second ", lockstep["second_ms"].get<double>(),
                " ms, in turns; ratio to the sum ", lockstep["ratio"].get<double>(), "\n");
}

Result<void> run(const Options& options) {
  const auto description = TRY(options.model.describe());
  const auto selections = TRY(selectionsOf(options, description->graph()));
  const auto model = TRY(options.model.load(description));
  const auto session = TRY(options.model.createSession(model, benchContext(options.bench)));
  Bench bench(*session, options.bench);
  const InterruptGuard guard;
  while (TRY(bench.step())) {
    if (guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", bench.finished(), " of ", options.bench.repeats,
                  " repeats");
  }
  const BenchResult result = bench.result();
  const std::string& device = model->backend->device().name;
  Json ops;
  if (options.ops) {
    const BenchOps measured = TRY(benchOps(*session, options.bench));
    ops = {{"read_gbps", rounded(measured.readBandwidth * 1e-9, 2)},
           {"prompt", opsJson(measured.prompt, measured.promptTokens)},
           {"generate", opsJson(measured.generate, 1)}};
  }
  Json capture;
  if (!selections.empty()) capture = TRY(captureJson(*session, options.bench, selections));
  Json lockstep;
  if (!options.beside.empty()) lockstep = TRY(lockstepJson(*session, options));
  if (options.json) {
    Json object = {
        {"prompt_tps", rounded(result.promptRate, 2)}, {"generate_tps", rounded(result.generateRate, 2)},
        {"load_s", rounded(model->loadSeconds, 4)},    {"host_mib", rounded(result.hostMib, 1)},
        {"device_mib", rounded(result.deviceMib, 1)},  {"device", device}};
    if (options.ops) object["ops"] = ops;
    if (!selections.empty()) object["capture"] = capture;
    if (!options.beside.empty()) object["lockstep"] = lockstep;
    printJson(object);
  } else {
    print(aligned(
        {{"device", device},
         {"prompt", concat(rounded(result.promptRate, 1), " tokens/s (", options.bench.prompt, " tokens)")},
         {"generation",
          concat(rounded(result.generateRate, 2), " tokens/s (", options.bench.generate, " tokens)")},
         {"load", concat(rounded(model->loadSeconds, 3), " s")},
         {"host memory", concat(rounded(result.hostMib, 1), " MiB")},
         {"device memory", concat(rounded(result.deviceMib, 1), " MiB")}}));
    if (!selections.empty()) print(captureText(capture));
    if (!options.beside.empty()) print(lockstepText(lockstep));
    if (!options.ops) return {};
    const double bandwidth = ops["read_gbps"];
    print(opsTable(ops["prompt"], concat("prompt step of ", ops["prompt"]["tokens"].get<int>(), " tokens"),
                   bandwidth));
    print(opsTable(ops["generate"], "step of one token", bandwidth));
    if (bandwidth > 0) print(concat("\nthe device reads ", bandwidth, " GB/s\n"));
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
  command
      .add_option("--capture", options->capture,
                  "Also the speed of generation with these values captured, beside without: blk.*.resid_post")
      ->type_name("SELECTION,..")
      ->allow_extra_args(false);
  command.add_option("--beside", options->beside,
                     "Also what lockstep with this second model costs, beside each of the two alone")
      ->type_name("MODEL");
  command.add_flag("--ops", options->ops, "Also where a step's time goes, by the values it computes");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
