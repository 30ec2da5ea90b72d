// The messages of the pane with their layouts: rows that are seen have one, the others an estimated height.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ui/chat/chat_text.h"
#include "ui/chat/message_layout.h"

namespace cutaway {

class ChatDocument {
 public:
  const QVector<ChatItem>& items() const { return m_items; }
  int count() const { return int(m_items.size()); }
  int rowOf(qint64 id) const;  ///< -1: none

  void setItems(QVector<ChatItem> items);
  void append(ChatItem item);
  void replace(int row, const ChatItem& item);
  void removeFrom(int row);
  /// The text grows at once, its layout when it is next asked for.
  void appendTokens(int row, const QVector<ChatToken>& tokens);
  void finish(int row, const QString& footer);

  /// Forgets all layouts.
  void setStyle(const ChatStyle& style, qreal width);
  const ChatStyle& style() const { return m_style; }

  qreal height() const { return m_tops.back(); }
  qreal topOf(int row) const { return m_tops[size_t(row)]; }
  qreal heightOf(int row) const { return m_tops[size_t(row) + 1] - m_tops[size_t(row)]; }
  int rowAt(qreal y) const;  ///< nearest; -1 when empty
  bool isLaidOut(int row) const { return m_rows[size_t(row)].layout != nullptr; }

  /// Lays out the row if it is not, or has grown.
  MessageLayout& layout(int row);
  /// Lays out the rows that meet [top, bottom); true when a height changed.
  bool layoutRange(qreal top, qreal bottom);
  void releaseOutside(qreal top, qreal bottom);
  int laidOutRows() const;

  const QVector<int>& tokenStarts(int row) const { return m_rows[size_t(row)].tokenStarts; }
  int tokenAt(int row, int source) const;  ///< -1: none
  const RenderedText& rendered(int row) const;

 private:
  struct Row {
    std::unique_ptr<MessageLayout> layout;
    bool stale = false;  ///< the layout lacks the newest text
    qreal height = 0;
    QVector<int> tokenStarts;  ///< source offsets, and the end
    mutable std::optional<RenderedText> rendered;
  };

  Row makeRow(const ChatItem& item) const;
  qreal estimate(const ChatItem& item) const;
  void sumFrom(int row);

  QVector<ChatItem> m_items;
  std::vector<Row> m_rows;
  std::vector<qreal> m_tops{0};  ///< of the rows, and the bottom
  ChatStyle m_style;
  qreal m_width = 640;
  qreal m_pitch = ChatStyle::linePitch(m_style.body);  ///< for estimates
  qreal m_letter = QFontMetricsF(m_style.body).averageCharWidth();
};

}  // namespace cutaway
