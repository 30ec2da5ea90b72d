#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "ui/chat/chat_text.h"
#include "ui/chat/message_layout.h"

namespace cutaway {

namespace {

constexpr float kLeastWeight = 0.03f;  ///< that is tinted

constexpr qreal kGrid = ChatStyle::kGrid;

void fillRounded(QPainter& painter, const QRectF& rect, qreal radius, const QColor& colour) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawRoundedRect(rect, radius, radius);
}

void frameRounded(QPainter& painter, const QRectF& rect, qreal radius, const QColor& colour, qreal width) {
  painter.setPen(QPen(colour, width));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(rect, radius, radius);
}

/// Calls back with the rectangles, in the painter's coordinates, of a source range within one box; returns
/// the rendered range.
template <typename Callback>
SourceSpan eachRect(const TextBox& box, QPointF origin, int begin, int end, Callback&& callback) {
  if (end <= box.text().sourceBegin || begin >= box.text().sourceEnd) return {};
  const SourceSpan range = box.text().renderedRange(begin, end);
  for (const QRectF& rect : box.rectsOf(range.begin, range.length))
    callback(rect.translated(origin + box.position));
  return range;
}

}  // namespace

void MessageLayout::paint(QPainter& painter, const QRectF& clip, const ChatItem& item,
                          const MessageOverlay& overlay) const {
  painter.setRenderHint(QPainter::Antialiasing);
  if (m_role == ChatRole::user) fillRounded(painter, m_bubble, 12, m_style.colours.userBubble);
  const auto first = std::partition_point(m_placed.begin(), m_placed.end(), [&](const Placed& placed) {
    return placed.layout->position.y() + placed.layout->height < clip.top();
  });
  for (auto i = first; i != m_placed.end() && i->layout->position.y() - i->gap < clip.bottom(); ++i) {
    const BlockLayout& layout = *i->layout;
    paintMarkers(painter, *i, i == m_placed.begin() ? nullptr : &*std::prev(i));
    painter.save();
    painter.translate(layout.position);
    layout.paintGround(painter, m_style);
    if (layout.maximumScroll() > 0) painter.setClipRect(layout.viewport(), Qt::IntersectClip);
    layout.visit(
        clip.top() - layout.position.y(), clip.bottom() - layout.position.y(),
        [&](const TextBox& box, QPointF origin) { paintBox(painter, *i, box, origin, item, overlay); });
    const QRectF handle = layout.scrollBar();
    if (!handle.isNull())
      fillRounded(painter, handle, 2,
                  mixPerceptually(layout.ground(m_style), m_style.colours.mutedText, 0.5f));
    painter.restore();
  }
  if (showsNothing()) {
    painter.setFont(m_style.small);
    painter.setPen(m_style.colours.mutedText);
    painter.drawText(m_content, Qt::AlignLeft | Qt::AlignVCenter, invisibleAnswerText());
  }
  if (m_streaming) paintCaret(painter);
  paintFooter(painter, item, overlay);
  for (int i = 0; i < m_actions.size(); ++i) paintAction(painter, i, overlay);
  if (overlay.focused && overlay.focusedAction < 0)
    frameRounded(painter, m_content.adjusted(-kGrid + 0.5, -kGrid / 2 + 0.5, kGrid - 0.5, kGrid / 2 - 0.5), 8,
                 m_style.colours.accent, 1.5);
}

