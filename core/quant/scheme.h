// Textbook ways to store weights in few bits, as data; and what is left of weights that were stored so.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/thread_pool.h"
#include "core/quant/number_format.h"

namespace cutaway {

/// Integers by rounding to nearest, a code book of 4 bits, or one of the number formats.
///
/// Integers, b bits, over the weights that share a scale (ties to even):
///   symmetric    scale = max |w| / (2^(b-1) - 1), w -> scale * clamp(round(w / scale), -(2^(b-1) - 1), 2^(b-1) - 1)
///   zero point   scale = (max(w, 0) - min(w, 0)) / (2^b - 1), zero = round(-min / scale),
///                w -> scale * (clamp(round(w / scale) + zero, 0, 2^b - 1) - zero)
/// Scales are F32 here; files keep them in 16 bits, and so does bitsPerWeight().
///
/// NF4 and FP4 as bitsandbytes does: blocks of the weights in a row-major line, scaled by their largest absolute value.
/// Double quantization: those scales, less their mean, become 8-bit codes of its dynamic map, in blocks of 256.
struct Scheme {
  enum class Kind : std::uint8_t { integer, nf4, fp4, format };
  enum class Shares : std::uint8_t { tensor, channel, group };  ///< who shares a scale; a channel is a row

  Kind kind = Kind::integer;
  std::uint32_t bits = 4;           ///< of integers, 2 to 16
  bool zeroPoint = false;           ///< of integers: "asymmetric"
  Shares shares = Shares::group;    ///< of integers
  std::uint32_t size = 128;         ///< columns of a group; weights of a block of NF4 and FP4, 64 as published
  bool doubleQuantized = false;     ///< of NF4 and FP4
  FormatId format = FormatId::f16;  ///< of Kind::format

  /// Of a tensor, scales and zero points included; of a format with rows that are no whole blocks, its fallback's.
  double bitsPerWeight(std::uint64_t rows, std::uint64_t columns) const;
  bool operator==(const Scheme&) const = default;
};

/// "int4:g64:asym", "int8:channel", "int3:tensor", "nf4", "fp4:b128:dq", "f16", "q4_K". Integers alone mean symmetric
/// groups of 128. The error lists what there is.
Result<Scheme> parseScheme(std::string_view text);
std::string toString(const Scheme& scheme);  ///< as parseScheme reads it, nothing left out but "sym"
std::string describe(const Scheme& scheme);  ///< for people: "4-bit integers with zero points, groups of 64"

/// What is read back of weights stored by the scheme, in place. `weights` is (rows, columns) row-major.
void simulate(const Scheme& scheme, std::uint64_t rows, std::uint64_t columns, std::span<float> weights,
              ThreadPool& pool);

}  // namespace cutaway
