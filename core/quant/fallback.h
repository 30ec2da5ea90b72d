// The format that takes the place of one whose blocks a row does not fill.
#pragma once

#include "core/quant/number_format.h"

namespace cutaway {

/// `wanted` where rows of so many columns are whole blocks of it, else what llama.cpp's quantizer takes (Q4_K: Q5_0, Q5_K:
/// Q5_1, Q6_K: Q8_0), F16 at last. Where that is a type which this program has not (IQ4_NL for Q2_K and Q3_K): Q4_0.
FormatId formatForRows(FormatId wanted, std::uint64_t columns);

}  // namespace cutaway
