// All logits of a comparison in one file, for checks by other programs.
#pragma once

#include <string>

#include "core/eval/comparison.h"

namespace cutaway::cli {

/// Keeps both rows of every place in memory and writes logits_a and logits_b (places, V) and next (places), the
/// text's next tokens, to a safetensors file.
class LogitDump {
 public:
  /// Must outlive the comparison's steps. Fails where the rows would take more than half of the free memory.
  Result<void> watch(Comparison& comparison);
  Result<void> write(const std::string& path) const;

 private:
  std::vector<float> m_a, m_b;
  std::vector<TokenId> m_next;
};

}  // namespace cutaway::cli
