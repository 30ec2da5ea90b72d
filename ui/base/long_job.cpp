#include "ui/base/long_job.h"

#include <QThread>

namespace cutaway {
namespace {

constexpr unsigned long kLookEvery = 50;  ///< ms, while paused

}  // namespace

bool LongJob::Run::goesOn() const {
  while (m_state->paused && !m_state->stopped) QThread::msleep(kLookEvery);
  return !m_state->stopped;
}

void LongJob::Run::tell(std::function<void()> what) const {
  QMetaObject::invokeMethod(
      QCoreApplication::instance(),
      [receiver = m_receiver, job = m_job, state = m_state, what = std::move(what)] {
        if (receiver && job->m_state == state && !state->stopped) what();
      },
      Qt::QueuedConnection);
}

void LongJob::pause(bool paused) {
  if (m_state) m_state->paused = paused;
}

void LongJob::stop() {
  if (m_state) m_state->stopped = true;
}

}  // namespace cutaway
