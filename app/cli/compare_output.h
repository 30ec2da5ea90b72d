// What a comparison of two models came to, as text for people and as JSON.
#pragma once

#include <optional>

#include "app/cli/options.h"
#include "core/eval/comparison.h"

namespace cutaway::cli {

/// The reference beside itself, computed in another way.
struct NoiseFloor {
  DivergenceStatistics statistics;
  FormatId cacheFormat, usualFormat;
};

struct ComparisonReport {
  const Model &a, &b;
  DivergenceStatistics statistics;
  std::vector<LayerDrift> layers;
  std::optional<NoiseFloor> floor;
};

Json comparisonJson(const ComparisonReport& report);
std::string comparisonText(const ComparisonReport& report);

}  // namespace cutaway::cli
