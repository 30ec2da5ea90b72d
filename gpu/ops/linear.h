// Launches of the linear kernels, for the op alone and for what is fused with it.
#pragma once

#include "gpu/program_builder.h"

namespace cutaway::gpu {

/// y = x W^T and what may come with it. Operands are made by the caller, so that they can be parts of other
/// values.
struct LinearCall {
  MatrixView matrix;
  Operand x, out;
  std::uint32_t outStride = 0;  ///< floats from row to row of the output; 0: as wide as the matrix has rows
  std::optional<Slice> bias;
  std::optional<Operand> residual;
  std::optional<Slice> normWeight;  ///< RowClass::one: x is normalised first
  float epsilon = 0;
  bool picked = false;  ///< RowClass::one of the tail: x holds all tokens' rows, the wanted one is taken
  /// RowClass::one: where what the launch holds and does not store otherwise goes, when its word asks for it.
  std::optional<Operand> taps;
  std::uint32_t tapWord = 0, innerAt = 0;
  bool swiglu = false;  ///< the matrix is gate rows, then as many up rows; silu(gate) * up comes out
};

inline constexpr std::uint32_t kTokenTile = 8;  ///< TILE of linear_many.comp

/// A launch per section of the matrix.
Result<void> emitLinearCall(ProgramBuilder& builder, const LinearCall& call);

}  // namespace cutaway::gpu
