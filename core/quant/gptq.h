// GPTQ: rounds a linear layer's weights column by column and lets the columns behind make up for each rounding error.
// Frantar et al. 2022, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers".
#pragma once

#include <stop_token>

#include "core/base/result.h"
#include "core/quant/grouped.h"

namespace cutaway {

struct GptqOptions {
  bool byImportance = false;  ///< desc_act: columns with the largest activations first
  /// With byImportance: scales are those of the weights before any is changed, so that groups stay neighbours and number
  /// formats with a scale per block hold the result.
  bool staticGroups = false;
  bool searchedRange = false;  ///< see fitScale
  double damping = 0.01;       ///< part of the Hessian's mean diagonal that is added to it
};

/// The part that depends on the inputs alone, shared by all matrices that read them.
struct GptqInputs {
  std::uint32_t columns = 0;
  std::vector<std::uint32_t> order;  ///< columns in the order in which they are rounded
  std::vector<bool> dead;            ///< (columns) no input ever has something there
  std::vector<float> inverse;        ///< (columns, columns) in that order: U upper, U^T U = the Hessian's inverse
};

/// `hessian`: X^T X of the inputs X (tokens, columns), row-major, symmetric; its scale does not matter. Damping is raised
/// by tens where rounding left it indefinite; fails when even that does not help, as for numbers that are not finite.
Result<GptqInputs> prepareGptq(std::span<const float> hessian, std::uint32_t columns, const GptqOptions& options);

/// The same bits for any number of threads. Fails when stopped.
Result<GroupedWeights> quantizeGptq(const GroupedScheme& scheme, const GptqOptions& options, const GptqInputs& inputs,
                                    std::uint32_t rows, std::span<const float> weights, ThreadPool& pool,
                                    std::stop_token stop = {});

/// Squared error of the outputs, tr(D H D^T) for D = quantized - weights: the loss that GPTQ and AWQ make small.
double outputError(std::span<const float> hessian, std::uint32_t columns, std::span<const float> weights,
                   std::span<const float> quantized, ThreadPool& pool);

}  // namespace cutaway
