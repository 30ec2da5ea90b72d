// Which words of a conversation a token looked at: weights by position in the prompt, brought to the messages' texts.
#pragma once

#include <QHash>
#include <span>

#include "ui/views/view.h"

namespace cutaway {

/// `row`: one weight per recorded token, the answer's first behind `promptTokens` others; `pieces` their texts. The
/// first token counts for nothing, and the largest of the others for 1. A message whose text the prompt does not hold
/// as it is (a template may change it) is left out.
QHash<qint64, TokenWeights> weightsByMessage(const ViewData& data, qint64 answer, const QStringList& pieces,
                                             int promptTokens, std::span<const float> row);

}  // namespace cutaway
