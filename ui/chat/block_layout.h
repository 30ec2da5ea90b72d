// One block of a message in pixels: a paragraph, a code block, a table; made of text boxes.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "ui/chat/text_box.h"

class QPainter;

namespace cutaway {

class BlockLayout {
 public:
  virtual ~BlockLayout() = default;

  QPointF position;  ///< in the message; set by it
  qreal width = 0;
  qreal height = 0;

  /// What is under the text: a code block's ground, a table's hairlines. In the block's coordinates.
  virtual void paintGround(QPainter&, const ChatStyle&) const {}
  /// Grounds differ: tints start from the colour they lie on.
  virtual QColor ground(const ChatStyle& style) const { return style.colours.window; }
  /// Takes over more lines of the same block; false: it must be made anew.
  virtual bool grow(const QString&, const MarkdownParser&, const MarkdownBlock&) { return false; }
  /// The part of the block in which text scrolls sideways.
  virtual QRectF viewport() const { return {0, 0, width, height}; }
  /// Of the code block's copy button; null where there is none.
  virtual QRectF copyButton() const { return {}; }
  /// Between boxes, when copied: a line break, or a tab between the cells of a row.
  virtual QChar separatorAfter(size_t) const { return u'\n'; }

  qreal contentWidth() const { return m_contentWidth; }
  qreal maximumScroll() const { return std::max(0.0, m_contentWidth - viewport().width()); }
  qreal scroll() const { return m_scroll; }
  bool setScroll(qreal scroll);  ///< clamped; true when it moved
  QRectF scrollBar() const;      ///< of the handle; null while all fits

  const std::deque<TextBox>& boxes() const { return m_boxes; }
  /// Boxes that meet [top, bottom), with the offset that sideways scrolling gives them.
  void visit(qreal top, qreal bottom, const std::function<void(const TextBox&, QPointF)>& show) const;
  QPointF boxOrigin() const { return {-m_scroll, 0}; }
  /// Index of the box that is drawn nearest to the point.
  size_t boxAt(QPointF point) const;
  /// Index of the last box that begins at or before the source offset.
  size_t boxOf(int source) const;
  /// Indices [first, second) of boxes that [begin, end) of the source may touch.
  std::pair<size_t, size_t> boxesIn(int begin, int end) const;

 protected:
  std::deque<TextBox> m_boxes;  ///< in the order of their source
  qreal m_contentWidth = 0;
  qreal m_scroll = 0;
};

/// Lays out a block of an answer.
std::unique_ptr<BlockLayout> makeBlockLayout(const QString& source, const MarkdownParser& parser,
                                             const MarkdownBlock& block, const ChatStyle& style, qreal width);

/// Text as typed, a box for each of its lines.
std::unique_ptr<BlockLayout> makePlainLayout(const QString& source, const QFont& font, const QColor& colour,
                                             qreal width, Qt::Alignment alignment = Qt::AlignLeft);

// One maker per kind, each in its file; the table in block_layout.cpp names them.
using BlockMaker = std::unique_ptr<BlockLayout> (*)(const QString&, const MarkdownParser&,
                                                    const MarkdownBlock&, const ChatStyle&, qreal width);
std::unique_ptr<BlockLayout> makeTextBlock(const QString&, const MarkdownParser&, const MarkdownBlock&,
                                           const ChatStyle&, qreal width);
std::unique_ptr<BlockLayout> makeCodeBlock(const QString&, const MarkdownParser&, const MarkdownBlock&,
                                           const ChatStyle&, qreal width);
std::unique_ptr<BlockLayout> makeTableBlock(const QString&, const MarkdownParser&, const MarkdownBlock&,
                                            const ChatStyle&, qreal width);
std::unique_ptr<BlockLayout> makeRuleBlock(const QString&, const MarkdownParser&, const MarkdownBlock&,
                                           const ChatStyle&, qreal width);

}  // namespace cutaway
