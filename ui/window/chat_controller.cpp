#include "ui/window/chat_controller.h"

#include <QDateTime>

#include "ui/base/ids.h"
#include "ui/window/chat_items.h"

namespace cutaway {
namespace {

constexpr int kSaveInterval = 500;   // ms: what a killed process can lose of an answer
constexpr int kCountDelay = 150;     // ms after the last key
constexpr int kTitleLength = 60;
constexpr quint32 kLeastReserve = 32;
constexpr quint32 kReserveShare = 8;  // of the context is kept free for an answer

QString titleFrom(const QString& text) {
  const QString line = text.trimmed().section(QLatin1Char('\n'), 0, 0).simplified();
  return line.size() <= kTitleLength ? line : line.left(kTitleLength - 1).trimmed() + QStringLiteral("…");
}

}  // namespace

ChatController::ChatController(EngineController& engine, ConversationStore& store, QObject* parent)
    : QObject(parent), m_engine(engine), m_store(store) {
  m_saveTimer.setInterval(kSaveInterval);
  m_countTimer.setInterval(kCountDelay);
  m_countTimer.setSingleShot(true);
  connect(&m_saveTimer, &QTimer::timeout, this, &ChatController::keepAnswer);
  connect(&m_countTimer, &QTimer::timeout, this, &ChatController::countNow);
  connect(&engine, &EngineController::planned, this, [this](const auto& plan) { planned(*plan); });
  connect(&engine, &EngineController::tokensArrived, this, [this](const auto& batch) { takeTokens(*batch); });
  connect(&engine, &EngineController::generationFinished, this, [this](const auto& end) { finish(*end); });
  connect(&engine, &EngineController::promptProgress, this, [this](quint64 id, quint32 read, quint32 total) {
    if (m_writing && m_writing->id == id) Q_EMIT promptProgress(read, total);
  });
  connect(&engine, &EngineController::modelReady, this, [this](const auto& model) {
    m_model = model;
    if (m_state == State::checking) return checkPrompt();
    m_countTimer.start();
  });
  connect(&engine, &EngineController::editsActing, this, [this](const QStringList& edits) { m_edits = edits; });
  connect(&engine, &EngineController::modelLost, this, [this] {
    m_model.reset();
    if (m_state == State::checking || m_state == State::asking) cancelSending();
  });
  connect(&engine, &EngineController::loadFailed, this, [this] {
    if (m_state == State::checking) cancelSending();
  });
}

const StoredMessage* ChatController::message(qint64 id) const {
  if (m_writing && m_writing->message.id == id) return &m_writing->message;
  return m_tree.find(id);
}

void ChatController::newConversation() {
  if (m_state == State::checking || m_state == State::asking) cancelSending();
  const QString prompt = m_conversation.systemPrompt;
  m_conversation = {};
  m_conversation.systemPrompt = prompt;
  m_tree = {};
  m_alwaysLeaveOut = false;
  Q_EMIT conversationChanged();
  reset();
}

void ChatController::show(const ConversationData& data) {
  if (m_state == State::checking || m_state == State::asking) cancelSending();
  m_conversation = data.summary;
  m_tree = MessageTree(data);
  m_alwaysLeaveOut = false;
  if (m_writing && isShown(*m_writing)) {
    if (StoredMessage* known = m_tree.find(m_writing->message.id)) *known = m_writing->message;
  }
  Q_EMIT conversationChanged();
  reset();
}

void ChatController::reset() {
  QVector<ChatItem> items = chatItems(m_tree);
  if (m_writing && isShown(*m_writing)) {
    const qint64 id = m_writing->message.id;
    if (!m_writing->stored && m_tree.leaf() == m_writing->message.parent) items += chatItem(m_writing->message, m_tree);
    if (!items.isEmpty() && items.last().id == id) {
      items.last().streaming = true;
      items.last().footer.clear();
    }
  }
  Q_EMIT itemsReset(items);
  m_countTimer.start();
}

void ChatController::setTitle(const QString& title) {
  if (title.trimmed().isEmpty() || title == m_conversation.title || m_conversation.id == 0) return;
  m_conversation.title = title.trimmed();
  saveSummary();
  Q_EMIT conversationChanged();
}

void ChatController::setSystemPrompt(const QString& prompt) {
  if (prompt == m_conversation.systemPrompt) return;
  m_conversation.systemPrompt = prompt;
  if (m_conversation.id != 0) saveSummary();
  m_countTimer.start();
}

void ChatController::saveSummary() {
  m_conversation.leaf = m_tree.leaf();
  m_conversation.updated = QDateTime::currentMSecsSinceEpoch();
  m_store.save(m_conversation);
  Q_EMIT listChanged();
}

void ChatController::setState(State state) {
  if (state == m_state) return;
  m_state = state;
  Q_EMIT stateChanged();
}

void ChatController::send(const QString& text) { prepare(m_tree.leaf(), text); }

void ChatController::sendEdited(qint64 id, const QString& text) {
  const StoredMessage* original = m_tree.find(id);
  if (original == nullptr || m_state != State::idle) return;
  if (original->role == ChatRole::user) return prepare(original->parent, text);
  StoredMessage edited = *original;
  edited.id = newId();
  edited.text = text;
  edited.tokens.clear();
  edited.stats = {};
  edited.created = QDateTime::currentMSecsSinceEpoch();
  m_store.save(edited);
  m_tree.add(edited);
  saveSummary();
  Q_EMIT accepted();
  reset();
}

void ChatController::regenerate(qint64 answer) {
  const StoredMessage* original = m_tree.find(answer);
  if (original != nullptr && original->role == ChatRole::assistant) prepare(original->parent, std::nullopt);
}

void ChatController::branch(qint64 answer, int place, const ChatToken& other) {
  const StoredMessage* original = m_tree.find(answer);
  if (original == nullptr || original->role != ChatRole::assistant || place < 0 || place >= original->tokens.size()) return;
  prepare(original->parent, std::nullopt, original->tokens.mid(0, place) << other);
}

void ChatController::answerLast() {
  const StoredMessage* last = m_tree.find(m_tree.leaf());
  if (last == nullptr) return;
  prepare(last->role == ChatRole::assistant ? last->parent : last->id, std::nullopt);
}

void ChatController::prepare(qint64 parent, std::optional<QString> text, QVector<ChatToken> begun) {
  if (m_state != State::idle || !m_model) return;
  m_pending = Pending{0, parent, std::move(text), std::move(begun), {}};
  setState(State::checking);
  checkPrompt();
}

/// `writer`: whose answers they are, where they are not the conversation's.
QVector<PromptMessage> ChatController::linePrompt(qint64 last, const AnswerCompanion* writer) const {
  QVector<PromptMessage> messages;
  if (!m_conversation.systemPrompt.trimmed().isEmpty()) messages.append({ChatRole::system, m_conversation.systemPrompt});
  for (const qint64 id : m_tree.lineTo(last)) {
    const StoredMessage& message = *m_tree.find(id);
    const bool other = writer != nullptr && message.role == ChatRole::assistant;
    messages.append({message.role, other ? writer->ownText(message) : message.text});
  }
  return messages;
}

QVector<PromptMessage> ChatController::promptMessages(const Pending& pending) const {
  QVector<PromptMessage> messages = linePrompt(pending.parent);
  if (pending.text) messages.append({ChatRole::user, *pending.text});
  return messages;
}

quint32 ChatController::reserve() const {
  const quint32 share = qMax(kLeastReserve, m_model->context / kReserveShare);
  return m_settings.maxTokens > 0 ? qMin(m_settings.maxTokens, share) : share;
}

void ChatController::checkPrompt() {
  m_pending->id = m_engine.nextRequest();
  m_engine.plan({m_pending->id, promptMessages(*m_pending), reserve()}, QStringLiteral("plan"));
}

void ChatController::planned(const PromptPlan& plan) {
  if (plan.id == m_countRequest && plan.error.isEmpty()) Q_EMIT contextUsed(plan.needed, plan.context);
  if (m_state != State::checking || plan.id != m_pending->id) return;
  if (!plan.error.isEmpty()) {
    cancelSending();
    return Q_EMIT failed(plan.error, false);
  }
  m_pending->plan = plan;
  if (plan.fits()) return commit(false);
  if (m_alwaysLeaveOut && plan.dropMessages > 0) return commit(true);
  setState(State::asking);
  Q_EMIT contextFull(plan, promptMessages(*m_pending).size() <= 2);
}

void ChatController::sendWithoutOldest(bool always) {
  if (m_state != State::asking || m_pending->plan.dropMessages == 0) return;
  m_alwaysLeaveOut = always;
  commit(true);
}

void ChatController::sendWithContext(quint32 context) {
  if (m_state != State::asking) return;
  setState(State::checking);  // goes on at modelReady or ends at loadFailed
  Q_EMIT contextWanted(context);
}

void ChatController::cancelSending() {
  m_pending.reset();
  setState(m_writing ? State::writing : State::idle);
}

void ChatController::commit(bool leaveOut) {
  const Pending pending = *std::exchange(m_pending, std::nullopt);
  const qint64 question = pending.text ? addQuestion(*pending.text, pending.parent) : pending.parent;
  if (pending.text) Q_EMIT accepted();
  write(question, pending.plan, leaveOut, pending.begun);
}

qint64 ChatController::addQuestion(const QString& text, qint64 parent) {
  StoredMessage question;
  question.id = newId();
  question.parent = parent;
  question.text = text;
  question.created = QDateTime::currentMSecsSinceEpoch();
  if (m_conversation.id == 0) {
    m_conversation.id = newId();
    m_conversation.created = m_conversation.updated = question.created;
    m_conversation.title = titleFrom(text);
    m_store.save(m_conversation);
    Q_EMIT conversationChanged();
  }
  question.conversation = m_conversation.id;
  const bool isNext = parent == m_tree.leaf();
  m_store.save(question);
  m_tree.add(question);
  saveSummary();
  isNext ? Q_EMIT itemAppended(chatItem(question, m_tree)) : Q_EMIT itemsReset(chatItems(m_tree));
  return question.id;
}

void ChatController::stop() {
  if (m_state == State::checking || m_state == State::asking) cancelSending();
  if (m_writing) m_engine.stop();
}

void ChatController::switchSibling(qint64 id, int step) {
  if (m_writing && isShown(*m_writing)) return;
  if (!m_tree.switchSibling(id, step)) return;
  saveSummary();
  reset();
}

RequestId ChatController::ask(const QString& asker, qint64 answer, int tokens, InquiryMaker make, PairInquiryMaker makePair) {
  if (!m_model) return 0;
  Question question{m_engine.nextRequest(), asker, {}, {}, std::move(make), std::move(makePair)};
  if (answer != 0) {
    const StoredMessage* written = message(answer);
    if (written == nullptr || tokens < 0 || tokens > written->tokens.size()) return 0;
    question.messages = linePrompt(written->parent);
    for (const ChatToken& token : written->tokens.mid(0, tokens)) question.answer.append(token.id);
  }
  m_engine.ask(question);
  return question.id;
}

void ChatController::count(const QString& draft) {
  m_draft = draft;
  m_countTimer.start();
}

void ChatController::countNow() {
  if (!m_model || m_writing) return;
  if (m_tree.isEmpty() && m_draft.trimmed().isEmpty() && m_conversation.systemPrompt.isEmpty()) {
    return Q_EMIT contextUsed(0, m_model->context);
  }
  m_countRequest = m_engine.nextRequest();
  QVector<PromptMessage> messages = linePrompt(m_tree.leaf());
  if (!m_draft.trimmed().isEmpty()) messages.append({ChatRole::user, m_draft});
  m_engine.plan({m_countRequest, messages, 0}, QStringLiteral("count"));
}

}  // namespace cutaway
