#include "ui/chat/text_box.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace cutaway {

namespace {
constexpr qreal kOneLine = 1e6;

/// In order, none touching another: of touching overrides QTextLayout draws only the first.
QVector<SourceSpan> merged(QVector<SourceSpan> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](SourceSpan a, SourceSpan b) { return a.begin < b.begin; });
  QVector<SourceSpan> result;
  for (SourceSpan range : ranges) {
    if (range.length <= 0) continue;
    if (result.isEmpty() || range.begin > result.last().end())
      result << range;
    else
      result.last().length = std::max(result.last().end(), range.end()) - result.last().begin;
  }
  return result;
}
}  // namespace

void TextBox::addFormat(int begin, int length, const QTextCharFormat& format) {
  m_formats << QTextLayout::FormatRange{begin, length, format};
}

void TextBox::addInlineFormats(const ChatStyle& style) {
  for (const InlineSpan& span : m_text.spans) {
    QTextCharFormat format;
    if (span.style & kCode) {
      format.setFont(style.mono, QTextCharFormat::FontPropertiesSpecifiedOnly);
      m_codeRanges << SourceSpan{span.begin, span.length};
    }
    if (span.style & kBold) format.setFontWeight(QFont::DemiBold);
    if (span.style & kItalic) format.setFontItalic(true);
    if (span.style & kSuper) format.setVerticalAlignment(QTextCharFormat::AlignSuperScript);
    if (span.style & kSub) format.setVerticalAlignment(QTextCharFormat::AlignSubScript);
    if (span.style & kStrike) format.setFontStrikeOut(true);
    if (span.style & kLink) {
      format.setForeground(style.colours.accent);
      format.setFontUnderline(true);
    }
    addFormat(span.begin, span.length, format);
  }
}

void TextBox::setWidth(qreal width) {
  if (width == m_setting.width) return;
  m_setting.width = width;
  m_layout.reset();
}

QTextLayout& TextBox::layout() const {
  if (m_layout) return *m_layout;
  layoutCounters().characters += m_text.text.size();
  m_layout = std::make_unique<QTextLayout>(m_text.text, m_setting.font);
  m_layout->setCacheEnabled(true);
  m_layout->setFormats(m_formats);
  const bool wraps = m_setting.width >= 0;
  QTextOption option(m_setting.alignment);
  option.setWrapMode(wraps ? QTextOption::WrapAtWordBoundaryOrAnywhere : QTextOption::NoWrap);
  option.setTabStopDistance(4 * QFontMetricsF(m_setting.font).horizontalAdvance(u' '));
  m_layout->setTextOption(option);
  m_layout->beginLayout();
  m_pitch = ChatStyle::linePitch(m_setting.font);
  for (QTextLine line = m_layout->createLine(); line.isValid(); line = m_layout->createLine()) {
    line.setLineWidth(wraps ? std::max(m_setting.width, 1.0) : kOneLine);
    m_pitch = std::max(m_pitch, std::ceil(line.height()));  // a fallback font may be taller
  }
  m_layout->endLayout();
  for (int i = 0; i < m_layout->lineCount(); ++i) {
    QTextLine line = m_layout->lineAt(i);
    line.setPosition({0, i * m_pitch + std::floor((m_pitch - line.height()) / 2)});
  }
  return *m_layout;
}

qreal TextBox::height() const {
  if (m_fixedHeight >= 0) return m_fixedHeight;
  return std::max(1, layout().lineCount()) * m_pitch;
}

qreal TextBox::naturalWidth() const {
  qreal widest = 0;
  for (int i = 0; i < layout().lineCount(); ++i)
    widest = std::max(widest, layout().lineAt(i).naturalTextWidth());
  return std::ceil(widest);
}

qreal TextBox::minimumWidth() const { return std::ceil(layout().minimumWidth()); }

void TextBox::draw(QPainter& painter, const QPointF& origin, const QVector<SourceSpan>& plain,
                   const QColor& colour) const {
  QVector<QTextLayout::FormatRange> overrides;
  const bool coloured = !m_formats.isEmpty() || m_setting.colour != colour;
  for (SourceSpan range : coloured ? merged(plain) : QVector<SourceSpan>()) {
    QTextCharFormat format;
    format.setForeground(colour);
    overrides << QTextLayout::FormatRange{range.begin, range.length, format};
  }
  painter.setPen(m_setting.colour);
  layout().draw(&painter, origin + position, overrides);
}

int TextBox::positionAt(QPointF point) const {
  const QTextLayout& lines = layout();
  if (point.y() < 0) return 0;
  if (point.y() >= height()) return int(m_text.text.size());
  const int index = std::clamp(int(point.y() / m_pitch), 0, std::max(0, lines.lineCount() - 1));
  if (lines.lineCount() == 0) return 0;
  return lines.lineAt(index).xToCursor(point.x());
}

int TextBox::characterAt(QPointF point) const {
  const QTextLayout& lines = layout();
  if (point.y() < 0 || point.y() >= height() || lines.lineCount() == 0) return -1;
  const QTextLine line = lines.lineAt(std::min(int(point.y() / m_pitch), lines.lineCount() - 1));
  const QRectF used = line.naturalTextRect();
  if (point.x() < used.left() || point.x() >= used.right()) return -1;
  return line.xToCursor(point.x(), QTextLine::CursorOnCharacter);
}

QVector<QRectF> TextBox::rectsOf(int begin, int length) const {
  QVector<QRectF> rects;
  const QTextLayout& lines = layout();
  for (int i = 0; i < lines.lineCount() && length > 0; ++i) {
    const QTextLine line = lines.lineAt(i);
    const int from = std::max(begin, line.textStart());
    const int to = std::min(begin + length, line.textStart() + line.textLength());
    if (from >= to) continue;
    const qreal a = line.cursorToX(from), b = line.cursorToX(to);
    // The space at which a line was broken shows nowhere; a word's first rectangle is not there.
    const QRectF used = line.naturalTextRect();
    const qreal left = std::max(std::min(a, b), used.left()), right = std::min(std::max(a, b), used.right());
    if (right > left) rects << QRectF(left, i * m_pitch, right - left, m_pitch);
  }
  return rects;
}

QRectF TextBox::caretRect(int at) const {
  const QTextLayout& lines = layout();
  if (lines.lineCount() == 0) return {0, 0, 2, m_pitch};
  const QTextLine line = lines.lineForTextPosition(std::clamp(at, 0, int(m_text.text.size())));
  if (!line.isValid()) return {0, 0, 2, m_pitch};
  return {line.cursorToX(at), line.lineNumber() * m_pitch, 2, m_pitch};
}

}  // namespace cutaway
