#include "ui/chat/markdown.h"

#include <algorithm>

#include "ui/chat/line_cursor.h"

namespace cutaway {

int MarkdownParser::update(const QString& text, bool complete) {
  restore();
  const int changed = std::max(0, m_blocksBefore - 1);
  const auto lineAt = [&](int begin, int end) {
    if (end > begin && text[end - 1] == u'\r') --end;
    return SourceSpan{begin, end - begin};
  };
  for (int end; (end = int(text.indexOf(u'\n', m_lineStart))) >= 0; m_lineStart = end + 1)
    process(text, lineAt(m_lineStart, end), false);
  save();
  if (m_lineStart < text.size())
    process(text, lineAt(m_lineStart, int(text.size())), !complete);
  if (complete) return changed;
  if (m_now.leaf == Leaf::paragraph && text.mid(m_lines.last().begin, 1) == u"|")
    makeTable(QVector<CellAlign>(tableCells(text, m_lines.last()).size()));
  if (!m_blocks.isEmpty()) m_blocks.last().growing = true;
  return changed;
}

void MarkdownParser::makeTable(const QVector<CellAlign>& columns) {
  if (m_blocks.last().lineCount > 1) {  // only the paragraph's last line is the head
    MarkdownBlock table = m_blocks.last();
    --m_blocks.last().lineCount;
    table.firstLine += table.lineCount - 1;
    table.lineCount = 1;
    table.opened = 0;
    table.blankBefore = false;
    m_blocks << table;
  }
  m_blocks.last().kind = BlockKind::table;
  m_blocks.last().columns = columns;
  m_now.leaf = Leaf::table;
}

void MarkdownParser::save() {
  m_before = m_now;
  m_blocksBefore = int(m_blocks.size());
  m_linesBefore = int(m_lines.size());
  if (!m_blocks.isEmpty()) m_lastBefore = m_blocks.last();
}

void MarkdownParser::restore() {
  m_now = m_before;
  m_blocks.resize(m_blocksBefore);
  m_lines.resize(m_linesBefore);
  if (!m_blocks.isEmpty()) m_blocks.last() = m_lastBefore;
}

}  // namespace cutaway