void MessageLayout::paintMarkers(QPainter& painter, const Placed& placed, const Placed* previous) const {
  const MarkdownBlock& block = placed.block;
  const qreal top = placed.layout->position.y();
  for (qsizetype i = 0; i < block.containers.size(); ++i) {
    const MarkdownContainer& container = block.containers[i];
    const qreal left = m_left + indentOf(block, i);
    if (container.quote) {
      const bool goesOn = previous && previous->block.containers.size() > i &&
                          previous->block.containers[i].id == container.id;
      const qreal from = goesOn ? top - placed.gap : top;
      fillRounded(painter, QRectF(left, from, 3, top + placed.layout->height - from), 1.5,
                  m_style.colours.hairline);
    } else if (i >= block.containers.size() - block.opened) {
      const QFont font = block.kind == BlockKind::heading ? m_style.heading(block.level) : m_style.body;
      const QRectF area(left, top, m_left + indentOf(block, i + 1) - left - kGrid * 0.75,
                        ChatStyle::linePitch(font));
      if (container.task != TaskState::none) {
        paintTask(painter, area, container.task);
        continue;
      }
      painter.setFont(m_style.body);
      painter.setPen(m_style.colours.mutedText);
      const QString marker =
          container.ordered ? QString::number(container.number) + container.delimiter : QStringLiteral("•");
      painter.drawText(area, Qt::AlignRight | Qt::AlignVCenter | Qt::TextDontClip, marker);
    }
  }
}

