// Qwen 3, dense: Llama with a norm over each head's query and key before they are rotated, and rotary pairs
// (j, j + n/2). Yang et al. 2025, "Qwen3 Technical Report".
#include "core/arch/families.h"
#include "core/arch/transformer.h"

namespace cutaway {

Result<Config> configureQwen3(const ModelFile& file) { return readTransformerConfig(file, true); }

Graph buildQwen3(const Config& c) {
  GraphBuilder g(sizesOf(c));
  ValueId x = g.embed("embed", "token_embd");
  for (std::uint32_t i = 0; i < c.layers; ++i) {
    g.layer(i);
    const ValueId h = g.rmsNorm("attn.norm", x, "attn_norm", c.normEpsilon);
    ValueId q = project(g, c, "attn.q_proj", h, "attn_q", c.queryHeads);
    q = g.rope("attn.q", g.rmsNorm("attn.q_norm", q, "attn_q_norm", c.normEpsilon), c.rope);
    ValueId k = project(g, c, "attn.k_proj", h, "attn_k", c.keyValueHeads);
    k = g.rope("attn.k", g.rmsNorm("attn.k_norm", k, "attn_k_norm", c.normEpsilon), c.rope);
    const ValueId v = project(g, c, "attn.v", h, "attn_v", c.keyValueHeads);
    x = attend(g, c, x, q, k, v);
    x = feedForward(g, c, x);
  }
  predict(g, c, x);
  return std::move(g).finish();
}

}  // namespace cutaway
