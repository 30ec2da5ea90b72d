// One line of Markdown: the parser's step, after CommonMark's "phase 1".
#include <algorithm>

#include "ui/chat/line_cursor.h"
#include "ui/chat/markdown.h"

namespace cutaway {

namespace {
constexpr int kDeepest = 32;  // containers; deeper markers stay text, so that cost per line has a bound
}

/// Matches the open containers, opens new ones, adds the rest.
class MarkdownLine {
 public:
  MarkdownLine(MarkdownParser& parser, QStringView text, SourceSpan line, bool open)
      : m_parser(parser), m_now(parser.m_now), m_text(text), m_cursor(text, line), m_open(open) {}

  void process() {
    matchContainers();
    if (m_now.leaf == Leaf::fence && allMatched()) return fenceLine();
    if (m_cursor.blank()) return blankLine();
    if (m_now.leaf == Leaf::indented && allMatched() && m_cursor.indent() >= 4) return indentedLine();
    if (!startBlocks()) textLine();
  }

 private:
  using Leaf = MarkdownParser::Leaf;

  bool allMatched() const { return m_matched == m_now.stack.size(); }
  /// A paragraph is open that this line may go on with, perhaps lazily.
  bool inParagraph() const { return m_now.leaf == Leaf::paragraph && !m_opened; }
  MarkdownBlock& last() { return m_parser.m_blocks.last(); }

  void matchContainers() {
    for (m_matched = 0; m_matched < m_now.stack.size(); ++m_matched) {
      const auto& container = m_now.stack[m_matched];
      if (container.shown.quote ? !skipQuoteMarker() : !skipItemIndent(container.indent)) return;
    }
  }

  bool skipQuoteMarker() {
    LineCursor at = m_cursor;
    if (at.indent() > 3) return false;
    at.skipColumns(3);
    if (!at.rest().startsWith(u'>')) return false;
    at.skipCharacters(1);
    at.skipColumns(1);
    m_cursor = at;
    return true;
  }

  bool skipItemIndent(int indent) {
    if (m_cursor.blank()) return m_now.leaf != Leaf::emptyItem;
    if (m_cursor.indent() < indent) return false;
    m_cursor.skipColumns(indent);
    return true;
  }

  /// Closes the containers that this line is not in.
  void settle() {
    if (allMatched()) return;
    m_now.fresh = std::max(0, m_now.fresh - int(m_now.stack.size() - m_matched));
    m_now.stack.resize(m_matched);
    m_now.leaf = Leaf::none;
    m_now.heldBlanks.clear();
  }

  /// The block that stood for an empty item gives way to the item's content.
  void reclaimEmptyItem() {
    if (m_now.leaf != Leaf::emptyItem) return;
    m_now.fresh += last().opened;
    m_now.blank = m_now.blank || last().blankBefore;
    m_parser.m_blocks.removeLast();
    m_now.leaf = Leaf::none;
  }

  MarkdownBlock& startBlock(BlockKind kind, Leaf leaf) {
    settle();
    reclaimEmptyItem();
    MarkdownBlock block;
    block.kind = kind;
    for (const auto& container : m_now.stack) block.containers << container.shown;
    block.opened = m_now.fresh;
    block.blankBefore = m_now.blank && !m_parser.m_blocks.isEmpty();
    block.firstLine = int(m_parser.m_lines.size());
    m_now.fresh = 0;
    m_now.blank = false;
    m_now.heldBlanks.clear();
    m_now.leaf = leaf;
    m_parser.m_blocks << block;
    return last();
  }

  void addLine(SourceSpan span) {
    m_parser.m_lines << span;
    ++last().lineCount;
    m_now.blank = false;
  }

  void openContainer(const MarkdownContainer& shown, int indent) {
    settle();
    reclaimEmptyItem();
    m_now.leaf = Leaf::none;
    m_now.stack << MarkdownParser::OpenContainer{shown, indent};
    m_now.stack.last().shown.id = m_now.nextContainer++;
    ++m_now.fresh;
    m_matched = int(m_now.stack.size());
    m_opened = true;
  }

  void fenceLine() {
    LineCursor at = m_cursor;
    at.skipColumns(3);
    if (m_cursor.indent() <= 3 && closesFence(at.rest(), m_now.fenceCharacter, m_now.fenceLength)) {
      last().closed = true;
      m_now.leaf = Leaf::none;
      return;
    }
    const bool mayClose = !at.rest().isEmpty() && closesFence(at.rest(), m_now.fenceCharacter, 1);
    if (m_open && mayClose) return;  // held back
    m_cursor.skipColumns(std::min(m_cursor.indent(), m_now.fenceIndent));
    addLine(m_cursor.restSpan());
  }

  void indentedLine() {
    for (SourceSpan blank : std::as_const(m_now.heldBlanks)) addLine(blank);
    m_now.heldBlanks.clear();
    m_cursor.skipColumns(4);
    addLine(m_cursor.restSpan());
  }

  void blankLine() {
    settle();
    if (m_now.leaf == Leaf::indented) {
      m_cursor.skipColumns(4);
      m_now.heldBlanks << m_cursor.restSpan();
    } else {
      m_now.leaf = Leaf::none;
    }
    m_now.blank = true;
  }

