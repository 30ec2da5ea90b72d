// EngineWorker's other model: loaded beside the chat's, and stepped in turns with its answers.
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"
#include "ui/engine/model_card.h"

namespace cutaway {
namespace {

constexpr auto kFrame = std::chrono::milliseconds(16);

}  // namespace

void EngineWorker::openCompanion(const ModelChoice& choice, std::stop_token stop) {
  noteBlockingCall("EngineWorker::openCompanion");
  closeCompanion();
  Result<std::unique_ptr<Loaded>> loaded = load(choice, stop);
  if (!loaded) return Q_EMIT companionFailed(QString::fromStdString(loaded.error().message));
  Loaded& made = **loaded;
  Q_EMIT companionReady(factsOf(made));
  m_companion = std::make_unique<Companion>(made.choice, made.model, std::move(made.session), std::move(made.prompt));
  if (m_loaded) Q_EMIT memoryChanged(memoryUse(m_loaded->model->backend->ledger()));
}

void EngineWorker::closeCompanion() {
  if (!m_companion) return;
  dropPairQuestions();
  m_companion->firstEnded(true);
  tellPair(true);
  if (m_generation && m_companion->wantsRows()) stop();  // its rows go to the companion
  m_companion.reset();
  if (m_loaded) Q_EMIT memoryChanged(memoryUse(m_loaded->model->backend->ledger()));
}

void EngineWorker::askPair(const Question& question, std::shared_ptr<Answer> recorded) {
  if (!m_companion)
    return refuse(question.id, Error{ErrorKind::usage, "There is no second model to compare with."});
  if (const Result<void> edited = editCompanion(); !edited) return refuse(question.id, edited.error());
  auto made = question.makePair(m_loaded->model, m_companion->sharedModel(), recorded->tokens,
                                std::exchange(m_kept[question.asker], nullptr));
  if (!made) return refuse(question.id, made.error());
  m_pairAskers.insert(question.asker);
  auto open = std::make_shared<OpenQuestion>(question.asker, std::move(recorded));
  open->pairInquiry = std::move(*made);
  begin(std::move(open), JobPriority::background);
}

/// Before one of the two models goes.
void EngineWorker::dropPairQuestions() {
  for (const QString& asker : m_pairAskers) dropQuestion(asker);
  m_kept.clear();
}

Job::State EngineWorker::stepAnswer(RequestId id) {
  const auto start = Clock::now();
  const Job::State first = stepGeneration(id);
  if (!m_companion || !m_companion->isBusyWith(id)) return first;
  m_companion->leaveOut(Clock::now() - start);
  stepCompanion();
  return first == Job::State::more || m_companion->isBusyWith(id) ? Job::State::more : Job::State::done;
}

void EngineWorker::stepCompanion() {
  const auto start = Clock::now();
  const bool more = m_companion->step();
  if (m_generation) m_generation->leaveOut(Clock::now() - start);
  tellPair(!more);
}

void EngineWorker::tellPair(bool now) {
  if (!now && Clock::now() - m_pairTold < kFrame) return;
  m_pairTold = Clock::now();
  if (PairBatch batch = m_companion->take(); !batch.tokens.isEmpty())
    Q_EMIT pairTokens(std::make_shared<const PairBatch>(std::move(batch)));
  if (const std::optional<PairEnd> end = m_companion->takeEnd())
    Q_EMIT pairFinished(std::make_shared<const PairEnd>(*end));
}

void EngineWorker::loseCompanion(const QString& why) {
  if (!m_companion) return;
  dropPairQuestions();
  m_companion.reset();
  Q_EMIT companionFailed(why);
}

}  // namespace cutaway
