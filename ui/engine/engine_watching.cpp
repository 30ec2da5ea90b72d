// EngineWorker's onlooking half: what is kept and told of the steps of answers while views look inside.
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"

namespace cutaway {
namespace {

constexpr std::size_t kRows = 64;  ///< that wait for the window
constexpr std::uint64_t kMostStateBytes = std::uint64_t{2} << 30;

}  // namespace

void EngineWorker::keepStates(bool kept) {
  noteBlockingCall("EngineWorker::keepStates");
  m_statesKept = kept;
  watchSession();
}

void EngineWorker::watchRows(int layer) {
  noteBlockingCall("EngineWorker::watchRows");
  m_rowLayer = layer;
  watchSession();
}

/// Sees to it that the session, which may be a new one, is looked at as was wished.
void EngineWorker::watchSession() {
  if (!m_loaded) return;
  Session& session = *m_loaded->session;
  if (m_statesKept && !session.archive())
    session.setArchive(std::min(kMostStateBytes, m_loaded->model->backend->ledger().available() / 4));
  if (session.archive()) session.archive()->setOn(m_statesKept);
  if (!m_rows) {
    m_rows = std::make_shared<LiveRows>(m_loaded->model->description->graph(), kRows);
    session.watch(m_rows);
  }
  m_rows->setLayer(m_rowLayer >= 0 ? std::optional(static_cast<std::uint32_t>(m_rowLayer)) : std::nullopt);
}

/// The session may be exchanged for another one.
void EngineWorker::unwatchSession() {
  if (m_loaded && m_rows) m_loaded->session->unwatch(m_rows.get());
  m_rows.reset();
}

/// One batch at a time: what comes while the window is busy waits in the ring, or is lost there.
void EngineWorker::tellRows() {
  if (!m_rows || m_rows->isEmpty() || m_rowsUnderWay) return;
  m_rowsUnderWay = true;
  Q_EMIT rowsCame(std::make_shared<const LiveBatch>(m_rows->take()));
}

void EngineWorker::rowsTaken() {
  m_rowsUnderWay = false;
  tellRows();
}

}  // namespace cutaway
