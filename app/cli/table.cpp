#include <unistd.h>

#include <cstdio>

#include "app/backends.h"
#include "app/cli/interrupt.h"
#include "app/cli/model_pair.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/atomic_file.h"
#include "core/eval/model_table.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions device;
  std::vector<std::string> models;
  PromptOptions prompt;
  ModelTableOptions table;
  std::string sample = "Once upon a time,";
  std::size_t places = 4096;
  std::string csv, markdown, html;
  bool json = false;
};

Json rowJson(const ModelTableRow& row) {
  Json json = {{"model", row.name}, {"file_bytes", row.fileBytes}, {"bits_per_weight", row.bitsPerWeight}};
  if (!row.problem.empty()) {
    json["problem"] = row.problem;
    return json;
  }
  const DivergenceStatistics& s = row.divergence;
  json.update({{"memory_bytes", row.memory},
               {"load_s", row.loadSeconds},
               {"prompt_tps", row.promptRate},
               {"generate_tps", row.generateRate},
               {"ttft_s", row.timeToFirstToken},
               {"ppl", row.perplexity.value},
               {"ppl_stderr", row.perplexity.error},
               {"kld",
                {{"mean", s.meanKl.value},
                 {"mean_stderr", s.meanKl.error},
                 {"median", s.kl[0].value},
                 {"p90", s.kl[1].value},
                 {"p99", s.kl[2].value},
                 {"p999", s.kl[3].value},
                 {"max", s.largestKl}}},
               {"same_top", s.sameTop.value},
               {"rms_dp", s.rmsChange.value},
               {"places", s.places},
               {"sample", row.sample}});
  return json;
}

std::string rowsText(const std::vector<ModelTableRow>& rows) {
  constexpr double kMiB = 1 << 20;
  std::string text =
      "     MiB  bits  prompt/s  writing/s  first s   perplexity    mean KL   99.9 % KL  same top  model\n";
  for (const ModelTableRow& row : rows) {
    char line[160];
    if (row.problem.empty())
      std::snprintf(line, sizeof line, "%8.1f %5.2f %9.1f %10.1f %8.3f %12.4f %10.6f %11.6f %7.2f %%  ",
                    static_cast<double>(row.fileBytes) / kMiB, row.bitsPerWeight, row.promptRate, row.generateRate,
                    row.timeToFirstToken, row.perplexity.value, row.divergence.meanKl.value,
                    row.divergence.kl.back().value, 100 * row.divergence.sameTop.value);
    else
      std::snprintf(line, sizeof line, "%8.1f %5.2f ", static_cast<double>(row.fileBytes) / kMiB, row.bitsPerWeight);
    text += concat(line, row.name, row.problem.empty() ? "" : ": ", row.problem, "\n");
  }
  return text + "KL from the first model, nats per token; the first row: beside itself with its cache in the other format (noise floor)\n";
}

Result<void> write(const std::string& path, const std::string& text) {
  if (path.empty()) return {};
  auto file = TRY(AtomicFile::create(path));
  TRY(file.write(std::as_bytes(std::span(text))));
  return file.commit();
}

Result<void> run(Options options) {
  std::vector<ModelTable::Source> sources;
  for (const std::string& name : options.models) {
    TRY(checkNamed(options.device, name));
    sources.push_back({name, [&options, name] { return describeNamed(options.device, name); }});
  }
  const auto first = TRY(sources.front().describe());
  sources.front().describe = [first] { return first; };
  auto backend = TRY(openBackend(options.device.device));
  const std::string device = backend->device().name;
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*first));
  options.table.cacheFormat = options.device.cacheFormat == "f32" ? FormatId::f32 : FormatId::f16;
  options.table.windows.context = options.device.context > 0 ? options.device.context : std::min(defaultContext(*first), 512u);
  options.table.places = options.places;
  if (!options.sample.empty()) options.table.sampleOf = first->tokenizer->encode(options.sample, true, true);
  const auto table = TRY(ModelTable::create(std::move(backend), std::move(sources), tokens, options.table));
  const InterruptGuard guard;
  while (TRY(table->step())) {
    if (guard.interrupted()) return fail(ErrorKind::cancelled, "stopped; nothing was written");
    if (isatty(STDERR_FILENO) != 0)
      std::fprintf(stderr, "\r%3.0f %%  %s", 100 * table->progress(), table->rows().empty() ? "" : table->rows().back().name.c_str());
  }
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
  const Report report = toReport(table->rows(), device, options.prompt.file.value_or("the text"), options.sample);
  TRY(write(options.csv, toCsv(table->rows())));
  TRY(write(options.markdown, toMarkdown(report)));
  TRY(write(options.html, toHtml(report)));
  if (options.json) {
    Json rows = Json::array();
    for (const ModelTableRow& row : table->rows()) rows.push_back(rowJson(row));
    printJson({{"models", rows}, {"device", device}});
  } else {
    print(rowsText(table->rows()));
  }
  return {};
}

}  // namespace

Run declareTable(CLI::App& command) {
  auto options = std::make_shared<Options>();
  command.add_option("models", options->models, "Models, or \"demo\"; @SCHEME behind one simulates a precision (demo@int4:g64), @a:int8 or @SCHEME+a:int8 INT8 activations; the first is the reference")->type_name("MODEL")->required();
  options->device.declareDevice(command, "f32");
  options->prompt.declare(command, "--text", true, false);
  auto& windows = options->table.windows;
  command.add_option("--stride", windows.stride, "Tokens from window to window (default: --context, which is 512 here)");
  command.add_flag("--second-half", windows.secondHalf, "Score as llama-perplexity does");
  command.add_flag("--documents", windows.documents, "Split after the end-of-text token");
  command.add_option("--places", options->places, "Places of the text that are scored, at most")->capture_default_str();
  command.add_option("--sample", options->sample, "What each model continues for a sample; empty: none")->capture_default_str();
  command.add_option("--csv", options->csv, "Also write the table here")->type_name("FILE");
  command.add_option("--markdown", options->markdown, "Also write it as Markdown")->type_name("FILE");
  command.add_option("--html", options->html, "Also write it as a page, with pictures of size and speed against KL")->type_name("FILE");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
