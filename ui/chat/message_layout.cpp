#include "ui/chat/message_layout.h"

#include <algorithm>
#include <cmath>

namespace cutaway {

namespace {

constexpr qreal kGrid = ChatStyle::kGrid;
constexpr qreal kBubblePadX = 1.5 * kGrid, kBubblePadY = kGrid;

qreal columnWidth(qreal width) {
  const qreal margin = width < 480 ? 1.5 * kGrid : 3 * kGrid;
  return std::max(64.0, std::min<qreal>(ChatStyle::kColumn, width - 2 * margin));
}

}  // namespace

float surpriseOf(const ChatToken& token, TokenColouring colouring) {
  if (colouring == TokenColouring::entropy) return std::clamp(token.entropy / 4.0f, 0.0f, 1.0f);
  if (token.probability <= 0) return 1;
  return std::clamp(-std::log(token.probability) / std::log(100.0f), 0.0f, 1.0f);
}

MessageLayout::MessageLayout(const ChatItem& item, const ChatStyle& style, qreal width)
    : m_style(style), m_role(item.role), m_width(width), m_column(columnWidth(width)) {
  ++layoutCounters().messages;
  m_left = std::floor((width - m_column) / 2);
  update(item);
}

void MessageLayout::update(const ChatItem& item) {
  m_streaming = item.streaming;
  if (m_role == ChatRole::assistant)
    layoutAnswer(item);
  else
    layoutPlain(item);
  finish(item);
}

void MessageLayout::layoutAnswer(const ChatItem& item) {
  const int changed = m_parser.update(item.text, !item.streaming);
  const auto& blocks = m_parser.blocks();
  if (m_placed.size() > size_t(blocks.size())) m_placed.resize(size_t(blocks.size()));
  size_t first = std::min(m_placed.size(), size_t(changed));
  for (size_t i = first; i < size_t(blocks.size()); ++i) {
    const MarkdownBlock& block = blocks[qsizetype(i)];
    if (i == m_placed.size()) m_placed.emplace_back();
    Placed& placed = m_placed[i];
    const bool sameStart = placed.layout && placed.block.kind == block.kind &&
                           placed.block.containers == block.containers && placed.block.fenced == block.fenced;
    const SourceSpan lastLine =
        block.lineCount > 0 ? m_parser.lines()[block.firstLine + block.lineCount - 1] : SourceSpan{};
    if (placed.layout && placed.block == block && placed.lastLine == lastLine) continue;
    placed.lastLine = lastLine;
    placed.left = m_left + indentOf(block, block.containers.size());
    placed.block = block;
    if (sameStart && placed.layout->grow(item.text, m_parser, block)) continue;
    placed.layout = makeBlockLayout(item.text, m_parser, block, m_style, m_left + m_column - placed.left);
  }
  placeFrom(first);
  collectActions(first);
}

void MessageLayout::layoutPlain(const ChatItem& item) {
  const bool isUser = m_role == ChatRole::user;
  const QFont& font = isUser ? m_style.body : m_style.small;
  const qreal widest =
      isUser ? std::floor(m_column * (m_column < 400 ? 0.9 : 0.8)) - 2 * kBubblePadX : m_column;
  m_placed.clear();
  Placed& placed = m_placed.emplace_back();
  placed.layout = makePlainLayout(item.text, font, isUser ? m_style.colours.text : m_style.colours.mutedText,
                                  widest, isUser ? Qt::AlignLeft : Qt::AlignHCenter);
  placed.left =
      isUser ? m_left + m_column - kBubblePadX - std::min(widest, placed.layout->contentWidth()) : m_left;
  placeFrom(0);
}

qreal MessageLayout::contentTop() const {
  if (m_role == ChatRole::user) return kGrid + kBubblePadY;
  return m_role == ChatRole::assistant ? kGrid / 2 : kGrid;
}

void MessageLayout::placeFrom(size_t first) {
  const qreal top = contentTop();
  for (size_t i = first; i < m_placed.size(); ++i) {
    Placed& placed = m_placed[i];
    placed.gap = gapBefore(i);
    const qreal y =
        i == 0 ? top : m_placed[i - 1].layout->position.y() + m_placed[i - 1].layout->height + placed.gap;
    placed.layout->position = {placed.left, y};
  }
}

void MessageLayout::finish(const ChatItem& item) {
  const bool isUser = m_role == ChatRole::user;
  const qreal top = contentTop();
  const qreal bottom = m_placed.empty()
                           ? top + ChatStyle::linePitch(m_style.body)
                           : m_placed.back().layout->position.y() + m_placed.back().layout->height;
  m_content = {m_left, top, m_column, bottom - top};
  if (isUser) {
    const qreal bubbleWidth =
        std::min(m_placed.front().layout->width, m_placed.front().layout->contentWidth());
    m_bubble = QRectF(m_left + m_column - bubbleWidth - 2 * kBubblePadX, kGrid, bubbleWidth + 2 * kBubblePadX,
                      bottom - top + 2 * kBubblePadY);
    m_content = m_bubble;
  }
  m_footer = layoutFooter(item, m_style, m_left, m_column);
  const qreal footerTop = m_content.bottom() + kGrid / 2;
  m_footer.text.translate(0, footerTop);
  m_footer.siblings.translate(0, footerTop);
  for (ActionSpot& spot : m_footer.actions) spot.rect.translate(0, footerTop);
  m_height = std::ceil(footerTop + m_footer.height + (m_role == ChatRole::user ? 0 : kGrid));
  m_actions.resize(m_blockActions);
  m_actions << m_footer.actions;
}

void MessageLayout::collectActions(size_t first) {
  m_actions.resize(m_blockActions);
  while (!m_actions.isEmpty() && m_actions.last().block >= int(first)) m_actions.removeLast();
  for (size_t i = first; i < m_placed.size(); ++i) {
    const BlockLayout& layout = *m_placed[i].layout;
    if (layout.copyButton().isNull())
      collectLinks(int(i));
    else
      m_actions << ActionSpot{.action = ChatAction::copyCode,
                              .rect = layout.copyButton().translated(layout.position),
                              .label = ChatText::tr("Copy"),
                              .name = ChatText::tr("Copy code"),
                              .block = int(i),
                              .link = {}};
  }
  m_blockActions = m_actions.size();
}

void MessageLayout::collectLinks(int block) {
  const BlockLayout& layout = *m_placed[size_t(block)].layout;
  for (const TextBox& box : layout.boxes())
    for (const InlineSpan& span : box.text().spans) {
      if (span.link < 0) continue;
      const QString& address = box.text().links[span.link];
      if (!m_actions.isEmpty() && m_actions.last().link == address && m_actions.last().block == block)
        continue;
      const auto rects = box.rectsOf(span.begin, span.length);
      if (rects.isEmpty()) continue;
      m_actions << ActionSpot{
          .action = ChatAction::openLink,
          .rect = rects.first().translated(box.position + layout.boxOrigin() + layout.position),
          .label = {},
          .name = ChatText::tr("Link to %1").arg(address),
          .block = block,
          .link = address};
    }
}

qreal MessageLayout::indentOf(const MarkdownBlock& block, qsizetype depth) const {
  qreal indent = 0;
  const QFontMetricsF metrics(m_style.body);
  for (qsizetype i = 0; i < depth; ++i) {
    const MarkdownContainer& container = block.containers[i];
    qreal own = container.quote ? ChatStyle::kQuoteIndent : ChatStyle::kIndent;
    if (container.ordered && container.number > 99)
      own = std::max(own, metrics.horizontalAdvance(QString::number(container.number)) + 2 * kGrid);
    indent += own;
  }
  return std::min(indent, m_column * 0.6);  // deep nesting must leave room for text
}

qreal MessageLayout::gapBefore(size_t index) const {
  if (index == 0) return 0;
  const MarkdownBlock &before = m_placed[index - 1].block, &block = m_placed[index].block;
  if (block.kind == BlockKind::heading) return 2.5 * kGrid;
  if (before.kind == BlockKind::heading) return kGrid;
  const bool inList = !block.containers.isEmpty() && !block.containers.last().quote;
  if (inList && block.opened > 0 && !block.blankBefore && block.kind == BlockKind::paragraph)
    return kGrid / 2;
  return 1.5 * kGrid;
}

}  // namespace cutaway
