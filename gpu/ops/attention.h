// The launch that reads the cache, for the op alone and for what is fused with it.
#pragma once

#include "gpu/program_builder.h"

namespace cutaway::gpu {

/// Reads queries at `q` (a row every qStride floats) and writes z. Keys and values are in the cache already.
Result<void> emitAttentionRead(ProgramBuilder& builder, const Node& node, const Operand& q,
                               std::uint32_t qStride);

/// Tokens of one attention tile in RowClass::many, and the floats of one part of a split attention in
/// RowClass::one.
std::uint32_t attentionTileTokens(const Graph& graph, LaneClass lanes);
std::uint64_t attentionPartFloats(const Graph& graph, FormatId cacheFormat);

}  // namespace cutaway::gpu
