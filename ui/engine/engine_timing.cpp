// EngineWorker's measuring half: steps of the answer that is being written, while a view watches.
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"

namespace cutaway {

void EngineWorker::watchSteps(bool watched) {
  noteBlockingCall("EngineWorker::watchSteps");
  m_stepsWatched = watched;
  wantBandwidth();
}

/// Measures the step that has just run, when its turn has come: what it brought is shown first.
Result<void> EngineWorker::measureStep(quint32 read, Generation::State state) {
  const quint32 tokens = qMax(read, 1u);
  if (!m_stepsWatched || !m_meter.wants(tokens, state == Generation::State::writing)) return {};
  flush(true);
  const auto start = Clock::now();
  TRY(m_meter.measure(*m_loaded->session, tokens));
  m_generation->leaveOut(Clock::now() - start);
  tellTimes();
  return {};
}

/// Once per device, behind everything else that is to do.
void EngineWorker::wantBandwidth() {
  if (!m_stepsWatched || !m_loaded || m_bandwidths.contains(m_loaded->choice.device)) return;
  m_thread.start(makeJob([this] {
                   if (!m_loaded || m_bandwidths.contains(m_loaded->choice.device)) return Job::State::done;
                   const Result<double> rate = m_loaded->model->backend->readBandwidth();
                   m_bandwidths[m_loaded->choice.device] = rate ? *rate : 0;
                   tellTimes();
                   return Job::State::done;
                 }),
                 JobPriority::view);
}

void EngineWorker::tellTimes() {
  const BenchOps& known = m_meter.times();
  auto times = std::make_shared<StepTimes>();
  times->device = QString::fromStdString(m_loaded->model->backend->device().name);
  times->promptTokens = known.promptTokens;
  times->prompt = known.prompt;
  times->steps = m_meter.measured();
  times->generate = known.generate;
  times->length = m_meter.length();
  const auto rate = m_bandwidths.find(m_loaded->choice.device);
  times->readBandwidth = rate == m_bandwidths.end() ? 0 : rate->second;
  times->problem = QString::fromStdString(m_meter.problem());
  Q_EMIT stepsTimed(std::move(times));
}

}  // namespace cutaway
