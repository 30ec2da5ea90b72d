// ChatController's other half: one answer from its first token to its last, stored on the way.
#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>

#include "ui/base/ids.h"
#include "ui/engine/chat_prompt.h"
#include "ui/window/chat_controller.h"
#include "ui/window/chat_items.h"

namespace cutaway {

StoredMessage ChatController::newAnswer(qint64 question, const AnswerSettings& settings, int leftOut,
                                        quint32 leftOutTokens) const {
  QJsonObject json = toJson(settings);
  json[QStringLiteral("device")] = m_model->device;
  if (!m_edits.isEmpty()) json[QStringLiteral("edits")] = QJsonArray::fromStringList(m_edits);
  if (!m_model->card.simulation.isEmpty()) json[QStringLiteral("simulation")] = m_model->card.simulation;
  if (!m_model->card.activations.isEmpty()) json[QStringLiteral("activations")] = m_model->card.activations;
  if (leftOut > 0) {
    json[QStringLiteral("left_out_messages")] = leftOut;
    json[QStringLiteral("left_out_tokens")] = static_cast<qint64>(leftOutTokens);
  }
  StoredMessage answer;
  answer.id = newId();
  answer.conversation = m_conversation.id;
  answer.parent = question;
  answer.role = ChatRole::assistant;
  answer.state = AnswerState::writing;
  answer.created = QDateTime::currentMSecsSinceEpoch();
  answer.model = m_model->card.name;
  answer.settings = QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
  return answer;
}

void ChatController::write(qint64 question, const PromptPlan& plan, bool leaveOut, const QVector<ChatToken>& begun) {
  const int leftOut = leaveOut ? plan.dropMessages : 0;
  const quint32 leftOutTokens = leaveOut ? plan.needed - plan.neededAfterDrop : 0;
  AnswerSettings settings = m_settings;
  if (settings.randomSeed) settings.sampler.seed = QRandomGenerator::global()->generate();
  m_writing = Writing{m_engine.nextRequest(), m_conversation, newAnswer(question, settings, leftOut, leftOutTokens), false,
                      plan.needed - leftOutTokens};
  StoredMessage& answer = m_writing->message;
  answer.tokens = begun;
  for (const ChatToken& token : begun) answer.text += token.text;
  const std::optional<PairMode> pairMode = m_companion ? m_companion->mode() : std::nullopt;
  if (pairMode) m_companion->begin(m_writing->id, answer);
  if (!m_tree.children(question).isEmpty()) {
    const StoredMessage& shown = *m_tree.find(m_tree.path().value(m_tree.path().indexOf(question) + 1));
    Q_EMIT itemsRemovedFrom(chatItems(shown, m_tree).first().id);
  }
  setState(State::writing);
  Q_EMIT contextUsed(m_writing->promptTokens, m_model->context);
  QVector<ChatItem> items = chatItems(m_writing->message, m_tree);
  items.last().streaming = true;
  items.last().footer.clear();
  for (const ChatItem& item : items) Q_EMIT itemAppended(item);
  QVector<qint32> ids;
  for (const ChatToken& token : begun) ids.append(token.id);
  GenerationRequest request{m_writing->id, withoutOldest(linePrompt(question), leftOut), ids, settings.sampler,
                            settings.maxTokens};
  if (pairMode) request.pair = PairRequest{*pairMode, withoutOldest(linePrompt(question, m_companion), leftOut)};
  m_engine.start(request);
  m_saveTimer.start();
}

void ChatController::takeTokens(const TokenBatch& batch) {
  if (!m_writing || m_writing->id != batch.id) return;
  StoredMessage& answer = m_writing->message;
  answer.tokens += batch.tokens;
  answer.stats = batch.stats;
  for (const ChatToken& token : batch.tokens) answer.text += token.text;
  if (!m_writing->stored) {
    m_writing->stored = true;
    if (isShown(*m_writing)) m_tree.add(answer);
    keepAnswer();
  }
  if (!isShown(*m_writing)) return;
  Q_EMIT tokensAppended(answer.id, batch.tokens);
  if (!m_model) return;
  // The last tokens may be text alone that was held back, and in no cell.
  const quint32 used = m_writing->promptTokens + static_cast<quint32>(answer.tokens.size());
  Q_EMIT contextUsed(std::min(used, m_model->context), m_model->context);
}

void ChatController::keepAnswer() {
  if (!m_writing || !m_writing->stored) return;
  m_store.save(m_writing->message);
  if (!isShown(*m_writing)) return;
  // The tree's copy is for the path and its versions; it gets the text when the answer is whole.
  m_conversation.leaf = m_tree.leaf();
  m_store.save(m_conversation);
}

void ChatController::finish(const GenerationEnd& end) {
  if (!m_writing || m_writing->id != end.id) return;
  m_saveTimer.stop();
  StoredMessage& answer = m_writing->message;
  answer.stats = end.stats;
  answer.state = !end.error.isEmpty() ? AnswerState::failed : end.stopped ? AnswerState::stopped : AnswerState::complete;
  keepAnswer();
  const Writing done = *std::exchange(m_writing, std::nullopt);
  if (isShown(done)) {
    if (StoredMessage* known = m_tree.find(done.message.id)) *known = done.message;
    if (done.stored) Q_EMIT itemFinished(done.message.id, answerFooter(done.message));
    if (!done.stored) reset();
    Q_EMIT finished(done.message.stats);
  }
  setState(State::idle);
  Q_EMIT listChanged();
  m_countTimer.start();
  if (!end.error.isEmpty()) Q_EMIT failed(end.error, true);
}

}  // namespace cutaway
