// Rotary scaling methods of model files, all brought to one frequency per pair and one magnitude.
#pragma once

#include "core/format/model_file.h"
#include "core/graph/graph.h"

namespace cutaway {

/// Reads "<family>.rope.*" and the tensor rope_freqs.weight for heads of `headWidth`, for pairs as `halves`
/// says. Methods: none, linear (positions divided by a factor), llama3 (a factor per pair, in the tensor) and
/// yarn (Peng et al. 2023, with the constants that llama.cpp uses). Fails on another method, and on sizes or
/// factors that are odd, zero, negative or not finite.
Result<RopeAttributes> readRope(const ModelFile& file, const std::string& family, std::uint32_t headWidth,
                                bool halves);

}  // namespace cutaway
