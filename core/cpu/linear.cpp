// x W^T + bias. Weights are decoded a few rows at a time to a small buffer and multiplied with all tokens
// from there, so that one loop serves every number format.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/lanes.h"
#include "core/cpu/kernels.h"

namespace cutaway {
namespace {

constexpr std::size_t kRows = 8;     ///< rows of W decoded together
constexpr std::size_t kChunk = 768;  ///< columns at a time, whole blocks of every format; 8 rows are 24 KiB
constexpr std::size_t kTokensWorthACopy = 8;     ///< of F32 weights
constexpr std::size_t kPrefetchDistance = 8192;  ///< bytes of W; half or twice as far is as good

/// What suits a processor: its own vectors, because gcc keeps wider ones in memory, and how many rows and
/// tokens have their sums in registers and share the loads of W and x.
template <class Vector, std::size_t kManyRows, std::size_t kManyTokens>
struct Shape {
  using Floats = Vector;
  static constexpr std::size_t width = sizeof(Vector) / sizeof(float);
  static constexpr std::size_t rows = kManyRows, tokens = kManyTokens;
};
template <Processor>
struct ShapeOn : Shape<FourFloats, 4, 2> {};
template <>
struct ShapeOn<Processor::x86_64v3> : Shape<EightFloats, 4, 2> {};
template <>
struct ShapeOn<Processor::x86_64v4> : Shape<Lanes, 8, 3> {};

/// A part of x W^T: some columns of kRows rows, with all tokens.
struct Part {
  const float* const* weights;  ///< (kRows) rows, the last repeated where there are fewer
  const float* x;               ///< (tokens, xStride)
  float* y;                     ///< (tokens, yStride)
  std::size_t rows, tokens, columns, xStride, yStride;
};

/// Adds the products of kTileRows rows and kTokens tokens to y. The order of additions for one row and token
/// depends on nothing else, so any cutting of a prompt gives the same bits.
template <class Shape, std::size_t kTileRows, std::size_t kTokens>
CUTAWAY_INLINE void multiplyTile(const Part& part, std::size_t row, std::size_t token) {
  using Floats = typename Shape::Floats;
  Floats sums[kTileRows][kTokens] = {}, xs[kTokens], w;
  const float* x = part.x + token * part.xStride;
  std::size_t k = 0;
  for (; k + Shape::width <= part.columns; k += Shape::width) {
    for (std::size_t t = 0; t < kTokens; ++t) std::memcpy(&xs[t], x + t * part.xStride + k, sizeof(Floats));
    for (std::size_t r = 0; r < kTileRows; ++r) {
      std::memcpy(&w, part.weights[row + r] + k, sizeof(Floats));
      for (std::size_t t = 0; t < kTokens; ++t) sums[r][t] += w * xs[t];
    }
  }
  for (std::size_t r = 0; r < kTileRows && row + r < part.rows; ++r)
    for (std::size_t t = 0; t < kTokens; ++t) {
      float sum = sumOf(sums[r][t]);
      for (std::size_t i = k; i < part.columns; ++i)
        sum += part.weights[row + r][i] * x[t * part.xStride + i];
      part.y[(token + t) * part.yStride + row + r] += sum;
    }
}

template <class Shape, std::size_t kTileRows, std::size_t kTokens>
CUTAWAY_INLINE void multiplyRows(const Part& part, std::size_t token) {
  for (std::size_t row = 0; row < part.rows; row += kTileRows)
    multiplyTile<Shape, kTileRows, kTokens>(part, row, token);
}

void multiply(const Part& part) {
  onProcessor([&]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    using Shape = ShapeOn<On::processor>;
    std::size_t token = 0;
    for (; token + Shape::tokens <= part.tokens; token += Shape::tokens)
      multiplyRows<Shape, Shape::rows, Shape::tokens>(part, token);
    for (; token < part.tokens; ++token) multiplyRows<Shape, kRows, 1>(part, token);
  });
}

/// Asks for the bytes that lie `distance` behind these: products with one token wait for memory, and while a
/// tile is multiplied nothing would be on its way.
void prefetchBehind(std::span<const std::byte> bytes, std::size_t distance) {
  constexpr std::size_t kCacheLine = 64;
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.data()) + distance;
  for (std::size_t i = 0; i < bytes.size(); i += kCacheLine)
    __builtin_prefetch(reinterpret_cast<const void*>(address + i));
}

/// Eight rows of W over one chunk of columns, decoded unless they can be read in place. For many tokens F32
/// is copied as well: to where it is aligned, and where the rows do not lie a power of two apart.
class DecodedRows {
 public:
  DecodedRows(const CpuTensor& matrix, std::size_t firstRow, std::size_t validRows, std::size_t column,
              std::size_t count, bool inPlace) {
    const float* floats = inPlace ? matrix.floats() : nullptr;
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::size_t row = std::min(r, validRows - 1);  // the last tile repeats its last row
      pointers[r] =
          floats != nullptr ? floats + (firstRow + row) * matrix.info.columns() + column : m_buffer[row];
      if (floats == nullptr && r < validRows) {
        const std::span<const std::byte> bytes = matrix.weights(firstRow + r, column, count);
        prefetchBehind(bytes, kPrefetchDistance);
        matrix.format().decode(bytes, {m_buffer[r], count});
      }
    }
  }
  DecodedRows(const DecodedRows&) = delete;
  DecodedRows& operator=(const DecodedRows&) = delete;

  const float* pointers[kRows];

 private:
  alignas(64) float m_buffer[kRows][kChunk];
};

}  // namespace

void runLinear(const NodeRun& run) {
  const CpuTensor& matrix = *run.weights[0];
  const std::size_t columns = matrix.info.columns(), outputs = matrix.info.rows();
  std::vector<float> bias(run.weights[1] == nullptr ? 0 : outputs);
  if (!bias.empty()) run.weights[1]->format().decode(run.weights[1]->weights(0, 0, outputs), bias);
  const std::size_t tiles = (outputs + kRows - 1) / kRows;
  run.pool.parallelFor(tiles, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t first = tile * kRows, valid = std::min(kRows, outputs - first);
      for (std::size_t t = 0; t < run.rows; ++t) {
        float* y = run.output + t * outputs + first;
        bias.empty() ? std::fill_n(y, valid, 0.0f) : std::copy_n(bias.data() + first, valid, y);
      }
      for (std::size_t k = 0; k < columns; k += kChunk) {
        const std::size_t count = std::min(kChunk, columns - k);
        const DecodedRows rows(matrix, first, valid, k, count, run.rows < kTokensWorthACopy);
        multiply({.weights = rows.pointers,
                  .x = run.inputs[0] + k,
                  .y = run.output + first,
                  .rows = valid,
                  .tokens = run.rows,
                  .columns = count,
                  .xStride = columns,
                  .yStride = outputs});
      }
    }
  });
}

}  // namespace cutaway
