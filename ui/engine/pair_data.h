// What a second model beside the chat's tells: plain, immutable values.
#pragma once

#include "ui/engine/engine_data.h"

namespace cutaway {

/// A token of the first model's answer under both.
struct TokenDifference {
  double divergence = 0;               ///< KL(first || second) over the vocabulary, nats
  float probability = 0, otherProbability = 0;
  quint32 otherRank = 1;               ///< of the token under the second model, from 1
  float entropy = 0, otherEntropy = 0; ///< nats
  bool sameTop = true;                 ///< both hold the same token most likely
};

/// What came since the last one. Lockstep and opinion: the first model's tokens as the second one sees them, each with
/// its difference; free: tokens that the second one chose.
struct PairBatch {
  quint64 id = 0;  ///< of the first model's answer
  QVector<ChatToken> tokens = {};
  QVector<TokenDifference> differences = {};
  AnswerStats stats = {};  ///< so far
};

/// The second model will tell no more about this answer.
struct PairEnd {
  quint64 id = 0;
  AnswerStats stats = {};  ///< of its own answer, or of its reading
  bool stopped = false;
  QString error;      ///< one sentence, or empty
};

/// What the second model did while one answer was written, as far as it got.
struct PairedAnswer {
  PairMode mode = PairMode::lockstep;
  int first = 0;                         ///< token of the answer that the first of these belongs to
  QVector<ChatToken> tokens;             ///< as PairBatch has them
  QVector<TokenDifference> differences;  ///< lockstep and opinion: one per token
  AnswerStats stats;
  bool ended = false;
  QString error;  ///< one sentence, or empty
};

}  // namespace cutaway
