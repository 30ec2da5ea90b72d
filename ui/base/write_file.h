// Writes a small file whole or not at all.
#pragma once

#include <QByteArray>
#include <QString>

namespace cutaway {

/// Nothing when it was written, else why not. For a background thread.
QString writeWhole(const QString& path, const QByteArray& bytes);

}  // namespace cutaway
