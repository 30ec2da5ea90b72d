#include "ui/base/background_thread.h"

#include <QCoreApplication>

namespace cutaway {

BackgroundThread::BackgroundThread(const QString& name) : m_home(new QObject) {
  m_thread.setObjectName(name);
  m_home->moveToThread(&m_thread);
  QObject::connect(&m_thread, &QThread::finished, m_home, &QObject::deleteLater);
  m_thread.start();
}

BackgroundThread::~BackgroundThread() {
  post([this] { m_thread.quit(); });
  m_thread.wait();
}

void BackgroundThread::post(std::function<void()> work) {
  QMetaObject::invokeMethod(m_home, std::move(work), Qt::QueuedConnection);
}

void BackgroundThread::deliver(const QPointer<QObject>& receiver, std::function<void()> then) {
  // A hop through the application, which outlives the thread: there the receiver can be tested and used safely.
  QMetaObject::invokeMethod(
      QCoreApplication::instance(),
      [receiver, then = std::move(then)] {
        if (receiver) then();
      },
      Qt::QueuedConnection);
}

}  // namespace cutaway
