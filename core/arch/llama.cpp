// Llama 1 to 3, Mistral, SmolLM, TinyLlama: norm, grouped-query attention with rotary embedding, gated
// feed-forward. Touvron et al. 2023, "LLaMA"; Jiang et al. 2023, "Mistral 7B". GGUF stores q and k rows so
// that pairs interleave.
#include "core/arch/families.h"
#include "core/arch/transformer.h"

namespace cutaway {

Result<Config> configureLlama(const ModelFile& file) { return readTransformerConfig(file, false); }

Graph buildLlama(const Config& c) {
  GraphBuilder g(sizesOf(c));
  ValueId x = g.embed("embed", "token_embd");
  for (std::uint32_t i = 0; i < c.layers; ++i) {
    g.layer(i);
    const ValueId h = g.rmsNorm("attn.norm", x, "attn_norm", c.normEpsilon);
    const ValueId q = g.rope("attn.q", project(g, c, "attn.q_proj", h, "attn_q", c.queryHeads), c.rope);
    const ValueId k = g.rope("attn.k", project(g, c, "attn.k_proj", h, "attn_k", c.keyValueHeads), c.rope);
    const ValueId v = project(g, c, "attn.v", h, "attn_v", c.keyValueHeads);
    x = attend(g, c, x, q, k, v);
    x = feedForward(g, c, x);
  }
  predict(g, c, x);
  return std::move(g).finish();
}

}  // namespace cutaway
