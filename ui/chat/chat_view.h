// The chat pane's message area: virtualised, incremental, searchable; tokens can be coloured and hovered.
#pragma once

#include <QAbstractScrollArea>
#include <memory>

#include "ui/chat/chat_data.h"

namespace cutaway {

/// Lays out only what changed: appending to the last answer costs the open block, not the document; items
/// outside the viewport keep a height and no layout. Everything it shows can be selected and copied and is
/// accessible.
class ChatView : public QAbstractScrollArea {
  Q_OBJECT

 public:
  explicit ChatView(QWidget* parent = nullptr);
  ~ChatView() override;

  void setItems(QVector<ChatItem> items);  ///< replaces all; scrolls to the end
  void appendItem(ChatItem item);
  void replaceItem(const ChatItem& item);  ///< by id
  void removeItemsFrom(qint64 id);         ///< this one and all below
  const QVector<ChatItem>& items() const;

  /// Adds tokens to a streaming item. Follows the end when the view was at the end.
  void appendTokens(qint64 id, const QVector<ChatToken>& tokens);
  void finishItem(qint64 id, const QString& footer);

  void setColouring(TokenColouring colouring);
  TokenColouring colouring() const;

  /// Marks all matches (case-insensitive) and shows the n-th; returns their number.
  int find(const QString& text, int current);

  QString selectedText() const;
  void copySelection();
  void selectAll();

  /// Shown in the middle while there is no item; Markdown.
  void setEmptyText(const QString& markdown);

 signals:
  void copyRequested(qint64 id);
  void editRequested(qint64 id);
  void regenerateRequested(qint64 id);
  void siblingRequested(qint64 id, int step);  ///< -1 or +1
  void tokenHovered(qint64 id, int token);     ///< -1 when the mouse leaves
  void tokenClicked(qint64 id, int token);
  void linkActivated(const QString& address);

 private:
  struct Private;
  std::unique_ptr<Private> m_d;
};

}  // namespace cutaway
