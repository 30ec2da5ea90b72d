// The insides of ChatView, spread over chat_view*.cpp: view state over a ChatDocument.
#pragma once

#include <QPointer>
#include <QTimer>
#include <compare>

#include "ui/chat/chat_document.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/token_tip.h"

class QMenu;
class QToolButton;

namespace cutaway {

/// A place in the text: a row and an offset of its source.
struct ChatMark {
  int row = -1, source = 0;
  auto operator<=>(const ChatMark&) const = default;
};

struct ChatView::Private {
  explicit Private(ChatView* view);

  // chat_view_layout.cpp
  struct Anchor {
    int row = -1;
    qreal shift = 0;  ///< of the row's top below the viewport's
  };
  Anchor anchor() const;
  void arrange(const Anchor& anchor);  ///< lays out what is seen, keeping the anchor's row in place or
                                       ///< following the end
  void arrange() { arrange(anchor()); }
  void restyle();
  void changed(const Anchor& anchor);  ///< items came, went or changed
  void changed() { changed(anchor()); }
  void drawFrame();
  void updateRow(int row);
  qreal scroll() const;
  void scrollTo(qreal value);
  void placeToEnd();
  void reveal(int row, const QRectF& rect);  ///< brings a part of a row into sight

  // chat_view_paint.cpp
  MessageOverlay overlay(int row) const;
  void paint(QPainter& painter, const QRect& area);
  void paintEmpty(QPainter& painter, const QRect& area);
  QPointF emptyOrigin() const;

  // chat_view_mouse.cpp
  struct Spot {
    int row = -1;
    QPointF point;  ///< in the row
  };
  Spot spotAt(QPointF position) const;
  ChatMark markAt(QPointF position);
  void hover(QPointF position);
  void leave();
  void dragSelection();
  QString emptyLinkAt(QPointF position);

  // chat_view_tokens.cpp
  QRect tokenRect(int row, int token);  ///< in the viewport
  void showTip(int row, int token);
  void hideTip();
  int rowOfTokens() const;  ///< that the keys walk in; -1: there is none
  bool moveToken(int step);

  // chat_view_selection.cpp
  SourceSpan selectionIn(int row) const;
  void select(const ChatMark& from, const ChatMark& to);
  void selectRows(int from, int to);
  void clearSelection();
  void refreshMatches();
  void showMatch(int index);

  // chat_view_keys.cpp
  void perform(int row, int action);
  void focusRow(int row);
  bool moveFocus(int step);
  bool moveAction(int step);
  void fillMenu(QMenu& menu, int row, int action);
  void flashCopied(int row, int action);
  QRectF actionRect(int row, int action);

  ChatView* q;
  ChatDocument document;
  std::unique_ptr<MessageLayout> empty;
  ChatItem emptyItem;

  QTimer frame;  ///< one drawing for all tokens of 16 ms
  QTimer tipDelay, dragScroll, copiedFlash;
  bool following = true;  ///< the end stays in sight
  bool arranging = false;
  int grownRow = -1;

  TokenColouring colouring = TokenColouring::none;
  QHash<qint64, TokenWeights> weights;
  qint64 selectedTokenId = -1;
  int selectedToken = -1;

  ChatMark selectionAnchor, selectionEnd;
  QString needle;
  QVector<std::pair<int, SourceSpan>> matches;
  bool matchesStale = false;
  int currentMatch = -1;

  int hoveredRow = -1, hoveredAction = -1, hoveredToken = -1;
  int focusedRow = -1, focusedAction = -1;
  int copiedRow = -1, copiedAction = -1;

  enum class Press : quint8 { none, action, selection, scrollBar };
  Press press = Press::none;
  Spot pressed;
  int pressedAction = -1, pressedBlock = -1;
  QPointF lastPosition;
  qint64 doubleClickTime = 0;
  bool moved = false;

  TokenTip* tip = nullptr;
  QToolButton* toEnd = nullptr;
};

}  // namespace cutaway
