#include <algorithm>

#include "ui/chat/inline_atoms.h"

namespace cutaway {
namespace {

void draw(const JoinedLines& joined, const InlineAtom& atom, InlineText& result) {
  const int rendered = int(result.text.size());
  const int source = joined.sourceOf(atom.begin);
  const bool isBreak = joined.text[atom.begin] == u'\n';
  // A break's source reaches up to the next line's content.
  const int sourceLength = isBreak ? joined.lines[joined.lineOf(atom.begin) + 1].begin - source : atom.length;
  const bool verbatim = atom.replacement.isNull();
  result.text += verbatim ? joined.text.mid(atom.begin, atom.length) : atom.replacement;
  const int length = int(result.text.size()) - rendered;
  auto& pieces = result.pieces;
  const bool joins = verbatim && !pieces.isEmpty() && pieces.last().length == pieces.last().sourceLength &&
                     pieces.last().source + pieces.last().sourceLength == source;
  if (joins) {
    pieces.last().length += length;
    pieces.last().sourceLength += length;
  } else {
    pieces << InlinePiece{rendered, length, source, sourceLength};
  }
  if (atom.style == 0) return;
  auto& spans = result.spans;
  const bool extends = !spans.isEmpty() && spans.last().begin + spans.last().length == rendered &&
                       spans.last().style == atom.style && spans.last().link == atom.link;
  if (extends)
    spans.last().length += length;
  else
    spans << InlineSpan{rendered, length, atom.style, atom.link};
}

}  // namespace

JoinedLines::JoinedLines(QStringView source, const QVector<SourceSpan>& given) : lines(given) {
  for (SourceSpan line : lines) {
    if (!starts.empty()) text += u'\n';
    starts.push_back(int(text.size()));
    text += source.mid(line.begin, line.length);
  }
}

int JoinedLines::lineOf(int at) const {
  return int(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin()) - 1;
}

int JoinedLines::sourceOf(int at) const {
  if (lines.isEmpty()) return 0;
  const int line = lineOf(at);
  return lines[line].begin + (at - starts[line]);
}

InlineText renderAtoms(const JoinedLines& joined, const std::vector<InlineAtom>& atoms, const QStringList& links) {
  InlineText result;
  result.links = links;
  for (const InlineAtom& atom : atoms)
    if (atom.length > 0) draw(joined, atom, result);
  result.sourceBegin = joined.lines.isEmpty() ? 0 : joined.lines.first().begin;
  result.sourceEnd = joined.lines.isEmpty() ? 0 : joined.lines.last().end();
  return result;
}

}  // namespace cutaway
