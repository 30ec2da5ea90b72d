#include "ui/window/pair_controller.h"

#include <cmath>

#include "ui/window/chat_items.h"

namespace cutaway {
namespace {

/// How much a token is coloured, 0 to 1.
float weightOf(const TokenDifference& difference, TokenColouring colouring) {
  switch (colouring) {
    case TokenColouring::divergence: return static_cast<float>(std::min(1.0, std::sqrt(difference.divergence)));
    case TokenColouring::otherRank: {
      constexpr float kLeast = 0.2f;  // the second place shows already, the hundredth is full
      const float rank = std::log10(static_cast<float>(difference.otherRank)) / 2;
      return difference.otherRank <= 1 ? 0 : std::min(1.0f, kLeast + rank);
    }
    case TokenColouring::change: return std::abs(difference.otherProbability - difference.probability);
    default: return 0;
  }
}

}  // namespace

PairController::PairController(EngineController& engine, ChatController& chat, ConversationStore& store, QObject* parent)
    : QObject(parent), m_engine(engine), m_chat(chat), m_store(store) {
  chat.setCompanion(this);
  connect(&engine, &EngineController::companionReady, this, [this](const auto& model) {
    m_loading = false;
    m_model = model;
    Q_EMIT changed();
  });
  connect(&engine, &EngineController::companionFailed, this, [this](const QString& sentence) {
    m_loading = false;
    m_model.reset();
    Q_EMIT changed();
    Q_EMIT failed(sentence);
  });
  connect(&engine, &EngineController::pairTokens, this, [this](const auto& batch) { take(*batch); });
  connect(&engine, &EngineController::pairFinished, this, [this](const auto& end) { finish(*end); });
  connect(&store, &ConversationStore::loaded, this, [this](const auto& data) { takeStored(data->pairedAnswers); });
  connect(&chat, &ChatController::itemsReset, this, [this](const QVector<ChatItem>& items) {
    m_items = items;
    Q_EMIT itemsReset(this->items());
  });
  connect(&chat, &ChatController::itemAppended, this, [this](const ChatItem& item) {
    m_items.append(item);
    Q_EMIT itemAppended(itemFor(item));
  });
  connect(&chat, &ChatController::itemsRemovedFrom, this, [this](qint64 id) {
    const auto from = std::ranges::find(m_items, id, &ChatItem::id);
    m_items.erase(from, m_items.end());
    Q_EMIT itemsRemovedFrom(id);
  });
  connect(&chat, &ChatController::itemFinished, this, [this](qint64 id) {
    const auto item = std::ranges::find(m_items, id, &ChatItem::id);
    if (item != m_items.end()) item->streaming = false;
  });
}

void PairController::open(const ModelChoice& choice) {
  m_loading = true;
  m_engine.openCompanion(choice);
  Q_EMIT changed();
}

void PairController::close() {
  m_engine.closeCompanion();
  m_loading = false;
  m_model.reset();
  Q_EMIT changed();
}

void PairController::setMode(PairMode mode) {
  if (mode == m_mode) return;
  m_mode = mode;
  Q_EMIT changed();
}

std::optional<PairMode> PairController::mode() const {
  return m_model ? std::optional(m_mode) : std::nullopt;
}

const PairedAnswer* PairController::answer(qint64 message) const {
  const auto found = m_answers.constFind(message);
  return found == m_answers.constEnd() ? nullptr : &*found;
}

QString PairController::ownText(const StoredMessage& message) const {
  const PairedAnswer* own = answer(message.id);
  if (own == nullptr || own->mode != PairMode::free) return message.text;
  QString text;
  for (const ChatToken& token : own->tokens) text += token.text;
  return text;
}

void PairController::begin(RequestId request, const StoredMessage& written) {
  m_request = request;
  m_message = written.id;
  PairedAnswer& answer = m_answers[m_message] = {};
  answer.mode = m_mode;
  answer.model = m_model->card.title();
  answer.first = static_cast<int>(written.tokens.size());
  Q_EMIT writingChanged();
}

/// In lockstep the texts are the first model's, which knows the end token from text and holds back half characters.
QVector<ChatToken> PairController::shownTokens(qint64 message, const PairedAnswer& answer, int from) const {
  QVector<ChatToken> tokens = answer.tokens.mid(from);
  const StoredMessage* written = answer.mode == PairMode::free ? nullptr : m_chat.message(message);
  if (written == nullptr) return tokens;
  for (int i = 0; i < tokens.size(); ++i) {
    const qsizetype place = answer.first + from + i;
    if (place < written->tokens.size()) tokens[i].text = written->tokens[place].text;
  }
  return tokens;
}

void PairController::take(const PairBatch& batch) {
  if (batch.id != m_request) return;
  PairedAnswer& answer = m_answers[m_message];
  const int from = static_cast<int>(answer.tokens.size());
  answer.tokens += batch.tokens;
  answer.differences += batch.differences;
  answer.stats = batch.stats;
  Q_EMIT tokensAppended(m_message, shownTokens(m_message, answer, from));
  Q_EMIT answerChanged(m_message);
}

void PairController::finish(const PairEnd& end) {
  if (end.id != m_request) return;
  m_request = 0;
  PairedAnswer& answer = m_answers[m_message];
  answer.stats = end.stats;
  answer.error = end.error;
  answer.ended = true;
  if (end.stopped) answer.stats.stopReason = QStringLiteral("cancelled");
  m_store.save(m_message, answer);
  Q_EMIT itemFinished(m_message, footerOf(answer));
  Q_EMIT answerChanged(m_message);
  Q_EMIT writingChanged();
  if (!end.error.isEmpty()) Q_EMIT failed(end.error);
}

/// The chat shows the conversation after this, and its itemsReset asks for them.
void PairController::takeStored(const QHash<qint64, PairedAnswer>& answers) {
  for (auto answer = answers.begin(); answer != answers.end(); ++answer)
    if (answer.key() != m_message || m_request == 0) m_answers.insert(answer.key(), *answer);
}

/// Of another model than the one beside the chat now it says which.
QString PairController::footerOf(const PairedAnswer& answer) const {
  StoredMessage footer;
  footer.stats = answer.stats;
  const QString text = answerFooter(footer);
  const bool same = m_model && m_model->card.title() == answer.model;
  return same || answer.model.isEmpty() ? text : QStringLiteral("%1   %2").arg(answer.model, text);
}

ChatItem PairController::itemFor(const ChatItem& item) const {
  ChatItem other = item;
  other.readOnly = true;
  if (item.role != ChatRole::assistant) return other;
  const PairedAnswer* own = answer(item.id);
  other.sibling = other.siblings = 1;
  other.footer = own != nullptr && own->ended ? footerOf(*own) : QString();
  other.tokens = own == nullptr ? QVector<ChatToken>() : shownTokens(item.id, *own, 0);
  other.text.clear();
  for (const ChatToken& token : std::as_const(other.tokens)) other.text += token.text;
  other.streaming = item.id == m_message && m_request != 0;
  if (own == nullptr && !other.streaming) {
    other.role = ChatRole::notice;
    other.text = tr("The second model was not there when this was answered.");
  }
  return other;
}

QVector<ChatItem> PairController::items() const {
  QVector<ChatItem> items;
  for (const ChatItem& item : m_items) items.append(itemFor(item));
  return items;
}

int PairController::firstDifference(qint64 message) const {
  const PairedAnswer* other = answer(message);
  const StoredMessage* written = m_chat.message(message);
  if (other == nullptr || written == nullptr) return -1;
  if (other->mode != PairMode::free) {
    const auto found = std::ranges::find_if(other->differences, [](const auto& d) { return !d.sameTop; });
    return found == other->differences.end() ? -1 : other->first + static_cast<int>(found - other->differences.begin());
  }
  const qsizetype common = std::min(other->tokens.size(), written->tokens.size());
  for (int i = 0; i < common; ++i)
    if (other->tokens[i].id != written->tokens[i].id) return i;
  return other->ended && other->tokens.size() < written->tokens.size() ? static_cast<int>(common) : -1;
}

QVector<qint64> PairController::answers() const {
  QVector<qint64> ids;
  for (const ChatItem& item : m_items)
    if (answer(item.id) != nullptr) ids.append(item.id);
  return ids;
}

TokenWeights PairController::weights(qint64 message, TokenColouring colouring) const {
  TokenWeights weights;
  const PairedAnswer* other = answer(message);
  const StoredMessage* written = m_chat.message(message);
  if (other == nullptr || written == nullptr || !isAboutTwoModels(colouring)) return weights;
  int end = 0;
  for (int token = 0; token < written->tokens.size(); ++token) {
    const int place = token - other->first;
    const bool known = place >= 0 && place < other->differences.size();
    weights.starts << end;
    weights.weights << (known ? weightOf(other->differences[place], colouring) : 0);
    end += static_cast<int>(written->tokens[token].text.size());
  }
  weights.starts << end;
  return weights;
}

}  // namespace cutaway
