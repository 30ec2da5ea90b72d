// What the linear parts of one layer read, over a text: second moments for GPTQ, magnitudes and samples for AWQ.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/graph/graph.h"
#include "core/quant/awq.h"

namespace cutaway {

/// One value of a layer and the matrices that read it: "attn.norm" with attn_q, attn_k and attn_v.
struct SharedInput {
  std::string value;                  ///< without "blk.i."
  std::uint32_t columns = 0;
  std::vector<std::string> matrices;  ///< full names of weights: "blk.3.attn_q.weight"
};
std::vector<SharedInput> sharedInputs(const Graph& graph, std::uint32_t layer);

/// Sums over tokens, chunk by chunk, in the order of the chunks: the same bits for any number of threads.
class InputStatistics {
 public:
  enum class Keep : std::uint8_t { hessian, samples };
  /// `tokens`: that will be added in all; of them about kSamples are kept as samples, evenly spread.
  InputStatistics(std::uint32_t columns, std::uint64_t tokens, Keep keep);

  void add(std::span<const float> rows, ThreadPool& pool);  ///< (tokens, columns)
  const std::vector<float>& hessian() const { return m_hessian; }  ///< (columns, columns): X^T X
  AwqInputs takeAwqInputs() &&;
  std::uint64_t tokens() const { return m_tokens; }

  static constexpr std::uint64_t kSamples = 512;

 private:
  std::uint32_t m_columns;
  std::uint64_t m_every, m_tokens = 0;
  Keep m_keep;
  std::vector<float> m_hessian, m_samples;
  std::vector<double> m_magnitude;
};

}  // namespace cutaway
