// The code books of bitsandbytes: NF4, FP4 and the 8-bit dynamic map of double quantization.
// Sources: Dettmers et al., "QLoRA" (2023), appendix E; bitsandbytes, functional.py.
#pragma once

#include <cstddef>
#include <span>

namespace cutaway {

std::span<const float, 16> nf4Codes();  ///< ascending, -1 to 1
std::span<const float, 16> fp4Codes();  ///< ascending, -1 to 1; 0 is there once for both its signs
/// 256 values, ascending, from below -0.99 to 1.
std::span<const float, 256> dynamicCodes();

/// The code nearest to x; of two equally near ones the lower, as bitsandbytes' thresholds have it.
float nearestCode(std::span<const float> codes, float x);

/// 4-bit blocks, in place: `weights` in blocks of `blockSize` by nearest codes times the block's largest absolute value;
/// `doubled`: with double quantization of those.
void roundToCodes(std::span<const float, 16> codes, std::size_t blockSize, bool doubled, std::span<float> weights);

}  // namespace cutaway
