#include "core/arch/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cutaway {
namespace {

struct Reader {
  const ModelFile& file;
  std::string prefix;  ///< "llama.rope."

  std::string key(std::string_view name) const { return prefix + std::string(name); }

  template <class... Parts>
  std::unexpected<Error> wrong(std::string_view name, const Parts&... parts) const {
    return fail(ErrorKind::badInput, file.metadata.fileName(), ": ", key(name), " ", parts...);
  }
  /// A finite number above zero.
  Result<double> positive(std::string_view name, double fallback) const {
    const double value = TRY(file.metadata.numberOr(key(name), fallback));
    if (!(std::isfinite(value) && value > 0)) return wrong(name, "is ", value, ", expected a number above 0");
    return value;
  }
};

/// Radians per position of each pair, without scaling: base^(-2j / n).
std::vector<double> plainFrequencies(std::uint32_t dimensions, double base) {
  std::vector<double> frequency(dimensions / 2);
  for (std::size_t j = 0; j < frequency.size(); ++j)
    frequency[j] = std::pow(base, -2.0 * static_cast<double>(j) / dimensions);
  return frequency;
}

/// The factor that stretches positions; older files write linear scaling under a key of its own, and 0 for
/// none.
Result<double> readFactor(const Reader& reader) {
  const double old = TRY(reader.file.metadata.numberOr(reader.key("scale_linear"), 1.0));
  const double factor = TRY(reader.file.metadata.numberOr(reader.key("scaling.factor"), old));
  if (factor == 0) return 1.0;
  if (!(std::isfinite(factor) && factor > 0))
    return reader.wrong("scaling.factor", "is ", factor, ", expected a number above 0");
  return factor;
}

/// yarn: slow pairs are stretched as in linear scaling, fast ones stay, with a ramp between.
Result<void> applyYarn(const Reader& reader, double base, double factor, std::uint64_t contextLength,
                       std::vector<double>& frequency, double& magnitude) {
  const double original =
      TRY(reader.positive("scaling.original_context_length", static_cast<double>(contextLength)));
  const double betaFast = TRY(reader.positive("scaling.yarn_beta_fast", 32));
  const double betaSlow = TRY(reader.positive("scaling.yarn_beta_slow", 1));
  const double mix = TRY(reader.file.metadata.numberOr(reader.key("scaling.yarn_ext_factor"), 1));
  if (!std::isfinite(mix)) return reader.wrong("scaling.yarn_ext_factor", "is ", mix, ", expected a number");
  const double dimensions = 2.0 * static_cast<double>(frequency.size());
  // The pair that turns `rotations` times within the original context.
  const auto pairOf = [&](double rotations) {
    return dimensions * std::log(original / (rotations * 2 * std::numbers::pi)) / (2 * std::log(base));
  };
  const double low = std::max(0.0, std::floor(pairOf(betaFast)));
  const double high = std::min(dimensions - 1, std::ceil(pairOf(betaSlow)));
  for (std::size_t j = 0; j < frequency.size(); ++j) {
    const double ramp = (static_cast<double>(j) - low) / std::max(0.001, high - low);
    const double keep = (1 - std::clamp(ramp, 0.0, 1.0)) * mix;
    frequency[j] *= keep + (1 - keep) / factor;
  }
  if (mix != 0) magnitude *= 1 + 0.1 * std::log(factor);
  return {};
}

/// llama3: the converter has computed a divisor per pair.
Result<void> applyPairFactors(const ModelFile& file, std::vector<double>& frequency) {
  const TensorInfo* tensor = file.find("rope_freqs.weight");
  if (tensor == nullptr) return {};
  const std::string& name = file.metadata.fileName();
  if (tensor->shape != std::vector<std::uint64_t>{frequency.size()} || tensor->format != FormatId::f32)
    return fail(ErrorKind::badInput, name, ": rope_freqs.weight has ", tensor->elements(), " elements in ",
                numberFormat(tensor->format).name, ", expected ", frequency.size(),
                " in F32, one per rotated pair");
  std::vector<float> factors(frequency.size());
  numberFormat(tensor->format).decode(file.data(*tensor).bytes, factors);
  for (std::size_t j = 0; j < factors.size(); ++j) {
    if (!(std::isfinite(factors[j]) && factors[j] > 0))
      return fail(ErrorKind::badInput, name, ": rope_freqs.weight holds ", factors[j], " at ", j,
                  ", expected a number above 0");
    frequency[j] /= static_cast<double>(factors[j]);
  }
  return {};
}

}  // namespace

Result<RopeAttributes> readRope(const ModelFile& file, const std::string& family, std::uint32_t headWidth,
                                bool halves) {
  const Reader reader{file, family + ".rope."};
  const std::uint64_t dimensions = TRY(file.metadata.uintOr(reader.key("dimension_count"), headWidth));
  if (dimensions == 0 || dimensions % 2 != 0 || dimensions > headWidth)
    return reader.wrong("dimension_count", "is ", dimensions,
                        ", expected an even number up to the head width ", headWidth);
  const double base = TRY(reader.positive("freq_base", 10000));
  std::vector<double> frequency = plainFrequencies(static_cast<std::uint32_t>(dimensions), base);
  double magnitude = TRY(reader.positive("scaling.attn_factor", 1));

  const std::string method = TRY(file.metadata.stringOr(reader.key("scaling.type"), "linear"));
  const double factor = TRY(readFactor(reader));
  if (method == "linear") {
    for (double& f : frequency) f /= factor;
  } else if (method == "yarn") {
    if (base <= 1)
      return reader.wrong("freq_base", "is ", base, ", expected a number above 1 for yarn scaling");
    const std::uint64_t context = TRY(file.metadata.uintOr(family + ".context_length", 0));
    TRY(applyYarn(reader, base, factor, context, frequency, magnitude));
  } else if (method != "none") {
    return reader.wrong("scaling.type", "is \"", method, "\", expected none, linear or yarn");
  }
  TRY(applyPairFactors(file, frequency));

  RopeAttributes rope{halves, {}, static_cast<float>(magnitude)};
  for (const double f : frequency) rope.frequency.push_back(static_cast<float>(f));
  return rope;
}

}  // namespace cutaway
