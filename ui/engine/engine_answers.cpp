// EngineWorker's other half: one answer at a time, as a job of short steps, told in batches of a frame.
#include "ui/base/thread_check.h"
#include "ui/engine/chat_tokens.h"
#include "ui/engine/engine_worker.h"
#include "ui/engine/model_card.h"

namespace cutaway {
namespace {

constexpr auto kFrame = std::chrono::milliseconds(16);

}  // namespace

void EngineWorker::start(const GenerationRequest& request) {
  noteBlockingCall("EngineWorker::start");
  stop();
  const auto refuse = [&](const QString& why) {
    auto end = std::make_shared<GenerationEnd>();
    end->id = request.id;
    end->error = why;
    Q_EMIT generationFinished(std::move(end));
  };
  if (!m_loaded) return refuse(tr("No model is loaded."));
  if (const Result<void> valid = validate(request.sampler); !valid) {
    return refuse(QString::fromStdString(valid.error().message));
  }
  Result<std::vector<TokenId>> prompt = m_loaded->prompt.encode(request.messages);
  if (!prompt) return refuse(QString::fromStdString(prompt.error().message));
  prompt->insert(prompt->end(), request.begun.begin(), request.begun.end());

  GenerationOptions options;
  options.sampler = request.sampler;
  options.maxTokens = request.maxTokens;
  if (m_companion && request.pair) {
    m_companion->begin(request, *m_loaded->model, *prompt, editCompanion());
    tellPair(true);  // where it ended at once
    if (m_companion->wantsRows())
      options.rowSeen = [this](TokenId token, const LogitRow& row) { m_companion->see(token, row); };
  }
  m_generation = std::make_unique<Generation>(*m_loaded->session, std::move(*prompt), options);
  m_request = request.id;
  m_batch.clear();
  watchSession();
  m_rows->clear();
  m_reportedRead = 0;
  m_meter.begin();
  m_flushed = Clock::now();
  m_thread.start(makeJob([this, id = request.id] { return stepAnswer(id); }), JobPriority::chat);
}

Job::State EngineWorker::stepGeneration(RequestId id) {
  noteBlockingCall("EngineWorker::step");
  if (m_request != id) return Job::State::done;
  const quint32 read = m_generation->promptRead();
  Result<Generation::State> state = m_generation->step();
  takeTokens();
  if (state) {
    const Result<void> measured = measureStep(m_generation->promptRead() - read, *state);
    if (!measured) state = std::unexpected(measured.error());
  }
  if (!state) {
    finish(QString::fromStdString(state.error().message), state.error().kind == ErrorKind::device);
    return Job::State::done;
  }
  if (*state == Generation::State::done) {
    finish({}, false);
    return Job::State::done;
  }
  flush(false);
  tellRows();
  lookThroughLens();
  return Job::State::more;
}

void EngineWorker::takeTokens() {
  const Tokenizer& tokenizer = m_loaded->session->tokenizer();
  for (const TokenEvent& event : m_generation->takeEvents()) m_batch.append(toChatToken(event, tokenizer));
}

void EngineWorker::flush(bool now) {
  if (!now && Clock::now() - m_flushed < kFrame) return;
  m_flushed = Clock::now();
  const quint32 read = m_generation->promptRead();
  if (read != m_reportedRead) {
    m_reportedRead = read;
    Q_EMIT promptProgress(m_request, read, m_generation->stats().promptTokens);
  }
  if (m_batch.isEmpty()) return;
  Q_EMIT tokensArrived(std::make_shared<const TokenBatch>(TokenBatch{m_request, std::exchange(m_batch, {}), toAnswerStats(*m_generation)}));
}

void EngineWorker::finish(const QString& error, bool deviceLost) {
  flush(true);
  tellRows();
  auto end = std::make_shared<GenerationEnd>();
  end->id = m_request;
  end->stats = toAnswerStats(*m_generation);
  end->stopped = m_generation->reason() == StopReason::cancelled;
  end->error = error;
  m_request = 0;
  m_generation.reset();
  if (m_companion) m_companion->firstEnded(end->stopped || !error.isEmpty());
  setNextEdits();
  Q_EMIT generationFinished(std::move(end));
  if (deviceLost) {
    if (m_companion && &m_companion->model().backend->ledger() == &m_loaded->model->backend->ledger()) loseCompanion(error);
    m_backends.erase(m_loaded->choice.device);
    m_loaded.reset();
    return Q_EMIT modelLost(error);
  }
  Q_EMIT memoryChanged(memoryUse(m_loaded->model->backend->ledger()));
}

void EngineWorker::stop() {
  noteBlockingCall("EngineWorker::stop");
  if (m_request != 0) {
    m_generation->cancel();
    takeTokens();
    finish({}, false);
  }
  if (!m_companion) return;
  m_companion->firstEnded(true);
  tellPair(true);
}

}  // namespace cutaway
