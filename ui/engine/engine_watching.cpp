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

void EngineWorker::watchLens(bool watched) {
  noteBlockingCall("EngineWorker::watchLens");
  m_lensWatched = watched;
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
  if (!m_lens) {
    m_lens = std::make_shared<LiveLens>(m_loaded->model->description->graph());
    session.watch(m_lens);
  }
  m_lens->setOn(m_lensWatched);
  m_rows->setLayer(m_rowLayer >= 0 ? std::optional(static_cast<std::uint32_t>(m_rowLayer)) : std::nullopt);
}

/// The session may be exchanged for another one.
void EngineWorker::unwatchSession() {
  if (m_loaded && m_rows) m_loaded->session->unwatch(m_rows.get());
  if (m_loaded && m_lens) m_loaded->session->unwatch(m_lens.get());
  m_rows.reset();
  m_lens.reset();
}

/// A lens that fails looks no more: the answer goes on.
void EngineWorker::lookThroughLens() {
  if (!m_lens) return;
  auto column = m_lens->look(*m_loaded->session);
  if (!column) return m_lens->setOn(false);
  if (!*column) return;
  auto told = std::make_shared<LiveColumn>();
  told->column = std::move(**column);
  told->text = textOf();
  Q_EMIT lensCame(std::move(told));
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
