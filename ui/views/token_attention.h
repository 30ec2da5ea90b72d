// One token's attention in every layer and head: what views compute from captured patterns.
#pragma once

#include <QStringList>
#include <optional>
#include <span>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

/// Weights from 0 to 1 of the tokens up to the one asked about; each head's sum to 1.
class TokenAttention {
 public:
  /// Nothing unless every value is the pattern of one token, (heads, 1, tokens), with a text for each token.
  static std::optional<TokenAttention> from(const QStringList& pieces, std::span<const Capture> patterns);

  int layers() const { return static_cast<int>(m_weights.size()) / (m_heads * tokens()); }
  int heads() const { return m_heads; }
  int tokens() const { return static_cast<int>(m_pieces.size()); }
  const QString& piece(int token) const { return m_pieces[token]; }

  std::span<const float> weights(int layer, int head) const;
  /// Of one head, or the mean of all heads of all layers when head is -1. Without the sink, the first token
  /// counts for nothing and the others share its part.
  std::vector<float> row(int layer, int head, bool withoutSink) const;

 private:
  QStringList m_pieces;
  int m_heads = 0;
  std::vector<float> m_weights;  ///< (layers, heads, tokens)
};

/// At most `count` tokens with at least the weight `least`, heaviest first; of equal ones the later first.
std::vector<int> heaviest(std::span<const float> weights, int count, float least);

}  // namespace cutaway
