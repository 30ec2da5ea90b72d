// An answer's tokens as a compact blob: ids, texts, probabilities, entropies, alternatives; and what a second model made of them.
#pragma once

#include <QByteArray>
#include <QVector>

#include "ui/store/store_data.h"

namespace cutaway {

/// Version byte, then a zlib-compressed QDataStream; numbers are F32.
QByteArray packTokens(const QVector<ChatToken>& tokens);
/// Empty when the blob is damaged or of an unknown version: the text of the message does not depend on it.
QVector<ChatToken> unpackTokens(const QByteArray& blob);

/// The same for differences between two models.
QByteArray packDifferences(const QVector<TokenDifference>& differences);
QVector<TokenDifference> unpackDifferences(const QByteArray& blob);

}  // namespace cutaway
