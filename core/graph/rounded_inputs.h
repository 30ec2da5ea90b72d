// INT8 activations, simulated: a forward pass in which the inputs of matrices are rounded to 8 bits and decoded again, by nodes
// of its own, so that every backend, tap and edit sees them. Dettmers et al. 2022, "LLM.int8()"; Xiao et al. 2022, "SmoothQuant".
#pragma once

#include <map>
#include <string>

#include "core/graph/graph.h"

namespace cutaway {

enum class ActivationScale : std::uint8_t {
  none,     ///< as they are
  dynamic,  ///< one scale per token, its largest input over 127
  fixed     ///< one scale per value, from a calibration text; inputs beyond it are cut off
};

/// Largest |x| by value name.
using ActivationRanges = std::map<std::string, float>;

struct ActivationRounding {
  ActivationScale scale = ActivationScale::none;
  bool everything = false;      ///< also what the output matrix reads, which papers leave as it is
  ActivationRanges ranges = {}; ///< for ActivationScale::fixed
};

/// What a rounded value's name adds to that of the value: "blk.3.attn.norm.int8".
inline constexpr const char* kRoundedSuffix = ".int8";

/// The same pass with a round_int8 node between each value that matrices read and those matrices. Fails where a range of a value
/// is missing, naming it.
Result<Graph> roundInputs(const Graph& graph, const ActivationRounding& rounding);

/// The value that was rounded to make this one; the value itself where none was.
ValueId beforeRounding(const Graph& graph, ValueId value);

}  // namespace cutaway
