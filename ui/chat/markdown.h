// Markdown as blocks while it streams: more text re-parses the open line and the block it touches, nothing
// before.
#pragma once

#include <QString>
#include <QVector>

namespace cutaway {

/// Characters (UTF-16) of a message's source.
struct SourceSpan {
  int begin = 0, length = 0;
  int end() const { return begin + length; }
  bool operator==(const SourceSpan&) const = default;
};

enum class BlockKind : quint8 { paragraph, heading, code, table, rule };
enum class TaskState : quint8 { none, open, done };
enum class CellAlign : quint8 { natural, left, centre, right };

/// A quote or a list item around a block.
struct MarkdownContainer {
  int id = 0;  ///< the same in all blocks of one quote or item
  bool quote = false;
  bool ordered = false;
  QChar delimiter = {};  ///< '-', '*', '+' or '.', ')'
  int number = 0;        ///< counted within its list
  TaskState task = TaskState::none;
  bool operator==(const MarkdownContainer&) const = default;
};

/// A leaf of the document with all that is around it.
struct MarkdownBlock {
  BlockKind kind = BlockKind::paragraph;
  int level = 0;                          ///< of a heading, 1 to 6
  QVector<MarkdownContainer> containers;  ///< outermost first
  int opened = 0;                         ///< how many of the innermost containers begin with this block
  bool blankBefore = false;
  int firstLine = 0,
      lineCount = 0;  ///< in lines(); a table's delimiter row and a fence's own lines are not among them
  bool fenced = false, closed = false;  ///< code
  SourceSpan language;                  ///< code: first word of the info string
  QVector<CellAlign> columns;           ///< of a table
  bool growing = false;                 ///< last block of a text that still streams
  bool operator==(const MarkdownBlock&) const = default;
};

/// CommonMark 0.31 with the tables, task items and strike-through of GitHub's dialect; HTML, link reference
/// definitions and footnotes stay text. While a text grows, an open line that could still become something
/// else ("--", "1.", "``") is held back, and a line that begins with "|" is shown as a table's head: what is
/// shown does not jump.
class MarkdownParser {
 public:
  /// `text` begins with the text of the call before. `complete`: no more will come. Returns the first block
  /// that may differ; blocks before it are as they were.
  int update(const QString& text, bool complete);

  const QVector<MarkdownBlock>& blocks() const { return m_blocks; }
  /// Content of the blocks' lines without markers, fences and indentation.
  const QVector<SourceSpan>& lines() const { return m_lines; }
  QVector<SourceSpan> linesOf(const MarkdownBlock& block) const {
    return m_lines.mid(block.firstLine, block.lineCount);
  }

 private:
  friend class MarkdownLine;
  enum class Leaf : quint8 { none, paragraph, emptyItem, fence, indented, table };

  struct OpenContainer {
    MarkdownContainer shown;
    int indent = 0;  ///< columns by which the content of an item is indented
  };

  struct State {
    QVector<OpenContainer> stack;
    Leaf leaf = Leaf::none;
    int fresh = 0;  ///< innermost containers that no block shows yet
    bool blank = false;
    QChar fenceCharacter;
    int fenceLength = 0, fenceIndent = 0;
    QVector<SourceSpan> heldBlanks;  ///< blank lines that belong to indented code if it goes on
    int nextContainer = 0;
  };

  void process(QStringView text, SourceSpan line, bool open);  ///< open: the line may still grow
  void save();
  void restore();
  void makeTable(const QVector<CellAlign>& columns);

  QVector<MarkdownBlock> m_blocks;
  QVector<SourceSpan> m_lines;
  State m_now;
  int m_lineStart = 0;  ///< of the open line

  // Before the open line: what restore() goes back to.
  State m_before;
  int m_blocksBefore = 0, m_linesBefore = 0;
  MarkdownBlock m_lastBefore;
};

/// The cells of a table's row; outer pipes dropped, escaped pipes kept together.
QVector<SourceSpan> tableCells(QStringView text, SourceSpan row);

}  // namespace cutaway
