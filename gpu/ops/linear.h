// Launches of the linear kernels, for the op alone and for what is fused with it.
#pragma once

#include "gpu/program_builder.h"

namespace cutaway::gpu {

/// Bias vectors of linears that follow each other end nowhere but at the last row.
inline constexpr std::array<std::uint32_t, 2> kOneBias = {UINT32_MAX, UINT32_MAX};

/// y = x W^T and what may come with it. Operands are made by the caller, so that they can be parts of other
/// values.
struct LinearCall {
  MatrixView matrix;
  Operand x, out;
  std::uint32_t outStride = 0;  ///< floats from row to row of the output; 0: as wide as the matrix has rows
  std::optional<Slice> bias;
  std::array<std::uint32_t, 2> biasEnds = kOneBias;  ///< see LinearParams
  std::optional<Operand> residual;
  std::optional<Slice> normWeight;  ///< RowClass::one: x is normalised first
  float epsilon = 0;
  bool picked = false;  ///< RowClass::one of the tail: x holds all tokens' rows, the wanted one is taken
  /// RowClass::one: where what the launch holds and does not store otherwise goes, when its word asks for it.
  std::optional<Operand> taps;
  std::uint32_t tapWord = 0, innerAt = 0;
  bool swiglu = false;  ///< the matrix is gate rows, then as many up rows; silu(gate) * up comes out
  /// RowClass::one: rows of q, k and v, of which rotated q comes out, rotated k and v go to this layer's
  /// cache.
  const RopeAttributes* rope = nullptr;
  std::uint32_t layer = 0;
};

/// Whether a launch of one row can rotate and store what these rows of q, k and v make.
bool canStoreInCache(const ProgramBuilder& builder, const MatrixView& matrix, const RopeAttributes& rope);

inline constexpr std::uint32_t kTokenTile = 8;  ///< TILE of linear_many.comp

inline constexpr std::uint32_t kMatrixTile = 64;  ///< TILE of linear_matrix.comp
std::vector<std::uint32_t> matrixConstants(const MatrixVariant& variant, bool uneven);

/// A launch per section of the matrix.
Result<void> emitLinearCall(ProgramBuilder& builder, const LinearCall& call);

}  // namespace cutaway::gpu
