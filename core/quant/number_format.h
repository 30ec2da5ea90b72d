// The table of number formats: how many weights a block holds, its bytes, and how it is decoded.
// Each format is one file of this folder and one line of the table in number_format.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/quant/half.h"

namespace cutaway {

/// Index into the format table; in code only, files hold `ggufType`.
enum class FormatId : std::uint8_t { f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q2_K, q3_K, q4_K, q5_K, q6_K, q4_Z };
inline constexpr std::size_t kFormatCount = 14;

/// Of formats that live in memory alone: what GPTQ and AWQ models become when they are loaded.
inline constexpr std::uint32_t kNoGgufType = UINT32_MAX;

struct NumberFormat {
  FormatId id;
  const char* name;         ///< as users know it: "Q4_K"
  std::uint32_t ggufType;   ///< ggml's type number, or kNoGgufType
  std::uint32_t blockSize;  ///< weights per block
  std::uint32_t blockBytes;
  /// Decodes whole blocks to F32, bit-exact with ggml's reference. `weights.size()` is a multiple of
  /// blockSize and `blocks` holds exactly as many blocks; alignment is not assumed.
  void (*decode)(std::span<const std::byte> blocks, std::span<float> weights);

  /// Encodes whole blocks of a row, in as many bytes as decode reads. `importance` says how much an error counts in each
  /// column: empty, or as long as `weights`, not negative; formats without a choice (F16, Q8_0) do not look at it. Without
  /// it bit-exact with the gguf package for the types that it quantizes; K-quants search as ggml's reference does and end
  /// at no larger an error. Weights that are not finite give blocks that are not.
  void (*encode)(std::span<const float> weights, std::span<const float> importance, std::span<std::byte> blocks);

  bool inGguf() const { return ggufType != kNoGgufType; }
  double bitsPerWeight() const { return 8.0 * blockBytes / blockSize; }
  /// Bytes of `count` weights, a multiple of blockSize.
  std::uint64_t bytesFor(std::uint64_t count) const { return count / blockSize * blockBytes; }
};

std::span<const NumberFormat> numberFormats();  ///< in the order of FormatId
const NumberFormat& numberFormat(FormatId id);
const NumberFormat* findFormatByGgufType(std::uint32_t ggufType);  ///< null when not supported
const NumberFormat* findFormatByName(std::string_view name);       ///< case-insensitive; null when unknown
/// ggml's name of any type number it has ever defined, "type 123" otherwise; for errors.
std::string ggmlTypeName(std::uint32_t ggufType);

}  // namespace cutaway
