// EngineWorker's intervening half: edits that act in the chat's session.
#include "core/graph/edit_text.h"
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"

namespace cutaway {
namespace {

Result<std::shared_ptr<const Edits>> parsed(const Session& session, const QStringList& texts) {
  auto edits = std::make_shared<Edits>();
  for (const QString& text : texts)
    for (Edit& edit : TRY(parseEdit(session.model().description->graph(), text.toStdString(), {0, session.context()})))
      edits->push_back(std::move(edit));
  return edits;
}

}  // namespace

void EngineWorker::setEdits(const QStringList& texts) {
  noteBlockingCall("EngineWorker::setEdits");
  const auto set = [&]() -> Result<void> {
    if (!m_loaded) return fail(ErrorKind::usage, "No model is loaded.");
    if (m_generation) return fail(ErrorKind::usage, "An answer is being written; edits can change when it is done.");
    return m_loaded->session->setEdits(TRY(parsed(*m_loaded->session, texts)));
  };
  const Result<void> done = set();
  if (done) m_edits = texts;
  Q_EMIT editsActing(m_edits, done ? QString() : QString::fromStdString(done.error().message));
}

/// A session that was made anew has none.
void EngineWorker::forgetEdits() {
  if (m_edits.isEmpty() || (m_loaded && !m_loaded->session->edits().empty())) return;
  m_edits.clear();
  Q_EMIT editsActing(m_edits, {});
}

}  // namespace cutaway
