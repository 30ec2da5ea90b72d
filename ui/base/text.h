// Numbers as people read them, in the user's locale.
#pragma once

#include <QString>

namespace cutaway {

QString countText(qint64 count);         ///< "8,192"
QString bytesText(quint64 bytes);        ///< "1.5 GiB"
QString secondsText(double seconds);     ///< "142 ms", "1.3 s"
/// One or many: `plural(n, tr("1 token"), tr("%1 tokens"))`.
QString plural(qint64 count, const QString& one, const QString& many);
QString rateText(double perSecond);      ///< "61.4 tokens/s"
QString natsText(double nats);           ///< "0.0123"; the unit stands beside it

}  // namespace cutaway
