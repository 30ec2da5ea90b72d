#include "ui/chat/line_cursor.h"

#include <algorithm>

namespace cutaway {

namespace {

bool isSpace(QChar c) { return c == u' ' || c == u'\t'; }

int runLength(QStringView text, QChar c) {
  int n = 0;
  while (n < text.size() && text[n] == c) ++n;
  return n;
}

QStringView trimmed(QStringView text) {
  while (!text.isEmpty() && isSpace(text.front())) text = text.mid(1);
  while (!text.isEmpty() && isSpace(text.back())) text.chop(1);
  return text;
}

bool isDigit(QChar c) { return c >= u'0' && c <= u'9'; }

}  // namespace

int LineCursor::indent() const {
  int column = m_column;
  for (int i = m_begin; i < m_end && isSpace(m_text[i]); ++i)
    column += m_text[i] == u'\t' ? 4 - column % 4 : 1;
  return column - m_column;
}

bool LineCursor::blank() const {
  const QStringView all = rest();
  return std::all_of(all.begin(), all.end(), isSpace);
}

void LineCursor::skipColumns(int columns) {
  while (columns > 0 && m_begin < m_end && isSpace(m_text[m_begin])) {
    const int width = m_text[m_begin] == u'\t' ? 4 - m_column % 4 : 1;
    m_column += std::min(width, columns);  // a tab taken in part stays, from the middle
    if (width <= columns) ++m_begin;
    columns -= width;
  }
}

void LineCursor::skipCharacters(int count) {
  m_begin += count;
  m_column += count;
}

SourceSpan LineCursor::trimmedSpan() const {
  int begin = m_begin, end = m_end;
  while (begin < end && isSpace(m_text[begin])) ++begin;
  while (end > begin && isSpace(m_text[end - 1])) --end;
  return {begin, end - begin};
}

std::optional<HeadingStart> headingStart(QStringView rest) {
  const int level = runLength(rest, u'#');
  if (level < 1 || level > 6 || (level < rest.size() && !isSpace(rest[level]))) return {};
  int begin = level, end = int(rest.size());
  while (begin < end && isSpace(rest[begin])) ++begin;
  while (end > begin && isSpace(rest[end - 1])) --end;
  int hashes = end;
  while (hashes > begin && rest[hashes - 1] == u'#') --hashes;
  if (hashes == begin)
    end = begin;
  else if (hashes < end && isSpace(rest[hashes - 1]))
    end = hashes;
  while (end > begin && isSpace(rest[end - 1])) --end;
  return HeadingStart{level, {begin, end - begin}};
}

std::optional<FenceStart> fenceStart(QStringView rest) {
  if (rest.isEmpty() || (rest[0] != u'`' && rest[0] != u'~')) return {};
  const int length = runLength(rest, rest[0]);
  if (length < 3 || (rest[0] == u'`' && rest.mid(length).contains(u'`'))) return {};
  int begin = length;
  while (begin < rest.size() && isSpace(rest[begin])) ++begin;
  int end = begin;
  while (end < rest.size() && !isSpace(rest[end])) ++end;
  return FenceStart{rest[0], length, {begin, end - begin}};
}

bool closesFence(QStringView rest, QChar character, int length) {
  const int run = runLength(rest, character);
  return run >= length && trimmed(rest.mid(run)).isEmpty();
}

std::optional<ItemStart> itemStart(QStringView rest) {
  int digits = 0;
  while (digits < rest.size() && isDigit(rest[digits])) ++digits;
  if (digits > 9 || digits >= rest.size()) return {};
  const QChar delimiter = rest[digits];
  const bool fits = digits ? delimiter == u'.' || delimiter == u')'
                           : delimiter == u'-' || delimiter == u'*' || delimiter == u'+';
  if (!fits || (digits + 1 < rest.size() && !isSpace(rest[digits + 1]))) return {};
  return ItemStart{digits > 0, delimiter, digits ? rest.left(digits).toInt() : 0, digits + 1};
}

bool isRule(QStringView rest) {
  if (rest.isEmpty() || (rest[0] != u'-' && rest[0] != u'*' && rest[0] != u'_')) return false;
  int count = 0;
  for (QChar c : rest) {
    if (c == rest[0])
      ++count;
    else if (!isSpace(c))
      return false;
  }
  return count >= 3;
}

int setextLevel(QStringView rest) {
  if (rest.isEmpty() || (rest[0] != u'=' && rest[0] != u'-')) return 0;
  if (!trimmed(rest.mid(runLength(rest, rest[0]))).isEmpty()) return 0;
  return rest[0] == u'=' ? 1 : 2;
}

bool beginsTableDelimiter(QStringView rest) {
  return std::all_of(rest.begin(), rest.end(),
                     [](QChar c) { return c == u'|' || c == u'-' || c == u':' || isSpace(c); });
}

std::optional<QVector<CellAlign>> tableDelimiter(QStringView rest) {
  if (!beginsTableDelimiter(rest) || !rest.contains(u'-')) return {};
  QVector<CellAlign> columns;
  for (SourceSpan cell : tableCells(rest, {0, int(rest.size())})) {
    QStringView dashes = rest.mid(cell.begin, cell.length);
    const bool left = dashes.startsWith(u':'), right = dashes.endsWith(u':');
    dashes = dashes.mid(left);
    if (right && !dashes.isEmpty()) dashes.chop(1);
    if (dashes.isEmpty() || runLength(dashes, u'-') != dashes.size()) return {};
    columns << (left && right ? CellAlign::centre
                : left        ? CellAlign::left
                : right       ? CellAlign::right
                              : CellAlign::natural);
  }
  return columns;
}

bool isUndecided(QStringView rest) {
  rest = trimmed(rest);
  if (rest.isEmpty()) return false;
  const QChar first = rest[0];
  if (QStringView(u"-=*_+").contains(first)) return runLength(rest, first) == rest.size();
  if (first == u'#') return rest.size() <= 6 && runLength(rest, first) == rest.size();
  if (first == u'`' || first == u'~') return rest.size() < 3 && runLength(rest, first) == rest.size();
  int digits = 0;
  while (digits < rest.size() && isDigit(rest[digits])) ++digits;
  if (digits == 0 || digits > 9) return false;
  return digits == rest.size() ||
         (digits + 1 == rest.size() && (rest[digits] == u'.' || rest[digits] == u')'));
}

bool isUndecidedTask(QStringView rest) {
  return !rest.isEmpty() && rest.size() <= 3 &&
         (QStringView(u"[ ]").startsWith(rest) || QStringView(u"[x]").startsWith(rest) ||
          QStringView(u"[X]").startsWith(rest));
}

std::optional<TaskState> taskStart(QStringView rest) {
  if (rest.size() < 4 || rest[0] != u'[' || rest[2] != u']' || !isSpace(rest[3])) return {};
  if (rest[1] == u' ') return TaskState::open;
  if (rest[1] == u'x' || rest[1] == u'X') return TaskState::done;
  return {};
}

QVector<SourceSpan> tableCells(QStringView text, SourceSpan row) {
  int begin = row.begin, end = row.end();
  while (begin < end && isSpace(text[begin])) ++begin;
  while (end > begin && isSpace(text[end - 1])) --end;
  if (begin < end && text[begin] == u'|') ++begin;
  QVector<SourceSpan> cells;
  const auto add = [&](int from, int to) {
    while (from < to && isSpace(text[from])) ++from;
    while (to > from && isSpace(text[to - 1])) --to;
    cells << SourceSpan{from, to - from};
  };
  int from = begin;
  for (int i = begin; i < end; ++i) {
    if (text[i] == u'\\' && i + 1 < end)
      ++i;
    else if (text[i] == u'|') {
      add(from, i);
      from = i + 1;
    }
  }
  if (from < end || cells.isEmpty()) add(from, end);
  return cells;
}

}  // namespace cutaway
