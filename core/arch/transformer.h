// What the Llama-like families share: reading sizes from metadata, and the parts of a layer that do not
// differ.
#pragma once

#include "core/arch/family.h"
#include "core/graph/builder.h"

namespace cutaway {

/// Reads the sizes and rope under "<general.architecture>.*", and finds out from the tensors whether the
/// output is tied and the attention has biases. Every size is at least 1 and small enough that no product
/// overflows; layers are at most the file's tensors. Shapes are checked later, against the graph.
Result<Config> readTransformerConfig(const ModelFile& file, bool halves);

GraphBuilder::Sizes sizesOf(const Config& config);

/// The attention block's queries, keys or values before anything else is done to them: (T, heads, d).
ValueId project(GraphBuilder& g, const Config& c, std::string_view name, ValueId x, std::string_view weight,
                std::uint32_t heads);
/// From queries and keys after rotation, and values, to resid_mid.
ValueId attend(GraphBuilder& g, const Config& c, ValueId x, ValueId q, ValueId k, ValueId v);
/// The gated feed-forward block (Shazeer 2020), from resid_mid to resid_post.
ValueId feedForward(GraphBuilder& g, const Config& c, ValueId x);
/// The last residual to logits, for the rows that are wanted.
void predict(GraphBuilder& g, const Config& c, ValueId x);

}  // namespace cutaway
