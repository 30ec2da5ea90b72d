// The text inside a Markdown block: what is drawn, in which style, and where in the source each character
// stands.
#pragma once

#include <QStringList>

#include "ui/chat/markdown.h"

namespace cutaway {

enum InlineStyle : quint8 { kBold = 1, kItalic = 2, kStrike = 4, kCode = 8, kLink = 16, kSuper = 32, kSub = 64 };

struct InlineSpan {
  int begin = 0, length = 0;  ///< rendered characters
  quint8 style = 0;           ///< InlineStyle bits
  int link = -1;              ///< in InlineText::links
  bool operator==(const InlineSpan&) const = default;
};

/// Rendered characters and their source. Equal lengths: character by character; else one unit, as of "&amp;".
struct InlinePiece {
  int rendered = 0, length = 0;
  int source = 0, sourceLength = 0;
};

struct InlineText {
  QString text;  ///< line breaks are QChar::LineSeparator
  QVector<InlinePiece> pieces;
  QVector<InlineSpan> spans;  ///< in order, not overlapping; unstyled text has none
  QStringList links;
  int sourceBegin = 0, sourceEnd = 0;

  /// Source offset of the rendered position, 0 to text.size().
  int sourceAt(int rendered) const;
  /// Rendered characters any of whose source is in [begin, end); length 0 where only syntax is.
  SourceSpan renderedRange(int begin, int end) const;
  /// The rendered position of a source offset: that of the first character at or after it.
  int renderedAt(int source) const;
};

struct InlineOptions {
  bool growing = false;  ///< delimiters at the very end may still change and are held back
  bool inTable = false;  ///< escaped pipes are pipes, even in code
};

/// CommonMark "phase 2" plus strike-through, bare links and formulas. A single line break breaks the line: models that
/// break a line mean it. Links are named, never opened; images are links; raw HTML is text, save <br>.
InlineText parseInline(QStringView text, const QVector<SourceSpan>& lines, InlineOptions options = {});

/// Text as it is, with its place.
InlineText verbatimInline(QStringView text, SourceSpan line);

}  // namespace cutaway
