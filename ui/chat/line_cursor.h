// One line of Markdown, read from the left: indentation in columns, and what its start can mean.
#pragma once

#include <optional>

#include "ui/chat/markdown.h"

namespace cutaway {

class LineCursor {
 public:
  LineCursor(QStringView text, SourceSpan line) : m_text(text), m_begin(line.begin), m_end(line.end()) {}

  int indent() const;  ///< columns of white space from here; tabs stop at multiples of 4
  bool blank() const;
  void skipColumns(int columns);  ///< of white space, at most
  void skipCharacters(int count);
  QStringView rest() const { return m_text.mid(m_begin, m_end - m_begin); }
  SourceSpan restSpan() const { return {m_begin, m_end - m_begin}; }
  SourceSpan trimmedSpan() const;

 private:
  QStringView m_text;
  int m_begin, m_end;
  int m_column = 0;
};

// What a line's rest, its indentation skipped, begins with. Spans and counts are relative to that rest.

struct HeadingStart {
  int level;
  SourceSpan content;
};
std::optional<HeadingStart> headingStart(QStringView rest);

struct FenceStart {
  QChar character;
  int length;
  SourceSpan language;
};
std::optional<FenceStart> fenceStart(QStringView rest);
bool closesFence(QStringView rest, QChar character, int length);

struct ItemStart {
  bool ordered;
  QChar delimiter;
  int number;
  int width;  ///< of the marker
};
std::optional<ItemStart> itemStart(QStringView rest);

bool isRule(QStringView rest);
int setextLevel(QStringView rest);  ///< 0: none
std::optional<QVector<CellAlign>> tableDelimiter(QStringView rest);
/// So far only pipes, colons, dashes and spaces.
bool beginsTableDelimiter(QStringView rest);

/// An unfinished line that one more character could turn from text into a marker or back.
bool isUndecided(QStringView rest);
/// The start of "[ ] " or "[x] ", not yet all of it.
bool isUndecidedTask(QStringView rest);
std::optional<TaskState> taskStart(QStringView rest);  ///< of 4 characters

}  // namespace cutaway
