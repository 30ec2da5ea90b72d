// A table of models for people and for other programs.
#include <cmath>
#include <cstdio>

#include "core/eval/model_table.h"
#include "core/eval/pareto.h"

namespace cutaway {
namespace {

constexpr double kMiB = 1 << 20;

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Quoted where a comma, a quote or a line break asks for it.
std::string csvText(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

ReportSection picture(const std::vector<ModelTableRow>& rows, const ParetoQuestion& question) {
  ReportSection section;
  section.heading = question.title;
  const std::vector<ParetoPoint> points = paretoPoints(rows, question);
  section.figure = paretoPicture(points, paretoAxes(rows, question)).svg;
  const auto front = paretoFront(points, question.lessIsBetter);
  std::string names;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (front[i] && std::isfinite(points[i].y)) names += concat(names.empty() ? "" : ", ", points[i].label);
  section.paragraphs.push_back(concat("Not beaten in both respects: ", names, "."));
  return section;
}

ReportSection table(const std::vector<ModelTableRow>& rows) {
  ReportSection section;
  section.heading = "Models";
  section.table.headings = {"model",   "MiB",    "bits/weight", "memory MiB", "load s",      "prompt t/s", "writing t/s",
                            "first s", "perplexity", "mean KL",    "99.9 % KL",  "same top %", "RMS change %"};
  section.table.barMeaning = "mean KL";
  for (const ModelTableRow& row : rows) {
    if (!row.problem.empty()) {
      section.table.rows.push_back({row.name, number("%.1f", static_cast<double>(row.fileBytes) / kMiB), "", "", "", "", "", "",
                                    "", "", "", "", ""});
      section.paragraphs.push_back(concat(row.name, ": ", row.problem));
      section.table.bars.push_back(0);
      continue;
    }
    const DivergenceStatistics& s = row.divergence;
    section.table.rows.push_back(
        {row.name, number("%.1f", static_cast<double>(row.fileBytes) / kMiB), number("%.2f", row.bitsPerWeight),
         number("%.1f", static_cast<double>(row.memory) / kMiB), number("%.3f", row.loadSeconds), number("%.1f", row.promptRate),
         number("%.1f", row.generateRate), number("%.3f", row.timeToFirstToken),
         number("%.4f", row.perplexity.value) + number(" ± %.4f", row.perplexity.error),
         number("%.3g", s.meanKl.value) + number(" ± %.1g", s.meanKl.error), number("%.3g", s.kl.back().value),
         number("%.2f", 100 * s.sameTop.value), number("%.2f", 100 * s.rmsChange.value)});
    section.table.bars.push_back(s.meanKl.value);
  }
  section.note =
      "KL and what follows it: from the first model's predictions to each one's, nats per token. The first row shows the noise "
      "floor: the first model beside itself with its key-value cache in the other format. Perplexity can be compared only where "
      "text, window and tokenizer are the same; tails (99.9 %) say more than means.";
  return section;
}

}  // namespace

std::span<const ParetoQuestion> paretoQuestions() {
  static constexpr ParetoQuestion kQuestions[] = {
      {"Size against KL", "MiB of the file", true,
       [](const ModelTableRow& row) { return static_cast<double>(row.fileBytes) / kMiB; }},
      {"Speed against KL", "tokens/s when writing", false, [](const ModelTableRow& row) { return row.generateRate; }},
  };
  return kQuestions;
}

std::vector<ParetoPoint> paretoPoints(const std::vector<ModelTableRow>& rows, const ParetoQuestion& question) {
  std::vector<ParetoPoint> points;
  for (std::size_t i = 1; i < rows.size(); ++i)
    points.push_back({rows[i].name.substr(rows[i].name.rfind('/') + 1), question.x(rows[i]),
                      rows[i].problem.empty() ? rows[i].divergence.meanKl.value : NAN});
  return points;
}

ParetoAxes paretoAxes(const std::vector<ModelTableRow>& rows, const ParetoQuestion& question) {
  return {.x = question.xTitle,
          .y = "mean KL, nats",
          .lessIsBetter = question.lessIsBetter,
          .floor = rows.empty() ? 0 : rows.front().divergence.meanKl.value,
          .floorLabel = "noise floor"};
}

std::string toCsv(const std::vector<ModelTableRow>& rows) {
  std::string text =
      "model,file_bytes,bits_per_weight,memory_bytes,load_s,prompt_tps,generate_tps,ttft_s,ppl,ppl_stderr,kld_mean,"
      "kld_mean_stderr,kld_median,kld_p90,kld_p99,kld_p999,kld_max,same_top,rms_dp,places,sample,problem\n";
  for (const ModelTableRow& row : rows) {
    const DivergenceStatistics& s = row.divergence;
    text += csvText(row.name) + concat(",", row.fileBytes);
    text += number(",%.6g", row.bitsPerWeight) + concat(",", row.memory);
    for (const double value : {row.loadSeconds, row.promptRate, row.generateRate, row.timeToFirstToken, row.perplexity.value,
                               row.perplexity.error, s.meanKl.value, s.meanKl.error, s.kl[0].value, s.kl[1].value, s.kl[2].value,
                               s.kl[3].value, s.largestKl, s.sameTop.value, s.rmsChange.value})
      text += row.problem.empty() ? number(",%.9g", value) : std::string(",");
    text += concat(",", s.places, ",", csvText(row.sample), ",", csvText(row.problem), "\n");
  }
  return text;
}

Report toReport(const std::vector<ModelTableRow>& rows, const std::string& device, const std::string& text,
                const std::string& sampleOf) {
  Report report;
  report.title = "Models beside each other";
  report.subtitle = concat(rows.front().divergence.places, " places of ", text, ", on ", device);
  report.sections.push_back(table(rows));
  if (rows.size() > 2)
    for (const ParetoQuestion& question : paretoQuestions()) report.sections.push_back(picture(rows, question));
  if (!sampleOf.empty()) {
    ReportSection samples;
    samples.heading = "Samples";
    samples.paragraphs = {concat("Each continues: ", sampleOf)};
    samples.table.headings = {"model", "text"};
    for (const ModelTableRow& row : rows)
      if (row.problem.empty()) samples.table.rows.push_back({row.name, row.sample});
    report.sections.push_back(std::move(samples));
  }
  return report;
}

}  // namespace cutaway
