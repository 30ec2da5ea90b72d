// EngineWorker's looking half: inner values of recorded tokens, for views. A job behind chat; the newest request wins.
#include "core/run/recall.h"
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"

namespace cutaway {

/// The recorded tokens, up to the one asked about.
Result<std::vector<TokenId>> EngineWorker::recordedTokens(const CaptureRequest& request) {
  if (!m_loaded) return fail(ErrorKind::usage, "No model is loaded.");
  std::vector<TokenId> tokens = TRY(m_loaded->prompt.encode(request.messages));
  for (const qint32 token : request.answer) {
    if (token >= 0) tokens.push_back(token);  // text that was held back to the end has none
  }
  return tokens;
}

Result<std::vector<ValueId>> EngineWorker::valuesNamed(const QStringList& names) {
  const Graph& graph = m_loaded->model->description->graph();
  std::vector<ValueId> values;
  for (const QString& name : names) {
    values.push_back(graph.find(name.toStdString()));
    if (values.back() == kNone) return fail(ErrorKind::usage, "This model has no value named ", name.toStdString(), ".");
  }
  return values;
}

void EngineWorker::capture(const CaptureRequest& request) {
  noteBlockingCall("EngineWorker::capture");
  cancelCapture();
  const auto refuse = [&](const Error& error) {
    auto none = std::make_shared<CapturedValues>();
    none->id = request.id;
    none->error = QString::fromStdString(error.message);
    Q_EMIT captured(std::move(none));
  };
  Result<std::vector<TokenId>> tokens = recordedTokens(request);
  if (!tokens) return refuse(tokens.error());
  Result<std::vector<ValueId>> values = valuesNamed(request.values);
  if (!values) return refuse(values.error());
  auto recall = std::make_shared<Recall>(std::move(*tokens), std::move(*values));
  m_captureJob = m_thread.start(makeJob([this, request, recall] {
                                  return m_loaded ? stepCapture(request, *recall) : Job::State::done;
                                }),
                                JobPriority::view);
}

void EngineWorker::cancelCapture() {
  if (m_captureJob != 0) m_thread.cancel(std::exchange(m_captureJob, 0));
}

Job::State EngineWorker::stepCapture(const CaptureRequest& request, Recall& recall) {
  noteBlockingCall("EngineWorker::step");
  const Result<bool> more = recall.step(*m_loaded->session);
  if (more && *more) {
    Q_EMIT captureProgress(request.id, recall.read(), static_cast<quint32>(recall.tokens().size()));
    return Job::State::more;
  }
  m_captureJob = 0;
  auto result = std::make_shared<CapturedValues>();
  result->id = request.id;
  if (!more) result->error = QString::fromStdString(more.error().message);
  if (more) {
    const Tokenizer& tokenizer = m_loaded->session->tokenizer();
    for (const TokenId token : recall.tokens()) result->pieces += QString::fromStdString(tokenizer.piece(token, true));
    result->names = request.values;
    result->values = recall.captures();
  }
  Q_EMIT captured(std::move(result));
  return Job::State::done;
}

}  // namespace cutaway
