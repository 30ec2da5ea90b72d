#include <algorithm>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/nearest.h"
#include "core/format/tensor_checks.h"
#include "core/inspect/singular_values.h"

namespace cutaway::cli {
namespace {

constexpr std::size_t kShownValues = 12;  ///< singular values and largest entries in the text
constexpr int kBarLength = 48;
constexpr std::size_t kShownBins = 24;

struct Options {
  ModelOptions model;
  std::string name;
  bool json = false;
};

Result<const TensorInfo*> find(const ModelFile& file, const std::string& name) {
  if (const TensorInfo* tensor = file.find(name)) return tensor;
  std::vector<std::string_view> names;
  for (const TensorInfo& tensor : file.tensors) names.push_back(tensor.name);
  return fail(ErrorKind::badInput, file.source.name, " has no tensor ", name, "; the nearest names are ",
              nearestOf(names, name), "; without a name all are listed");
}

Json tensorJson(const TensorInfo& tensor) {
  return {{"name", tensor.name}, {"shape", tensor.shape}, {"format", numberFormat(tensor.format).name}, {"bytes", tensor.bytes}};
}

void list(const ModelFile& file, bool json) {
  if (json) {
    Json tensors = Json::array();
    for (const TensorInfo& tensor : file.tensors) tensors.push_back(tensorJson(tensor));
    return printJson({{"tensors", tensors}});
  }
  std::vector<std::pair<std::string, std::string>> rows;
  for (const TensorInfo& tensor : file.tensors)
    rows.emplace_back(tensor.name, concat(numberFormat(tensor.format).name, " ", shapeText(tensor.shape), ", ", formatBytes(tensor.bytes)));
  print(aligned(rows));
}

Json imageJson(const WeightImage& image) {
  return {{"rows", image.rows}, {"columns", image.columns}, {"strongest", image.strongest}, {"mean", image.mean}};
}

Json statsJson(const TensorInfo& tensor, const TensorStats& stats, const SingularValues& singular) {
  Json result = tensorJson(tensor), largest = Json::array();
  for (const WeightEntry& entry : stats.largest) largest.push_back({entry.row, entry.column, entry.value});
  result.update({{"count", stats.count},
                 {"not_finite", stats.notFinite},
                 {"zeros", stats.zeros},
                 {"min", stats.minimum},
                 {"max", stats.maximum},
                 {"mean", stats.mean},
                 {"deviation", stats.deviation},
                 {"outliers", stats.outliers},
                 {"largest", largest},
                 {"histogram", {{"low", stats.low}, {"high", stats.high}, {"below", stats.below}, {"above", stats.above}, {"counts", stats.histogram}}},
                 {"singular", {{"exact", singular.exact()}, {"values", singular.values()}}},
                 {"image", imageJson(stats.image)}});
  return result;
}

std::string histogramText(const TensorStats& stats) {
  constexpr std::size_t kJoined = TensorStats::kBins / kShownBins;
  std::vector<std::uint64_t> counts(kShownBins);
  for (std::size_t i = 0; i < stats.histogram.size(); ++i) counts[i / kJoined] += stats.histogram[i];
  const std::uint64_t most = std::max<std::uint64_t>(std::ranges::max(counts), 1);
  std::string text;
  for (std::size_t i = 0; i < kShownBins; ++i) {
    char line[64];
    std::snprintf(line, sizeof line, "%12.4g %10llu ", stats.low + (stats.high - stats.low) * static_cast<double>(i) / kShownBins,
                  static_cast<unsigned long long>(counts[i]));
    text += line + std::string(counts[i] * kBarLength / most, '#') + "\n";
  }
  return text;
}

std::string statsText(const TensorInfo& tensor, const TensorStats& stats, const SingularValues& singular) {
  std::string largest, values;
  for (std::size_t i = 0; i < std::min(kShownValues, stats.largest.size()); ++i)
    largest += concat(i > 0 ? ", " : "", stats.largest[i].value, " at ", stats.largest[i].row, ",", stats.largest[i].column);
  const std::vector<double>& all = singular.values();
  for (std::size_t i = 0; i < std::min(kShownValues, all.size()); ++i) values += concat(i > 0 ? " " : "", all[i]);
  if (all.size() > kShownValues) values += concat(" .. ", all.back());
  return aligned({{"tensor", tensor.name},
                  {"shape", concat(shapeText(tensor.shape), ", ", numberFormat(tensor.format).name, ", ", formatBytes(tensor.bytes))},
                  {"range", concat(stats.minimum, " to ", stats.maximum)},
                  {"mean", concat(stats.mean, ", standard deviation ", stats.deviation)},
                  {"zeros", concat(stats.zeros, stats.notFinite > 0 ? concat("; not finite ", stats.notFinite) : "")},
                  {"outliers", concat(stats.outliers, " beyond ", TensorStats::kOutlier, " standard deviations")},
                  {"largest", largest},
                  {singular.exact() ? "singular values" : "largest singular values, estimated", values}}) +
         histogramText(stats);
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.describe());
  if (options.name.empty()) {
    list(model->file, options.json);
    return {};
  }
  const TensorInfo& tensor = *TRY(find(model->file, options.name));
  const WeightRows rows(model->file.data(tensor), tensor);
  TensorReading reading(rows);
  while (reading.step()) {
  }
  ThreadPool pool;
  SingularValues singular(rows, pool);
  while (singular.step()) {
  }
  if (options.json) {
    printJson(statsJson(tensor, reading.stats(), singular));
  } else {
    print(statsText(tensor, reading.stats(), singular));
  }
  return {};
}

}  // namespace

Run declareTensor(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declareModel(command);
  command.add_option("NAME", options->name, "A tensor of the file; all are listed without one");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
