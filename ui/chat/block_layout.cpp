#include "ui/chat/block_layout.h"

#include <QPainter>
#include <algorithm>
#include <iterator>
#include <utility>

namespace cutaway {

namespace {

constexpr std::pair<BlockKind, BlockMaker> kMakers[] = {
    {BlockKind::paragraph, makeTextBlock}, {BlockKind::heading, makeTextBlock},
    {BlockKind::code, makeCodeBlock},      {BlockKind::table, makeTableBlock},
    {BlockKind::rule, makeRuleBlock},
};

/// A paragraph or heading: one box.
class TextBlock : public BlockLayout {
 public:
  TextBlock(InlineText text, const QFont& font, const QColor& colour, const ChatStyle& style,
            qreal blockWidth) {
    width = blockWidth;
    m_boxes.emplace_back(std::move(text), TextBox::Setting{font, colour, blockWidth});
    m_boxes.back().addInlineFormats(style);
    height = m_boxes.back().height();
  }
};

class PlainBlock : public BlockLayout {
 public:
  PlainBlock(const QString& source, const TextBox::Setting& setting) {
    width = setting.width;
    for (int begin = 0; begin <= source.size();) {
      qsizetype end = source.indexOf(u'\n', begin);
      if (end < 0) end = source.size();
      TextBox& box = m_boxes.emplace_back(verbatimInline(source, {begin, int(end) - begin}), setting);
      box.position = {0, height};
      height += box.height();
      m_contentWidth = std::max(m_contentWidth, box.naturalWidth());
      begin = int(end) + 1;
    }
  }
};

class RuleBlock : public BlockLayout {
 public:
  explicit RuleBlock(qreal blockWidth) {
    width = blockWidth;
    height = 2 * ChatStyle::kGrid;
  }
  void paintGround(QPainter& painter, const ChatStyle& style) const override {
    painter.fillRect(QRectF(0, ChatStyle::kGrid, width, 1), style.colours.hairline);
  }
};

}  // namespace

std::unique_ptr<BlockLayout> makeTextBlock(const QString& source, const MarkdownParser& parser,
                                           const MarkdownBlock& block, const ChatStyle& style, qreal width) {
  return std::make_unique<TextBlock>(
      parseInline(source, parser.linesOf(block), {.growing = block.growing}),
      block.kind == BlockKind::heading ? style.heading(block.level) : style.body, style.colours.text, style,
      width);
}

std::unique_ptr<BlockLayout> makeRuleBlock(const QString&, const MarkdownParser&, const MarkdownBlock&,
                                           const ChatStyle&, qreal width) {
  return std::make_unique<RuleBlock>(width);
}

std::unique_ptr<BlockLayout> makeBlockLayout(const QString& source, const MarkdownParser& parser,
                                             const MarkdownBlock& block, const ChatStyle& style,
                                             qreal width) {
  ++layoutCounters().blocks;
  const auto* maker = std::find_if(std::begin(kMakers), std::end(kMakers),
                                   [&](const auto& row) { return row.first == block.kind; });
  return maker->second(source, parser, block, style, std::max(width, 1.0));
}

std::unique_ptr<BlockLayout> makePlainLayout(const QString& source, const QFont& font, const QColor& colour,
                                             qreal width, Qt::Alignment alignment) {
  ++layoutCounters().blocks;
  return std::make_unique<PlainBlock>(source,
                                      TextBox::Setting{font, colour, std::max(width, 1.0), alignment});
}

bool BlockLayout::setScroll(qreal scroll) {
  const qreal before = std::exchange(m_scroll, std::clamp(scroll, 0.0, maximumScroll()));
  return m_scroll != before;
}

QRectF BlockLayout::scrollBar() const {
  if (maximumScroll() <= 0) return {};
  const QRectF view = viewport();
  const qreal length = std::max(24.0, view.width() * view.width() / m_contentWidth);
  const qreal x = view.left() + (view.width() - length) * (m_scroll / maximumScroll());
  return {x, view.bottom() - 6, length, 4};
}

void BlockLayout::visit(qreal top, qreal bottom,
                        const std::function<void(const TextBox&, QPointF)>& show) const {
  // A table's cells of one row differ in height, so that only the tops are in order.
  for (const TextBox& box : m_boxes) {
    if (box.position.y() >= bottom) break;
    if (box.position.y() + box.height() > top) show(box, boxOrigin());
  }
}

size_t BlockLayout::boxAt(QPointF point) const {
  point -= boxOrigin();
  size_t nearest = 0;
  qreal least = 1e18;
  for (size_t i = 0; i < m_boxes.size(); ++i) {
    const QRectF rect = m_boxes[i].rect();
    const qreal dy = std::max({rect.top() - point.y(), 0.0, point.y() - rect.bottom() + 1e-3});
    const qreal dx = std::max({rect.left() - point.x(), 0.0, point.x() - rect.right()});
    const qreal distance = dy * 1e4 + dx;
    if (distance < least) {
      least = distance;
      nearest = i;
    }
    if (rect.top() > point.y() && dy * 1e4 > least) break;
  }
  return nearest;
}

size_t BlockLayout::boxOf(int source) const {
  const auto after = std::upper_bound(m_boxes.begin(), m_boxes.end(), source,
                                      [](int at, const TextBox& box) { return at < box.text().sourceBegin; });
  return after == m_boxes.begin() ? 0 : size_t(after - m_boxes.begin()) - 1;
}

std::pair<size_t, size_t> BlockLayout::boxesIn(int begin, int end) const {
  if (m_boxes.empty()) return {0, 0};
  const auto after = std::lower_bound(m_boxes.begin(), m_boxes.end(), end,
                                      [](const TextBox& box, int at) { return box.text().sourceBegin < at; });
  return {boxOf(begin), std::max(boxOf(begin), size_t(after - m_boxes.begin()))};
}

}  // namespace cutaway
