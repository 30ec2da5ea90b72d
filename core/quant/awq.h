// AWQ: input channels with large activations get larger weights before rounding, and the op before them is scaled back.
// Lin et al. 2023, "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration".
#pragma once

#include <stop_token>

#include "core/base/result.h"
#include "core/quant/grouped.h"

namespace cutaway {

struct AwqOptions {
  std::uint32_t steps = 20;  ///< exponents tried, from 0 to below 1
};

/// What matrices that read one value see of it.
struct AwqInputs {
  std::uint32_t columns = 0;
  std::vector<float> magnitude;  ///< (columns) mean |x| over all tokens
  std::vector<float> samples;    ///< (tokens, columns) of some tokens, for the error of the outputs
  std::uint32_t tokens() const { return static_cast<std::uint32_t>(samples.size() / columns); }
};

struct AwqMatrix {
  std::uint32_t rows = 0;
  std::span<const float> weights;  ///< (rows, columns)
};

struct AwqScales {
  std::vector<float> scales;  ///< (columns): weights are multiplied by them and inputs divided; all above 0
  double exponent = 0;        ///< of the magnitudes; 0: rounding alone is best
  double error = 0, plainError = 0;  ///< squared, of the outputs on the samples, with and without scales
};

/// Tries scales = magnitude^exponent, the same for all matrices that read the inputs. Fails when stopped.
Result<AwqScales> searchScales(const GroupedScheme& scheme, const AwqOptions& options, const AwqInputs& inputs,
                               std::span<const AwqMatrix> matrices, ThreadPool& pool, std::stop_token stop = {});

/// Cuts off, per group, what lies beyond the range that leaves the outputs closest, down to half of it. `weights` (rows, columns)
/// and `inputs` are scaled already.
void clipToBestRange(const GroupedScheme& scheme, const AwqInputs& inputs, std::uint32_t rows, std::span<float> weights,
                     ThreadPool& pool);

}  // namespace cutaway