  /// Opens containers and blocks as long as the line begins with their markers; true when the line is used
  /// up.
  bool startBlocks() {
    for (;;) {
      const int indent = m_cursor.indent();
      if (indent >= 4 && inParagraph()) return false;
      if (indent >= 4) {
        MarkdownBlock& code = startBlock(BlockKind::code, Leaf::indented);
        code.closed = true;
        indentedLine();
        return true;
      }
      if (m_now.stack.size() >= kDeepest && m_matched >= kDeepest) return false;
      if (skipQuoteMarker()) {
        openContainer({.quote = true}, 0);
        if (m_cursor.blank()) return true;
        continue;
      }
      LineCursor at = m_cursor;
      at.skipColumns(indent);
      if (m_open && isUndecided(at.rest())) return true;  // held back
      if (startLeaf(at, indent)) return true;
      const auto item = itemStart(at.rest());
      if (!item || !mayOpen(*item, at)) return false;
      at.skipCharacters(item->width);
      m_cursor = at;
      if (openItem(*item, indent)) return true;
    }
  }

  bool startLeaf(LineCursor at, int indent) {
    const QStringView rest = at.rest();
    const int begin = at.restSpan().begin;
    if (const auto heading = headingStart(rest)) {
      startBlock(BlockKind::heading, Leaf::none).level = heading->level;
      addLine({begin + heading->content.begin, heading->content.length});
      return true;
    }
    if (const auto fence = fenceStart(rest)) {
      MarkdownBlock& code = startBlock(BlockKind::code, Leaf::fence);
      code.fenced = true;
      code.language = {begin + fence->language.begin, fence->language.length};
      m_now.fenceCharacter = fence->character;
      m_now.fenceLength = fence->length;
      m_now.fenceIndent = indent;
      return true;
    }
    if (const int level = setextLevel(rest); level && inParagraph() && allMatched()) {
      last().kind = BlockKind::heading;
      last().level = level;
      m_now.leaf = Leaf::none;
      return true;
    }
    if (!isRule(rest)) return false;
    startBlock(BlockKind::rule, Leaf::none);
    return true;
  }

  /// A list may not cut into a paragraph with an empty item or a number other than one.
  bool mayOpen(const ItemStart& item, LineCursor at) const {
    if (!inParagraph() || !allMatched()) return true;
    at.skipCharacters(item.width);
    return !at.blank() && (!item.ordered || item.number == 1);
  }

  /// True when nothing follows the marker.
  bool openItem(const ItemStart& item, int indent) {
    settle();
    MarkdownContainer shown{.ordered = item.ordered, .delimiter = item.delimiter, .number = numberOf(item)};
    const bool empty = m_cursor.blank();
    const int spaces = m_cursor.indent();
    const int gap = empty || spaces > 4 ? 1 : spaces;
    if (!empty) m_cursor.skipColumns(gap);
    const auto task = taskStart(m_cursor.rest());
    if (task) {
      shown.task = *task;
      m_cursor.skipCharacters(4);
    }
    openContainer(shown, indent + item.width + gap);
    if (!m_cursor.blank() && !(m_open && isUndecidedTask(m_cursor.rest()))) return false;
    startBlock(BlockKind::paragraph, Leaf::emptyItem);
    return true;
  }

  /// One more than the item before, if that is in the same list; the written number counts for the first
  /// alone.
  int numberOf(const ItemStart& item) const {
    const qsizetype depth = m_now.stack.size();
    if (m_parser.m_blocks.isEmpty()) return item.number;
    const auto& before = m_parser.m_blocks.constLast().containers;
    if (before.size() <= depth) return item.number;
    for (qsizetype i = 0; i < depth; ++i)
      if (before[i].id != m_now.stack[i].shown.id) return item.number;
    const bool sameList = !before[depth].quote && before[depth].ordered == item.ordered &&
                          before[depth].delimiter == item.delimiter;
    return sameList ? before[depth].number + 1 : item.number;
  }

  void textLine() {
    if (inParagraph()) {
      if (allMatched() && endsTableHead()) return;
      return addLine(m_cursor.trimmedSpan());
    }
    if (m_now.leaf == Leaf::table && allMatched() && !m_opened) return addLine(m_cursor.trimmedSpan());
    startBlock(BlockKind::paragraph, Leaf::paragraph);
    addLine(m_cursor.trimmedSpan());
  }

  bool endsTableHead() {
    const SourceSpan span = m_cursor.trimmedSpan();
    const QStringView rest = m_text.mid(span.begin, span.length);
    const SourceSpan head = m_parser.m_lines.constLast();
    const qsizetype cells = tableCells(m_text, head).size();
    const QStringView headText = m_text.mid(head.begin, head.length);
    const auto columns = tableDelimiter(rest);
    if (columns && columns->size() == cells && (rest.contains(u'|') || headText.contains(u'|')))
      m_parser.makeTable(*columns);
    else if (m_open && beginsTableDelimiter(rest) && headText.startsWith(u'|'))
      m_parser.makeTable(QVector<CellAlign>(cells));
    else
      return false;
    return true;
  }

  MarkdownParser& m_parser;
  MarkdownParser::State& m_now;
  QStringView m_text;
  LineCursor m_cursor;
  bool m_open;            ///< the line may still grow
  int m_matched = 0;      ///< containers that this line is in
  bool m_opened = false;  ///< this line opened a container
};

void MarkdownParser::process(QStringView text, SourceSpan line, bool open) {
  MarkdownLine(*this, text, line, open).process();
}

}  // namespace cutaway
