#include <QPainter>
#include <algorithm>
#include <numeric>
#include <vector>

#include "ui/chat/block_layout.h"

namespace cutaway {

namespace {

constexpr qreal kPadX = ChatStyle::kGrid, kPadY = ChatStyle::kGrid / 2;
constexpr qreal kWidestWord = 240;  ///< a longer word may be broken before the table scrolls

Qt::Alignment alignmentOf(CellAlign align) {
  return align == CellAlign::right    ? Qt::AlignRight
         : align == CellAlign::centre ? Qt::AlignHCenter
                                      : Qt::AlignLeft;
}

/// Columns get what they want when it fits, else at least their longest word, else the table scrolls
/// sideways.
std::vector<qreal> columnWidths(const std::vector<qreal>& least, const std::vector<qreal>& wanted,
                                qreal room) {
  const qreal all = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  const qreal needed = std::accumulate(least.begin(), least.end(), 0.0);
  if (all <= room) return wanted;
  if (needed >= room) return least;
  std::vector<qreal> widths = least;
  for (size_t i = 0; i < widths.size(); ++i)
    widths[i] += std::floor((wanted[i] - least[i]) * (room - needed) / (all - needed));
  return widths;
}

class TableBlock : public BlockLayout {
 public:
  TableBlock(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block,
             const ChatStyle& style, qreal blockWidth)
      : m_columns(size_t(block.columns.size())) {
    width = blockWidth;
    for (int row = 0; row < block.lineCount; ++row)
      addRow(source, parser.lines()[block.firstLine + row], block, style, row);
    arrange();
  }

  void paintGround(QPainter& painter, const ChatStyle& style) const override {
    const qreal right = std::min(width, m_contentWidth);
    for (size_t row = 0; row + 1 < m_rowTops.size(); ++row)
      painter.fillRect(QRectF(0, m_rowTops[row + 1] - 1, right, 1),
                       row == 0 ? mixPerceptually(style.colours.hairline, style.colours.mutedText, 0.4f)
                                : style.colours.hairline);
  }

  QChar separatorAfter(size_t box) const override { return (box + 1) % m_columns == 0 ? u'\n' : u'\t'; }

 private:
  void addRow(const QString& source, SourceSpan line, const MarkdownBlock& block, const ChatStyle& style,
              int row) {
    auto cells = tableCells(source, line);
    QFont font = style.body;
    if (row == 0) font.setWeight(QFont::DemiBold);
    for (int column = 0; column < block.columns.size(); ++column) {
      const SourceSpan cell = column < cells.size() ? cells[column] : SourceSpan{line.end(), 0};
      const bool last = row == block.lineCount - 1 && column >= cells.size() - 1;
      TextBox& box = m_boxes.emplace_back(
          parseInline(source, {cell}, {.growing = block.growing && last, .inTable = true}),
          TextBox::Setting{font, style.colours.text, -1, alignmentOf(block.columns[column])});
      box.addInlineFormats(style);
    }
  }

  void arrange() {
    std::vector<qreal> least(m_columns), wanted(m_columns);
    for (size_t i = 0; i < m_boxes.size(); ++i) {
      const qreal natural = m_boxes[i].naturalWidth() + 1;
      const qreal word = std::min({natural, m_boxes[i].minimumWidth() + 1, kWidestWord});
      wanted[i % m_columns] = std::max(wanted[i % m_columns], natural + 2 * kPadX);
      least[i % m_columns] = std::max(least[i % m_columns], word + 2 * kPadX);
    }
    const std::vector<qreal> widths = columnWidths(least, wanted, width);
    m_contentWidth = std::accumulate(widths.begin(), widths.end(), 0.0);
    m_rowTops.assign(1, 0);
    for (size_t first = 0; first < m_boxes.size(); first += m_columns) {
      qreal x = 0, tallest = 0;
      for (size_t i = first; i < first + m_columns; x += widths[i - first], ++i) {
        m_boxes[i].setWidth(widths[i - first] - 2 * kPadX);
        m_boxes[i].position = {x + kPadX, m_rowTops.back() + kPadY};
        tallest = std::max(tallest, m_boxes[i].height());
      }
      m_rowTops.push_back(m_rowTops.back() + tallest + 2 * kPadY + 1);
    }
    height = m_rowTops.back() + (m_contentWidth > width ? ChatStyle::kGrid : 0);
  }

  size_t m_columns;
  std::vector<qreal> m_rowTops;  ///< and the bottom
};

}  // namespace

std::unique_ptr<BlockLayout> makeTableBlock(const QString& source, const MarkdownParser& parser,
                                            const MarkdownBlock& block, const ChatStyle& style, qreal width) {
  return std::make_unique<TableBlock>(source, parser, block, style, width);
}

}  // namespace cutaway
