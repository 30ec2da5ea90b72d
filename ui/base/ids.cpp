#include "ui/base/ids.h"

#include <QDateTime>
#include <QRandomGenerator>

namespace cutaway {
namespace {

constexpr qint64 kEpoch = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
constexpr int kRandomBits = 22;

}  // namespace

qint64 newId() {
  static qint64 last = 0;
  const qint64 random = QRandomGenerator::global()->bounded(1 << kRandomBits);
  const qint64 id = ((QDateTime::currentMSecsSinceEpoch() - kEpoch) << kRandomBits) | random;
  last = qMax(id, last + 1);
  return last;
}

}  // namespace cutaway
