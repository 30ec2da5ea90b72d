// One shaped run of text with the way back to its source; laid out when first needed.
#pragma once

#include <QTextLayout>
#include <memory>

#include "ui/chat/chat_style.h"
#include "ui/chat/markdown_inline.h"

namespace cutaway {

class TextBox {
 public:
  struct Setting {
    QFont font;
    QColor colour;
    qreal width = 0;  ///< of the lines; below zero: one line as long as it is
    Qt::Alignment alignment = Qt::AlignLeft;
  };

  TextBox(InlineText text, Setting setting) : m_text(std::move(text)), m_setting(std::move(setting)) {}

  /// Styles beyond the box's own, as bold, links, code and syntax colours.
  void addFormat(int begin, int length, const QTextCharFormat& format);
  void addInlineFormats(const ChatStyle& style);

  const InlineText& text() const { return m_text; }
  QPointF position;  ///< in its block

  void setWidth(qreal width);                               ///< lays out anew when it differs
  void setHeight(qreal height) { m_fixedHeight = height; }  ///< known beforehand: no layout to learn it
  qreal height() const;
  qreal naturalWidth() const;  ///< of the longest line as laid out
  qreal minimumWidth() const;  ///< of the longest word
  /// The place that belongs to the box; one whose lines do not wrap has all that is right of it.
  QRectF rect() const { return {position, QSizeF(m_setting.width < 0 ? 1e6 : m_setting.width, height())}; }

  /// Text in `plain` ranges loses colours of its own, which may not be readable on what is painted under
  /// them.
  void draw(QPainter& painter, const QPointF& origin, const QVector<SourceSpan>& plain,
            const QColor& colour) const;

  /// Nearest rendered position to a point of the box.
  int positionAt(QPointF point) const;
  /// The character drawn there, or -1.
  int characterAt(QPointF point) const;
  /// One rectangle per line for rendered characters, in the box; with full line height.
  QVector<QRectF> rectsOf(int begin, int length) const;
  /// Code spans' rendered ranges, for their grounds.
  const QVector<SourceSpan>& codeRanges() const { return m_codeRanges; }
  QRectF caretRect(int at) const;

 private:
  QTextLayout& layout() const;

  InlineText m_text;
  Setting m_setting;
  QVector<QTextLayout::FormatRange> m_formats;
  QVector<SourceSpan> m_codeRanges;
  qreal m_fixedHeight = -1;
  mutable std::unique_ptr<QTextLayout> m_layout;
  mutable qreal m_pitch = 0;  ///< of its lines, all the same
};

}  // namespace cutaway