void MessageLayout::paintTask(QPainter& painter, const QRectF& area, TaskState task) const {
  constexpr qreal kSide = 13;
  const QRectF square(std::round(area.right() - kSide) + 0.5, std::round(area.center().y() - kSide / 2) + 0.5,
                      kSide, kSide);
  if (task == TaskState::open) return frameRounded(painter, square, 3, m_style.colours.mutedText, 1);
  fillRounded(painter, square, 3, m_style.colours.accent);
  QPainterPath tick(square.topLeft() + QPointF(3, 6.5));
  tick.lineTo(square.topLeft() + QPointF(5.5, 9.5));
  tick.lineTo(square.topLeft() + QPointF(10, 3.5));
  painter.setPen(QPen(m_style.colours.onAccent, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(tick);
}

void MessageLayout::paintBox(QPainter& painter, const Placed& placed, const TextBox& box, QPointF origin,
                             const ChatItem& item, const MessageOverlay& overlay) const {
  const QColor ground = placed.layout->ground(m_style);
  for (SourceSpan code : box.codeRanges())
    for (const QRectF& rect : box.rectsOf(code.begin, code.length))
      fillRounded(painter, rect.translated(origin + box.position).adjusted(-2, 2, 2, -2), 3,
                  mixPerceptually(ground, m_style.colours.text, 0.06f));
  QVector<SourceSpan> plain;
  if (showsWeights(overlay.colouring) && overlay.weights) paintWeights(painter, box, origin, ground, *overlay.weights);
  if (overlay.tokenStarts && !item.tokens.isEmpty())
    plain = paintTokens(painter, box, origin, ground, item, overlay);
  for (int i = 0; i < overlay.matches.size(); ++i)
    plain << eachRect(box, origin, overlay.matches[i].begin, overlay.matches[i].end(),
                      [&](const QRectF& rect) {
                        const bool current = i == overlay.currentMatch;
                        fillRounded(painter, rect.adjusted(0, 1, 0, -1), 2,
                                    current ? m_style.colours.currentMatch : m_style.colours.match);
                      });
  if (overlay.selection.length > 0)
    plain << eachRect(box, origin, overlay.selection.begin, overlay.selection.end(), [&](const QRectF& rect) {
      painter.fillRect(rect.toAlignedRect(), m_style.colours.selection);
    });
  box.draw(painter, origin, plain, m_style.colours.text);
}

void MessageLayout::paintWeights(QPainter& painter, const TextBox& box, QPointF origin, const QColor& ground,
                                 const TokenWeights& of) const {
  for (int token = 0; token < of.weights.size(); ++token) {
    if (of.weights[token] < kLeastWeight) continue;
    const QColor tint = Theme::instance().surprise(of.weights[token], ground);
    eachRect(box, origin, of.starts[token], of.starts[token + 1],
             [&](const QRectF& rect) { fillRounded(painter, rect.adjusted(0, 1, 0, -1), 2, tint); });
  }
}

QVector<SourceSpan> MessageLayout::paintTokens(QPainter& painter, const TextBox& box, QPointF origin,
                                               const QColor& ground, const ChatItem& item,
                                               const MessageOverlay& overlay) const {
  const QVector<int>& starts = *overlay.tokenStarts;
  const InlineText& text = box.text();
  auto token = int(std::upper_bound(starts.begin(), starts.end(), text.sourceBegin) - starts.begin()) - 1;
  QVector<SourceSpan> strong;
  for (token = std::max(token, 0); token < item.tokens.size() && starts[token] < text.sourceEnd; ++token) {
    const float surprise =
        overlay.colouring == TokenColouring::none || showsWeights(overlay.colouring)
            ? 0
            : surpriseOf(item.tokens[token], overlay.colouring);
    const bool marked = token == overlay.hoveredToken || token == overlay.selectedToken;
    if (surprise < 0.02f && !marked) continue;
    const QColor tint = Theme::instance().surprise(surprise, ground);
    const SourceSpan range = eachRect(box, origin, starts[token], starts[token + 1], [&](const QRectF& rect) {
      if (surprise >= 0.02f) fillRounded(painter, rect.adjusted(0, 1, 0, -1), 2, tint);
      if (marked)
        frameRounded(painter, rect.adjusted(-0.5, 1.5, 0.5, -1.5), 3,
                     token == overlay.selectedToken ? m_style.colours.accent : m_style.colours.mutedText,
                     token == overlay.selectedToken ? 1.5 : 1);
    });
    if (surprise > kFaintSurprise) strong << range;
  }
  return strong;
}

void MessageLayout::paintCaret(QPainter& painter) const {
  QRectF caret(m_left, contentTop(), 2, ChatStyle::linePitch(m_style.body));
  if (!m_placed.empty() && !m_placed.back().layout->boxes().empty()) {
    const BlockLayout& layout = *m_placed.back().layout;
    const TextBox& box = layout.boxes().back();
    caret = box.caretRect(int(box.text().text.size()))
                .translated(box.position + layout.boxOrigin() + layout.position);
    caret.moveLeft(std::min(caret.left(), layout.position.x() + layout.width - caret.width()));
  }
  painter.fillRect(caret.adjusted(1, 2, 1, -2), m_style.colours.accent);
}

void MessageLayout::paintFooter(QPainter& painter, const ChatItem& item, const MessageOverlay&) const {
  painter.setFont(m_style.small);
  painter.setPen(m_style.colours.mutedText);
  const QFontMetricsF metrics(m_style.small);
  painter.drawText(m_footer.text, Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(item.footer, Qt::ElideRight, m_footer.text.width()));
  if (item.siblings > 1 && !m_footer.actions.isEmpty())
    painter.drawText(m_footer.siblings, Qt::AlignCenter,
                     QStringLiteral("%1 / %2").arg(item.sibling).arg(item.siblings));
}

void MessageLayout::paintAction(QPainter& painter, int index, const MessageOverlay& overlay) const {
  const ActionSpot& spot = m_actions[index];
  const bool focused = overlay.focused && overlay.focusedAction == index;
  if (focused)
    frameRounded(painter, spot.rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, m_style.colours.accent, 1.5);
  const bool shown = spot.always || overlay.hovered || overlay.focused;
  if (spot.label.isEmpty() || !shown) return;
  const bool lit = index == overlay.hoveredAction || focused;
  const QColor dimmed = mixPerceptually(m_style.colours.window, m_style.colours.mutedText, 0.4f);
  painter.setFont(m_style.small);
  painter.setPen(!spot.enabled ? dimmed : lit ? m_style.colours.accent : m_style.colours.mutedText);
  const bool copied = index == overlay.copiedAction;
  painter.drawText(spot.rect.adjusted(-kGrid, 0, kGrid, 0), Qt::AlignCenter,
                   copied ? ChatText::tr("Copied") : spot.label);
}

}  // namespace cutaway
