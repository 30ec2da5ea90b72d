// One message in pixels: its blocks, bubble and footer; what a point of it means; how it is painted.
#pragma once

#include <QRectF>
#include <memory>
#include <optional>
#include <vector>

#include "ui/chat/block_layout.h"
#include "ui/chat/message_footer.h"

namespace cutaway {

/// What lies over a message's text when it is painted. Offsets are of its source.
struct MessageOverlay {
  const TokenWeights* weights = nullptr;  ///< for colourings by weights; null: none
  const QVector<int>* tokenStarts = nullptr;  ///< one more than tokens
  TokenColouring colouring = TokenColouring::none;
  int hoveredToken = -1, selectedToken = -1;
  SourceSpan selection;
  QVector<SourceSpan> matches;
  int currentMatch = -1;
  bool hovered = false, focused = false;
  int hoveredAction = -1, focusedAction = -1, copiedAction = -1;
};

class MessageLayout {
 public:
  MessageLayout(const ChatItem& item, const ChatStyle& style, qreal width);

  /// After text was added, streaming ended or the footer changed.
  void update(const ChatItem& item);

  qreal height() const { return m_height; }
  /// Clicks go to actions()[i]; rects change with hovering only in what they draw.
  const QVector<ActionSpot>& actions() const { return m_actions; }
  int actionAt(QPointF point) const;  ///< -1: none

  int sourceAt(QPointF point) const;     ///< nearest
  int characterAt(QPointF point) const;  ///< source of the character drawn there, or -1
  bool isText(QPointF point) const;      ///< over or right beside text
  SourceSpan wordAt(int source) const;
  SourceSpan lineAt(int source) const;  ///< the whole paragraph, code line or cell
  QVector<QRectF> rectsOf(int begin, int end) const;
  QRectF contentRect() const { return m_content; }

  /// Scrolls a wide block at the point sideways; false where there is none or it is at its end.
  bool scrollSideways(QPointF point, qreal by);
  int scrollBarAt(QPointF point) const;  ///< block whose handle is there, or -1
  void dragScrollBar(int block, qreal by);
  QString codeOf(const ChatItem& item, int block) const;

  void paint(QPainter& painter, const QRectF& clip, const ChatItem& item,
             const MessageOverlay& overlay) const;

 private:
  struct Placed {
    MarkdownBlock block;
    SourceSpan lastLine;  ///< lines before it cannot have changed
    std::unique_ptr<BlockLayout> layout;
    qreal left = 0, gap = 0;  ///< of the block in the message; the gap above it
  };

  void layoutAnswer(const ChatItem& item);
  void layoutPlain(const ChatItem& item);
  qreal contentTop() const;
  void placeFrom(size_t first);
  void finish(const ChatItem& item);
  void collectActions(size_t first);
  void collectLinks(int block);
  qreal indentOf(const MarkdownBlock& block, qsizetype depth) const;
  qreal gapBefore(size_t index) const;
  const Placed* placedAt(QPointF point) const;
  const Placed* placedOf(int source) const;

  void paintMarkers(QPainter& painter, const Placed& placed, const Placed* previous) const;
  void paintTask(QPainter& painter, const QRectF& area, TaskState task) const;
  void paintBox(QPainter& painter, const Placed& placed, const TextBox& box, QPointF origin,
                const ChatItem& item, const MessageOverlay& overlay) const;
  /// Returns the rendered ranges tinted so strongly that only the text's own colour is readable on them.
  void paintWeights(QPainter& painter, const TextBox& box, QPointF origin, const QColor& ground,
                    const TokenWeights& of) const;
  QVector<SourceSpan> paintTokens(QPainter& painter, const TextBox& box, QPointF origin, const QColor& ground,
                                  const ChatItem& item, const MessageOverlay& overlay) const;
  void paintCaret(QPainter& painter) const;
  void paintFooter(QPainter& painter, const ChatItem& item, const MessageOverlay& overlay) const;
  void paintAction(QPainter& painter, int index, const MessageOverlay& overlay) const;

  /// A whole answer without any visible character.
  bool showsNothing() const { return m_role == ChatRole::assistant && !m_streaming && m_placed.empty(); }

  ChatStyle m_style;
  ChatRole m_role;
  bool m_streaming = false;
  qreal m_width, m_left, m_column;
  MarkdownParser m_parser;
  std::vector<Placed> m_placed;
  QRectF m_content, m_bubble;
  FooterLayout m_footer;
  QVector<ActionSpot> m_actions;  ///< of the blocks, then of the footer
  qsizetype m_blockActions = 0;
  qreal m_height = 0;
};

/// Up to here every colour of text can be read on Theme::surprise().
constexpr float kFaintSurprise = 0.15f;

/// Surprise of a token from 0 to 1: -ln p over ln 100, or the entropy over four nats.
float surpriseOf(const ChatToken& token, TokenColouring colouring);

}  // namespace cutaway
