// Asking for inner values of recorded tokens, and the answer: plain, immutable values.
#pragma once

#include <QStringList>

#include "ui/engine/engine_data.h"

namespace cutaway {

/// Values of one token of a conversation.
struct CaptureRequest {
  RequestId id = 0;
  QVector<PromptMessage> messages;  ///< up to the question
  /// Ids of the answer's tokens, up to the one asked about. Empty: the prompt's last token is asked about.
  QVector<qint32> answer;
  QStringList values;  ///< names as in `cutaway-cli graph`: "blk.3.attn.pattern"
};

struct CapturedValues {
  RequestId id = 0;
  QStringList pieces;           ///< texts of all tokens that were read; the last one is the one asked about
  QStringList names;            ///< as asked
  std::vector<Capture> values;  ///< one per name, of a step with T = 1: a pattern is (heads, 1, tokens)
  QString error;                ///< one sentence, and no values; or empty
};

}  // namespace cutaway
