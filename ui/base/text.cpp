#include "ui/base/text.h"

#include <QCoreApplication>
#include <QLocale>

namespace cutaway {

QString countText(qint64 count) { return QLocale().toString(count); }

QString bytesText(quint64 bytes) {
  constexpr double kStep = 1024;
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= kStep && unit < 4) {
    value /= kStep;
    ++unit;
  }
  const int decimals = unit > 0 && value < 100 ? (value < 10 ? 2 : 1) : 0;
  return QStringLiteral("%1 %2").arg(QLocale().toString(value, 'f', decimals), QLatin1String(units[unit]));
}

QString secondsText(double seconds) {
  if (seconds < 1) return QCoreApplication::translate("Text", "%1 ms").arg(qRound(seconds * 1000));
  return QCoreApplication::translate("Text", "%1 s").arg(QLocale().toString(seconds, 'f', seconds < 10 ? 1 : 0));
}

QString plural(qint64 count, const QString& one, const QString& many) {
  return count == 1 ? one : many.arg(countText(count));
}

QString rateText(double perSecond) {
  return QCoreApplication::translate("Text", "%1 tokens/s").arg(QLocale().toString(perSecond, 'f', 1));
}

QString natsText(double nats) { return QLocale().toString(nats, 'g', 3); }

}  // namespace cutaway
