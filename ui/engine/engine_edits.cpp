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
  if (m_generation) {
    m_nextEdits = texts;
    return;
  }
  const auto set = [&]() -> Result<void> {
    if (!m_loaded) return fail(ErrorKind::usage, "No model is loaded.");
    return m_loaded->session->setEdits(TRY(parsed(*m_loaded->session, texts)));
  };
  const Result<void> done = set();
  if (done) {
    m_edits = texts;
    m_editedModel = m_loaded->choice.path;
  }
  Q_EMIT editsActing(m_edits, done ? QString() : QString::fromStdString(done.error().message));
}

/// The second model's session gets the edits of the chat's, so that the two can be compared under them.
Result<void> EngineWorker::editCompanion() {
  Session& second = m_companion->session();
  auto edits = parsed(second, m_edits);
  if (edits) return second.setEdits(std::move(*edits));
  return fail(ErrorKind::usage, "The chat's edits do not fit the second model: ", edits.error().message);
}

/// An answer is written with the edits that acted when it began.
void EngineWorker::setNextEdits() {
  if (m_nextEdits) setEdits(*std::exchange(m_nextEdits, std::nullopt));
}

/// A session that was made anew has none: those before are set again, or it is said that they are gone.
void EngineWorker::renewEdits() {
  if (m_edits.isEmpty() || !m_loaded || !m_loaded->session->edits().empty()) return;
  const QStringList before = std::exchange(m_edits, {});
  if (m_loaded->choice.path == m_editedModel) return setEdits(before);
  Q_EMIT editsActing(m_edits, tr("The edits were made for another model: they no longer act in the chat."));
}

}  // namespace cutaway
