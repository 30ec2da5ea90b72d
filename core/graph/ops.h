// The op table: everything a forward pass is made of. Both backends must implement every line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cutaway {

enum class Op : std::uint8_t {
  embed,
  rmsNorm,
  linear,
  rope,
  attention,
  add,
  swiglu,
  pickRows,
  roundInt8,
  input,         // these three are of slices (slice.h) alone
  attendCached,
  lookCached
};

struct OpInfo {
  Op op;
  const char* name;
  std::uint8_t inputs;           ///< values read
  std::uint8_t weights;          ///< tensors read, optional ones included
  std::uint8_t optionalWeights;  ///< how many of them, at the end, may be absent
  const char* meaning;
};

inline constexpr std::array kOps = {
    OpInfo{Op::embed, "embed", 0, 1, 0, "row of the table (V,D) for each of the step's tokens"},
    OpInfo{Op::rmsNorm, "rms_norm", 1, 1, 0, "x / sqrt(mean(x^2) + epsilon) * weight, over the last dimension"},
    OpInfo{Op::linear, "linear", 1, 2, 1, "x W^T + bias, W (rows out, columns in)"},
    OpInfo{Op::rope, "rope", 1, 0, 0, "rotates pairs of each head by position times frequency"},
    OpInfo{Op::attention, "attention", 3, 0, 0,
           "stores k and v at the tokens' cells, then softmax(scale q k^T) v over the cells at positions up to the "
           "token's own; query head h reads key-value head h / (H/G)"},
    OpInfo{Op::add, "add", 2, 0, 0, "x + y"},
    OpInfo{Op::swiglu, "swiglu", 2, 0, 0, "silu(gate) * up"},
    OpInfo{Op::pickRows, "pick_rows", 1, 0, 0, "the rows of the tokens whose logits are wanted"},
    OpInfo{Op::roundInt8, "round_int8", 1, 0, 0,
           "x to 8 bits and back, row by row: s * round(x / s) within 127 levels, s = the largest |x| of the row, or of a "
           "calibration, / 127"},
    OpInfo{Op::input, "input", 0, 0, 0, "rows that the step gives"},
    OpInfo{Op::attendCached, "attend_cached", 1, 0, 0,
           "softmax(scale q k^T) v over what the cache holds at positions up to the token's own; stores nothing"},
    OpInfo{Op::lookCached, "look_cached", 1, 0, 0,
           "the query, unchanged; its scores and pattern over what the cache holds come with it"},
};
inline constexpr std::size_t kOpCount = kOps.size();

constexpr const OpInfo& opInfo(Op op) { return kOps[static_cast<std::size_t>(op)]; }

}  // namespace cutaway
