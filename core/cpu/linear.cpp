// x W^T + bias. Weights are decoded a few rows at a time to a small buffer and multiplied with all tokens
// from there, so that one loop serves every number format.
#include <algorithm>
#include <vector>

#include "core/cpu/kernels.h"
#include "core/cpu/lanes.h"

namespace cutaway {
namespace {

constexpr std::size_t kRows = 8;     ///< rows of W that share the loads of x
constexpr std::size_t kTokens = 2;   ///< tokens that share the loads of W; 8 x 2 sums stay in registers
constexpr std::size_t kChunk = 768;  ///< columns at a time, whole blocks of every format; 8 rows are 24 KiB

using RowPointers = const float* const[kRows];

/// Adds to y (tokens, ...) what `count` columns of 8 rows give for kCount tokens. The order of additions for
/// one row and token depends on nothing else, so any cutting of a prompt gives the same bits.
template <std::size_t kCount>
CUTAWAY_INLINE void multiplyTile(RowPointers& rows, std::size_t validRows, const float* x,
                                 std::size_t xStride, std::size_t count, float* y, std::size_t yStride) {
  Lanes sums[kRows][kCount] = {};
  std::size_t k = 0;
  for (; k + kLanes <= count; k += kLanes) {
    Lanes xs[kCount];
    for (std::size_t t = 0; t < kCount; ++t) xs[t] = loadLanes(x + t * xStride + k);
    for (std::size_t r = 0; r < kRows; ++r) {
      const Lanes w = loadLanes(rows[r] + k);
      for (std::size_t t = 0; t < kCount; ++t) sums[r][t] += w * xs[t];
    }
  }
  for (std::size_t r = 0; r < validRows; ++r)
    for (std::size_t t = 0; t < kCount; ++t) {
      float sum = sumOf(sums[r][t]);
      for (std::size_t i = k; i < count; ++i) sum += rows[r][i] * x[t * xStride + i];
      y[t * yStride + r] += sum;
    }
}

CUTAWAY_MULTIVERSION void multiplyRows(RowPointers& rows, std::size_t validRows, const float* x,
                                       std::size_t xStride, std::size_t tokens, std::size_t count, float* y,
                                       std::size_t yStride) {
  std::size_t t = 0;
  for (; t + kTokens <= tokens; t += kTokens)
    multiplyTile<kTokens>(rows, validRows, x + t * xStride, xStride, count, y + t * yStride, yStride);
  for (; t < tokens; ++t)
    multiplyTile<1>(rows, validRows, x + t * xStride, xStride, count, y + t * yStride, yStride);
}

/// Eight rows of W over one chunk of columns, decoded unless they can be read in place.
class DecodedRows {
 public:
  DecodedRows(const CpuTensor& matrix, std::size_t firstRow, std::size_t validRows, std::size_t column,
              std::size_t count) {
    const float* floats = matrix.floats();
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::size_t row = std::min(r, validRows - 1);  // the last tile repeats its last row
      pointers[r] =
          floats != nullptr ? floats + (firstRow + row) * matrix.info.columns() + column : m_buffer[row];
      if (floats == nullptr && r < validRows)
        matrix.format().decode(matrix.weights(firstRow + r, column, count), {m_buffer[r], count});
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
  std::vector<float> bias(outputs);
  if (run.weights[1] != nullptr)
    run.weights[1]->format().decode(run.weights[1]->weights(0, 0, outputs), bias);
  const std::size_t tiles = (outputs + kRows - 1) / kRows;
  run.pool.parallelFor(tiles, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t first = tile * kRows, valid = std::min(kRows, outputs - first);
      for (std::size_t t = 0; t < run.rows; ++t)
        std::copy_n(bias.data() + first, valid, run.output + t * outputs + first);
      for (std::size_t k = 0; k < columns; k += kChunk) {
        const std::size_t count = std::min(kChunk, columns - k);
        const DecodedRows rows(matrix, first, valid, k, count);
        multiplyRows(rows.pointers, valid, run.inputs[0] + k, columns, run.rows, count, run.output + first,
                     outputs);
      }
    }
  });
}

}  // namespace cutaway
