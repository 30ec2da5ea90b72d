// Qwen 2 and 2.5: Llama's graph with biases on queries, keys and values, and rotary pairs (j, j + n/2).
// Yang et al. 2024, "Qwen2 Technical Report".
#include "core/arch/families.h"
#include "core/arch/transformer.h"

namespace cutaway {

Result<Config> configureQwen2(const ModelFile& file) {
  Config config = TRY(readTransformerConfig(file, true));
  config.attentionBias = true;
  return config;
}

}  // namespace cutaway
