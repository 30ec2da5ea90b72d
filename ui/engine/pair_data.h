// What a second model beside the chat's tells: plain, immutable values.
#pragma once

#include "ui/engine/engine_data.h"

namespace cutaway {

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

}  // namespace cutaway
