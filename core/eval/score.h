// What a model thinks of a text: the most likely next tokens at every position, and how likely the real one
// was.
#pragma once

#include <optional>

#include "core/eval/row_reader.h"
#include "core/run/generation.h"

namespace cutaway {

struct PositionScore {
  std::vector<Alternative> top;       ///< most likely next tokens, highest first
  std::optional<double> nextLogprob;  ///< natural logarithm; none at the last position
  float entropy = 0;                  ///< nats
};

/// A job of short steps.
class Scoring {
 public:
  /// `top`: candidates kept per position; more than kTopLogits costs a copy of all logits.
  Scoring(Session& session, std::vector<TokenId> tokens, std::uint32_t top);

  /// Reads one chunk; false when all is read. An empty text is an error.
  Result<bool> step();
  std::size_t read() const { return m_reader.read(); }
  const std::vector<PositionScore>& positions() const { return m_positions; }  ///< one per token read
  /// exp of the mean negative log-probability over all positions with a next token; NaN when there is none.
  double perplexity() const;

 private:
  PositionScore score(std::size_t token, const LogitRow& row) const;

  RowReader m_reader;
  std::uint32_t m_top;
  std::vector<PositionScore> m_positions;
};

}  // namespace cutaway
