// The chat pane's message area: virtualised, incremental, searchable; tokens can be coloured and hovered.
#pragma once

#include <QAbstractScrollArea>
#include <memory>

#include "ui/chat/chat_data.h"

namespace cutaway {

/// Lays out only what changed: appending to the last answer costs the open block, not the document; items
/// outside the viewport keep a height and no layout. Everything it shows can be selected and copied and is
/// accessible.
///
/// Keys: PageUp, PageDown, Home, End scroll; Up and Down move from message to message, Left and Right among a
/// message's actions, Enter does the action or opens the menu; Shift with Up and Down selects whole messages;
/// Ctrl with Left and Right moves from token to token, showing each one's tip; so do Left and Right alone while
/// tokens are coloured. Esc drops selection, token and focus ring, or is left to the parent.
class ChatView : public QAbstractScrollArea {
  Q_OBJECT

 public:
  explicit ChatView(QWidget* parent = nullptr);
  ~ChatView() override;

  /// Replaces all. Scrolls to the end, unless the first messages stay and the reader is among them.
  void setItems(QVector<ChatItem> items);
  void appendItem(ChatItem item);
  void replaceItem(const ChatItem& item);  ///< by id
  void removeItemsFrom(qint64 id);         ///< this one and all below
  const QVector<ChatItem>& items() const;

  /// Adds tokens to a streaming item. Follows the end when the view was at the end. Drawn with the next
  /// frame.
  void appendTokens(qint64 id, const QVector<ChatToken>& tokens);
  /// The answer is whole: its actions appear, and assistive technology is told.
  void finishItem(qint64 id, const QString& footer);

  void setColouring(TokenColouring colouring);
  /// By message: what colourings by weights show.
  void setTokenWeights(const QHash<qint64, TokenWeights>& weights);
  TokenColouring colouring() const;
  /// Frames a token, as the one that other views turn to; -1: none.
  void setSelectedToken(qint64 id, int token);

  /// Marks all matches (case-insensitive) and shows the n-th, counted round; returns their number.
  int find(const QString& text, int current);

  QString selectedText() const;  ///< as read: without Markdown's marks, with the lists' markers
  bool hasSelection() const;
  void copySelection();  ///< as plain text, and as Markdown for those who take it
  void selectAll();

  /// Shown in the middle while there is no item; Markdown.
  void setEmptyText(const QString& markdown);

  int laidOutMessages() const;  ///< those that hold a layout now; bounded whatever the number of items

 signals:
  void copyRequested(qint64 id);  ///< the message's text is on the clipboard already
  void editRequested(qint64 id);
  void regenerateRequested(qint64 id);
  void siblingRequested(qint64 id, int step);  ///< -1 or +1
  void tokenHovered(qint64 id, int token);     ///< -1 when the mouse leaves
  void tokenClicked(qint64 id, int token);     ///< or reached by key; -1: given up
  void linkActivated(const QString& address);  ///< nothing is opened here

 protected:
  bool viewportEvent(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  friend class ChatViewAccessible;
  friend class ChatItemAccessible;
  struct Private;
  std::unique_ptr<Private> m_d;
};

}  // namespace cutaway
