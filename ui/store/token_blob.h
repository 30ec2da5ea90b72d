// An answer's tokens as a compact blob: ids, texts, probabilities, entropies, alternatives.
#pragma once

#include <QByteArray>
#include <QVector>

#include "ui/chat/chat_data.h"

namespace cutaway {

/// Version byte, then a zlib-compressed QDataStream; numbers are F32.
QByteArray packTokens(const QVector<ChatToken>& tokens);
/// Empty when the blob is damaged or of an unknown version: the text of the message does not depend on it.
QVector<ChatToken> unpackTokens(const QByteArray& blob);

}  // namespace cutaway
