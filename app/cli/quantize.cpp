#include "core/convert/quantize.h"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "app/backends.h"
#include "app/cli/calibrated.h"
#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string out, type, method = "rtn", importance;
  CalibratedOptions calibrated;
  unsigned threads = 0;
  bool pure = false, json = false, keeps = false, restarts = false;
};

std::string shapeOf(const TensorReport& report) {
  std::string text;
  for (const std::uint64_t size : report.shape) text += concat(text.empty() ? "" : " x ", size);
  return text;
}

std::string lineOf(const TensorReport& report) {
  const char *from = numberFormat(report.from).name, *to = numberFormat(report.to).name;
  std::string line = concat(report.name, "  ", shapeOf(report), "  ", from);
  if (report.from != report.to) line += concat(" -> ", to);
  if (report.squaredError > 0)
    line += concat("  error ", rounded(100 * report.relativeError(), 3), " %, ", rounded(report.snrDb(), 1), " dB");
  for (const RowError& worst : report.worst)
    line += concat(&worst == &report.worst.front() ? "; worst rows " : ", ", worst.row, " (",
                   rounded(100 * worst.relative, 2), " %)");
  if (!report.note.empty()) line += concat("; ", report.note);
  return line + "\n";
}

Json jsonOf(const TensorReport& report) {
  Json worst = Json::array();
  for (const RowError& row : report.worst) worst.push_back({{"row", row.row}, {"relative_error", row.relative}});
  Json object = {{"name", report.name},
                 {"shape", report.shape},
                 {"from", numberFormat(report.from).name},
                 {"to", numberFormat(report.to).name},
                 {"bytes", report.bytes},
                 {"relative_error", report.relativeError()},
                 {"snr_db", nullptr},
                 {"worst_rows", worst}};
  if (std::isfinite(report.snrDb())) object["snr_db"] = rounded(report.snrDb(), 4);
  if (!report.note.empty()) object["note"] = report.note;
  return object;
}

void showProgress(const ConversionProgress& progress) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%3.0f %%", 100 * progress.done);
  if (progress.secondsLeft >= 0) std::fprintf(stderr, ", %.0f s left ", progress.secondsLeft);
}

void clearProgress() {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%30s\r", "");
}

/// A layout is for codes with a scale per group, so that rounding into one means that method.
Result<const QuantizeMethod*> methodOf(const Options& options) {
  const bool groups = options.method == methods::kRounding.name && !options.calibrated.layout.empty();
  if (const QuantizeMethod* method = findQuantizeMethod(groups ? methods::kGroups.name : options.method.c_str())) return method;
  return fail(ErrorKind::usage, "--method: there is no method \"", options.method, "\"; there are ", quantizeMethodNames());
}

Result<QuantizeRequest> requestOf(const Options& options, const QuantizeMethod& method) {
  QuantizeRequest request{.target = options.out, .pure = options.pure};
  if (options.restarts) request.unfinished = Unfinished::restart;
  if (!method.takes(kMixChoice)) {
    if (!options.type.empty() || !options.importance.empty() || options.pure)
      return fail(ErrorKind::usage, "--type, --imatrix and --pure are for rounding; ", method.name, " takes --bits, --group and --layout");
    TRY(options.calibrated.fill(method, request));
    return request;
  }
  if (options.type.empty()) return fail(ErrorKind::usage, "--type is needed: what to write, one of ", mixNames());
  request.mix = findMix(options.type);
  if (request.mix == nullptr) return fail(ErrorKind::usage, "--type: there is no type \"", options.type, "\"; there are ", mixNames());
  if (!options.importance.empty()) request.importance = std::make_shared<const ImportanceMatrix>(TRY(readImportance(options.importance)));
  return request;
}

/// Runs the job to its end; prints tensors as they are done, unless they are printed together later.
Result<void> finish(Conversion& job, const Options& options) {
  const InterruptGuard guard;
  job.keep(options.keeps);
  if (const std::size_t done = job.resumedTensors(); done > 0)
    std::fprintf(stderr, "%s: goes on with a run that was not finished, behind %zu tensors (--restart begins anew)\n", options.out.c_str(), done);
  std::size_t told = 0;
  for (bool more = true; more;) {
    more = TRY(job.step());
    if (options.json) told = job.reports().size();
    for (; told < job.reports().size(); ++told) {
      clearProgress();
      print(lineOf(job.reports()[told]));
    }
    showProgress(job.progress());
    if (more && guard.interrupted())
      return fail(ErrorKind::cancelled, "stopped after ", static_cast<int>(100 * job.progress().done),
                  options.keeps ? " %; what is done is kept, and the same command goes on" : " %; no file was written");
  }
  clearProgress();
  return {};
}

