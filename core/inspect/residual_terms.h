// What a graph adds up in its residual stream before the last norm, found from its nodes alone.
#pragma once

#include "core/graph/graph.h"

namespace cutaway {

struct ResidualTerm {
  enum class Kind : std::uint8_t { embedding, attention, feedForward, other };
  Kind kind = Kind::other;
  ValueId value = kNone;       ///< what is added, (T, D)
  std::int32_t layer = kNone;  ///< kNone for the embedding
  /// An attention block whose output is a projection of its heads, (T, H, d): those and the projection. Else
  /// kNone.
  ValueId heads = kNone;
  WeightId projection = kNone, bias = kNone;
};

/// logits = (norm(sum of terms)) W^T + bias, the norm an RMS norm.
struct ResidualSum {
  std::vector<ResidualTerm> terms;  ///< in the order in which they are added
  ValueId last = kNone;             ///< the sum, (R, D): rows of the wanted tokens
  float epsilon = 0;
  WeightId norm = kNone, output = kNone, outputBias = kNone;
};

/// Fails for a graph whose logits are made in another way.
Result<ResidualSum> residualSum(const Graph& graph);

}  // namespace cutaway
