#include "ui/base/write_file.h"

#include <QSaveFile>

#include "ui/base/thread_check.h"

namespace cutaway {

QString writeWhole(const QString& path, const QByteArray& bytes) {
  noteBlockingCall("writeWhole");
  QSaveFile file(path);
  const bool done = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
  return done ? QString() : file.errorString();
}

}  // namespace cutaway