Json resultJson(const Options& options, const QuantizeRequest& request, const Conversion& job, std::uint64_t sourceBytes) {
  Json tensors = Json::array();
  for (const TensorReport& report : job.reports()) tensors.push_back(jsonOf(report));
  Json object = {{"out", options.out}, {"method", options.method}};
  if (request.mix != nullptr)
    object["type"] = request.mix->name;
  else
    object.update({{"layout", targetFormName(request.grouped.form)}, {"bits", options.calibrated.bits}, {"group", options.calibrated.group}});
  const double seconds = job.progress().seconds;
  object.update({{"bytes", job.targetBytes()},
                 {"source_bytes", sourceBytes},
                 {"bits_per_weight", rounded(job.outlook().bitsPerWeight, 4)},
                 {"fallbacks", job.outlook().fallbacks},
                 {"resumed_tensors", job.resumedTensors()},
                 {"seconds", rounded(seconds, 4)},
                 {"source_mib_per_s", rounded(static_cast<double>(sourceBytes) / (1 << 20) / std::max(seconds, 1e-9), 1)},
                 {"tensors", tensors}});
  return object;
}

Result<void> run(const Options& options) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of the file's size is an error like a full disk
  const QuantizeMethod* method = TRY(methodOf(options));
  const QuantizeRequest request = TRY(requestOf(options, *method));
  ModelFile file = TRY(options.model.open());
  std::uint64_t sourceBytes = 0;
  for (const TensorInfo& tensor : file.tensors) sourceBytes += tensor.bytes;
  ThreadPool pool(options.threads == 0 ? std::thread::hardware_concurrency() : options.threads);
  const auto job = TRY(method->start(std::move(file), request, {pool, [&] { return openBackend(options.model.device); }}));
  TRY(finish(*job, options));
  const Json result = resultJson(options, request, *job, sourceBytes);
  if (options.json) {
    printJson(result);
    return {};
  }
  const std::uint64_t fallbacks = job->outlook().fallbacks;
  print(concat(options.out, ": ", formatBytes(job->targetBytes()), request.mix == nullptr ? concat(", layout ", targetFormName(request.grouped.form)) : "", ", ",
               rounded(job->outlook().bitsPerWeight, 2), " bits per weight, in ", rounded(job->progress().seconds, 2), " s (",
               result["source_mib_per_s"].get<double>(), " MiB/s)", fallbacks > 0 ? concat("; ", fallbacks, " tensors in a fallback") : "", "\n"));
  return {};
}

std::string methodHelp() {
  std::string text = "How weights become codes:";
  for (const QuantizeMethod& method : quantizeMethods())
    text += concat(&method == &quantizeMethods().front() ? " " : "; ", method.name, " (", method.title, ")");
  return text;
}

}  // namespace

Run declareQuantize(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("in", options->model.model, "GGUF file, Hugging Face directory, or \"demo\": the embedded model")->type_name("IN")->required();
  command.add_option("out", options->out, "GGUF file to write, or with GPTQ, AWQ and --layout a directory")->type_name("OUT")->required();
  command.add_option("--type", options->type, concat("What to write by rounding: ", mixNames()));
  command.add_option("--method", options->method, methodHelp())->capture_default_str();
  command.add_option("--imatrix", options->importance, "Importance matrix, of the verb imatrix or llama.cpp's (.gguf, .dat)")
      ->type_name("FILE");
  command.add_flag("--pure", options->pure, "All matrices alike, none in more bits");
  options->calibrated.declare(command);
  command.add_option("--device", options->model.device, "Device that reads the calibration text: part of its name, its number, or cpu");
  command.add_option("--threads", options->threads, "Threads (default: all processors)");
  command.add_flag("--keep", options->keeps, "When it is stopped or fails, keep what is done; the same command then goes on, as it does with a run that was killed");
  command.add_flag("--restart", options->restarts, "Begin anew where an unfinished run lies at OUT");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
