#include "app/cli/compare_output.h"

#include <cmath>
#include <cstdio>

#include "app/cli/output.h"

namespace cutaway::cli {
namespace {

constexpr std::array kQuantileKeys = {"median", "p90", "p99", "p999"};
constexpr std::array kQuantileNames = {"median", "90 %", "99 %", "99.9 %"};
constexpr std::array kChangeNames = {"0.1 %", "1 %", "10 %", "median", "90 %", "99 %", "99.9 %"};
static_assert(kQuantileKeys.size() == kDivergenceQuantiles.size());
static_assert(kChangeNames.size() == kChangeQuantiles.size());

template <class... Numbers>
std::string line(const char* format, Numbers... numbers) {
  char text[256];
  std::snprintf(text, sizeof text, format, numbers...);
  return std::string(text) + "\n";
}

Json interval(const Estimate& estimate) { return Json::array({estimate.low, estimate.high}); }

Json klJson(const DivergenceStatistics& s) {
  Json kl = {{"mean", s.meanKl.value}};
  for (std::size_t i = 0; i < s.kl.size(); ++i) kl[kQuantileKeys[i]] = s.kl[i].value;
  kl["max"] = s.largestKl;
  kl["min"] = s.leastKl;
  kl["mean_stderr"] = s.meanKl.error;
  kl["mean_95"] = interval(s.meanKl);
  for (std::size_t i = 0; i < s.kl.size(); ++i) kl[concat(kQuantileKeys[i], "_95")] = interval(s.kl[i]);
  return kl;
}

Json bucketsJson(const DivergenceStatistics& s) {
  Json buckets = Json::array();
  for (const ConfidenceBucket& bucket : s.buckets)
    buckets.push_back({{"from", bucket.from},
                       {"to", bucket.to},
                       {"places", bucket.places},
                       {"kld_mean", bucket.meanKl.value},
                       {"kld_mean_stderr", bucket.meanKl.error},
                       {"kld_median", bucket.medianKl},
                       {"kld_p90", bucket.ninetiethKl},
                       {"kld_share", bucket.klShare},
                       {"same_top", bucket.sameTop}});
  return buckets;
}

std::string fileOf(const Model& model) {
  const ModelFile& file = model.description->file;
  return concat(file.source.name, " (", formatBytes(file.bytes()), ") on ", model.backend->device().name);
}

std::string perplexityText(const DivergenceStatistics& s) {
  const auto row = [](const char* name, const Estimate& e) {
    return line("%-28s %12.6f +/- %.6f   (95 %%: %.6f to %.6f)", name, e.value, e.error, e.low, e.high);
  };
  return "\nperplexity\n" + row("  PPL(B)", s.perplexityB) + row("  PPL(A)", s.perplexityA) +
         row("  PPL(B)/PPL(A)", s.ratio) + row("  ln(PPL(B)/PPL(A))", s.logRatio) +
         row("  PPL(B)-PPL(A)", s.difference) +
         line("%-28s %12.4f %%", "  correlation of log p", 100 * s.correlation);
}

std::string klText(const DivergenceStatistics& s) {
  std::string text = "\nKL(A || B), nats\n";
  text += line("  %-26s %12.6f +/- %.6f   (95 %%: %.6f to %.6f)", "mean", s.meanKl.value, s.meanKl.error, s.meanKl.low,
               s.meanKl.high);
  text += line("  %-26s %12.6f", "maximum", s.largestKl);
  for (std::size_t i = s.kl.size(); i-- > 0;)
    text += line("  %-26s %12.6f   (95 %%: %.6f to %.6f)", kQuantileNames[i], s.kl[i].value, s.kl[i].low, s.kl[i].high);
  return text + line("  %-26s %12.6f", "minimum", s.leastKl);
}

std::string changeText(const DivergenceStatistics& s) {
  std::string text = "\nprobability of the text's next token, B less A\n";
  text += line("  %-26s %11.4f %% +/- %.4f %%", "mean", 100 * s.meanChange.value, 100 * s.meanChange.error);
  text += line("  %-26s %11.4f %% +/- %.4f %%", "RMS", 100 * s.rmsChange.value, 100 * s.rmsChange.error);
  for (std::size_t i = s.change.size(); i-- > 0;)
    text += line("  %-26s %11.4f %%", kChangeNames[i], 100 * s.change[i]);
  return text + line("\nsame most likely token       %12.4f %% +/- %.4f %%   (95 %%: %.4f to %.4f)", 100 * s.sameTop.value,
                     100 * s.sameTop.error, 100 * s.sameTop.low, 100 * s.sameTop.high);
}

std::string bucketText(const DivergenceStatistics& s) {
  std::string text = "\nby A's confidence: its most likely token's probability\n";
  text += "        p        places      mean KL       median         90 %  share of KL  same top\n";
  for (const ConfidenceBucket& b : s.buckets)
    text += b.places == 0 ? line("  %4g to %-4g %8d", b.from, b.to, 0)
                          : line("  %4g to %-4g %8llu %12.6f %12.6f %12.6f %10.2f %% %8.2f %%", b.from, b.to,
                                 static_cast<unsigned long long>(b.places), b.meanKl.value, b.medianKl, b.ninetiethKl,
                                 100 * b.klShare, 100 * b.sameTop);
  return text;
}

std::string layersText(std::span<const LayerDrift> layers) {
  std::string text = "\nresidual stream behind each layer, B beside A\nlayer      cosine   relative error   SNR dB\n";
  for (const LayerDrift& layer : layers)
    text += line("%5u %11.7f %16.6f %8.2f", layer.layer, layer.cosine, layer.relativeError, layer.signalToNoise);
  return text;
}

const char* formatName(FormatId format) { return numberFormat(format).name; }

std::string floorText(const NoiseFloor& floor) {
  const DivergenceStatistics& s = floor.statistics;
  return line("\nnoise floor: A beside A with an %s instead of an %s cache, %llu places:", formatName(floor.cacheFormat),
              formatName(floor.usualFormat), static_cast<unsigned long long>(s.places)) +
         line("  mean KL %.9f, 99.9 %% %.9f, maximum %.9f; same most likely token %.3f %%", s.meanKl.value,
              s.kl.back().value, s.largestKl, 100 * s.sameTop.value);
}

}  // namespace

Json comparisonJson(const ComparisonReport& report) {
  const DivergenceStatistics& s = report.statistics;
  Json layers = Json::array();
  for (const LayerDrift& layer : report.layers)
    layers.push_back({{"layer", layer.layer},
                      {"cosine", layer.cosine},
                      {"snr_db", layer.signalToNoise},  // null where the streams are equal
                      {"relative_error", layer.relativeError}});
  Json json = {{"ppl_a", s.perplexityA.value},
               {"ppl_b", s.perplexityB.value},
               {"kld", klJson(s)},
               {"same_top", s.sameTop.value},
               {"rms_dp", s.rmsChange.value},
               {"layers", layers},
               {"tokens", s.places},
               {"ppl_a_stderr", s.perplexityA.error},
               {"ppl_b_stderr", s.perplexityB.error},
               {"ppl_ratio", s.ratio.value},
               {"ppl_ratio_stderr", s.ratio.error},
               {"ppl_ratio_95", interval(s.ratio)},
               {"ppl_difference", s.difference.value},
               {"ppl_difference_stderr", s.difference.error},
               {"log_ratio", s.logRatio.value},
               {"log_ratio_stderr", s.logRatio.error},
               {"correlation", s.correlation},
               {"same_top_stderr", s.sameTop.error},
               {"same_top_95", interval(s.sameTop)},
               {"mean_dp", s.meanChange.value},
               {"mean_dp_stderr", s.meanChange.error},
               {"rms_dp_stderr", s.rmsChange.error},
               {"entropy_a", s.entropyA},
               {"entropy_b", s.entropyB},
               {"buckets", bucketsJson(s)}};
  if (report.floor)
    json["noise_floor"] = {{"arithmetic", concat("A with an ", formatName(report.floor->cacheFormat), " instead of an ",
                                                 formatName(report.floor->usualFormat), " cache")},
                           {"tokens", report.floor->statistics.places},
                           {"kld", klJson(report.floor->statistics)},
                           {"same_top", report.floor->statistics.sameTop.value},
                           {"rms_dp", report.floor->statistics.rmsChange.value}};
  json["device"] = report.a.backend->device().name;
  if (report.b.backend != report.a.backend) json["device_b"] = report.b.backend->device().name;
  return json;
}

std::string comparisonText(const ComparisonReport& report) {
  const DivergenceStatistics& s = report.statistics;
  std::string text = aligned({{"A", fileOf(report.a)}, {"B", fileOf(report.b)}, {"places", concat(s.places)}});
  text += perplexityText(s) + klText(s) + changeText(s) + bucketText(s);
  if (!report.layers.empty()) text += layersText(report.layers);
  if (report.floor) text += floorText(*report.floor);
  return text;
}

}  // namespace cutaway::cli
