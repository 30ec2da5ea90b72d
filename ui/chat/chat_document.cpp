#include "ui/chat/chat_document.h"

#include <algorithm>
#include <cmath>

namespace cutaway {

namespace {

/// The tokens' texts joined are the message's; where its beginning or end was trimmed, they begin before or
/// end after it.
QVector<int> tokenStartsOf(const ChatItem& item) {
  const int size = int(item.text.size());
  if (item.tokens.isEmpty()) return {size};  // those to come begin here
  QVector<int> starts{0};
  QString joined;
  for (const ChatToken& token : item.tokens) {
    joined += token.text;
    starts << int(joined.size());
  }
  const bool beginTrimmed =
      joined.size() != size && !joined.startsWith(item.text) && joined.endsWith(item.text);
  const int shift = beginTrimmed ? int(joined.size()) - size : 0;
  for (int& start : starts) start = std::clamp(start - shift, 0, size);
  return starts;
}

}  // namespace

int ChatDocument::rowOf(qint64 id) const {
  for (int row = count() - 1; row >= 0; --row)  // the newest are asked for most
    if (m_items[row].id == id) return row;
  return -1;
}

void ChatDocument::setItems(QVector<ChatItem> items) {
  m_items = std::move(items);
  m_rows.clear();
  m_rows.reserve(size_t(m_items.size()));
  for (const ChatItem& item : std::as_const(m_items)) m_rows.push_back(makeRow(item));
  sumFrom(0);
}

void ChatDocument::append(ChatItem item) {
  m_rows.push_back(makeRow(item));
  m_items << std::move(item);
  sumFrom(count() - 1);
}

void ChatDocument::replace(int row, const ChatItem& item) {
  m_items[row] = item;
  const qreal height = m_rows[size_t(row)].height;
  m_rows[size_t(row)] = makeRow(item);
  m_rows[size_t(row)].height = height;  // nearer than an estimate
  sumFrom(row);
}

void ChatDocument::removeFrom(int row) {
  m_items.resize(row);
  m_rows.resize(size_t(row));
  sumFrom(row);
}

void ChatDocument::appendTokens(int row, const QVector<ChatToken>& tokens) {
  ChatItem& item = m_items[row];
  Row& own = m_rows[size_t(row)];
  for (const ChatToken& token : tokens) {
    item.text += token.text;
    own.tokenStarts << int(item.text.size());
  }
  item.tokens += tokens;
  own.stale = true;
  own.rendered.reset();
}

void ChatDocument::finish(int row, const QString& footer) {
  m_items[row].streaming = false;
  m_items[row].footer = footer;
  m_rows[size_t(row)].stale = true;
  m_rows[size_t(row)].rendered.reset();
}

void ChatDocument::setStyle(const ChatStyle& style, qreal width) {
  m_style = style;
  m_width = width;
  m_pitch = ChatStyle::linePitch(style.body);
  m_letter = QFontMetricsF(style.body).averageCharWidth();
  for (int row = 0; row < count(); ++row) {
    m_rows[size_t(row)].layout.reset();
    m_rows[size_t(row)].height = estimate(m_items[row]);
  }
  sumFrom(0);
}

int ChatDocument::rowAt(qreal y) const {
  const auto after = std::upper_bound(m_tops.begin(), m_tops.end(), y);
  return std::min(count() - 1, std::max(0, int(after - m_tops.begin()) - 1));
}

MessageLayout& ChatDocument::layout(int row) {
  Row& own = m_rows[size_t(row)];
  if (own.layout && !own.stale) return *own.layout;
  if (own.layout)
    own.layout->update(m_items[row]);
  else
    own.layout = std::make_unique<MessageLayout>(m_items[row], m_style, m_width);
  own.stale = false;
  if (own.height != own.layout->height()) {
    own.height = own.layout->height();
    sumFrom(row);
  }
  return *own.layout;
}

bool ChatDocument::layoutRange(qreal top, qreal bottom) {
  const qreal before = height();
  bool moved = false;
  for (int row = rowAt(top); row >= 0 && row < count() && topOf(row) < bottom; ++row) {
    const qreal was = heightOf(row);
    layout(row);
    moved = moved || was != heightOf(row);
  }
  return moved || before != height();
}

void ChatDocument::releaseOutside(qreal top, qreal bottom) {
  for (int row = 0; row < count(); ++row)
    if (isLaidOut(row) && (topOf(row + 1) < top || topOf(row) > bottom)) m_rows[size_t(row)].layout.reset();
}

int ChatDocument::laidOutRows() const {
  return int(
      std::count_if(m_rows.begin(), m_rows.end(), [](const Row& row) { return row.layout != nullptr; }));
}

int ChatDocument::tokenAt(int row, int source) const {
  const QVector<int>& starts = tokenStarts(row);
  if (m_items[row].tokens.isEmpty() || source < 0) return -1;
  const auto after = std::upper_bound(starts.begin(), starts.end(), source);
  const auto token = int(after - starts.begin()) - 1;
  return token < 0 || token >= m_items[row].tokens.size() ? -1 : token;
}

const RenderedText& ChatDocument::rendered(int row) const {
  const Row& own = m_rows[size_t(row)];
  if (!own.rendered) own.rendered.emplace(m_items[row]);
  return *own.rendered;
}

ChatDocument::Row ChatDocument::makeRow(const ChatItem& item) const {
  Row row;
  row.height = estimate(item);
  row.tokenStarts = tokenStartsOf(item);
  return row;
}

qreal ChatDocument::estimate(const ChatItem& item) const {
  const qreal column = std::min<qreal>(ChatStyle::kColumn, m_width - 4 * ChatStyle::kGrid) *
                       (item.role == ChatRole::user ? 0.8 : 1.0);
  const qreal perLine = std::max(8.0, column / m_letter);
  qreal lines = 0;
  for (qsizetype begin = 0; begin <= item.text.size();) {
    qsizetype end = item.text.indexOf(u'\n', begin);
    if (end < 0) end = item.text.size();
    lines += std::max(1.0, std::ceil(qreal(end - begin) / perLine));
    begin = end + 1;
  }
  return lines * m_pitch + 6 * ChatStyle::kGrid;
}

void ChatDocument::sumFrom(int row) {
  m_tops.resize(m_rows.size() + 1);
  m_tops[0] = 0;
  for (size_t i = size_t(row); i < m_rows.size(); ++i) m_tops[i + 1] = m_tops[i] + m_rows[i].height;
}

}  // namespace cutaway
