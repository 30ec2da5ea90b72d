// Numbers as people read them, in the user's locale.
#pragma once

#include <QString>

namespace cutaway {

QString countText(qint64 count);         ///< "8,192"
QString bytesText(quint64 bytes);        ///< "1.5 GiB"
QString secondsText(double seconds);     ///< "142 ms", "1.3 s"
QString rateText(double perSecond);      ///< "61.4 tokens/s"
QString probabilityText(float p);        ///< "0.563", "2.1e-05"
/// White space made visible, for single tokens in tables and labels: " to", "⏎", "⇥".
QString visibleToken(const QString& text);

}  // namespace cutaway
