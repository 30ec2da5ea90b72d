#include <algorithm>

#include "ui/chat/markdown_inline.h"

namespace cutaway {

int InlineText::sourceAt(int rendered) const {
  if (rendered >= text.size()) return sourceEnd;
  const auto after = std::upper_bound(pieces.begin(), pieces.end(), rendered,
                                      [](int at, const InlinePiece& piece) { return at < piece.rendered; });
  if (after == pieces.begin()) return sourceBegin;
  const InlinePiece& piece = *std::prev(after);
  return piece.source + (piece.length == piece.sourceLength ? rendered - piece.rendered : 0);
}

int InlineText::renderedAt(int source) const {
  const auto piece = std::partition_point(pieces.begin(), pieces.end(), [source](const InlinePiece& p) {
    return p.source + p.sourceLength <= source;
  });
  if (piece == pieces.end()) return int(text.size());
  if (source <= piece->source || piece->length != piece->sourceLength) return piece->rendered;
  return piece->rendered + (source - piece->source);
}

SourceSpan InlineText::renderedRange(int begin, int end) const {
  const int from = renderedAt(begin);
  if (end <= begin) return {from, 0};
  // The last character with a source before `end` is the one before the first that starts at or after it.
  const auto piece = std::partition_point(pieces.begin(), pieces.end(),
                                          [end](const InlinePiece& p) { return p.source < end; });
  if (piece == pieces.begin()) return {from, 0};
  const InlinePiece& last = *std::prev(piece);
  const int to = last.length == last.sourceLength ? last.rendered + std::min(end - last.source, last.length)
                                                  : last.rendered + last.length;
  return {from, std::max(0, to - from)};
}

InlineText verbatimInline(QStringView text, SourceSpan line) {
  InlineText result;
  result.text = text.mid(line.begin, line.length).toString();
  result.sourceBegin = line.begin;
  result.sourceEnd = line.end();
  if (line.length > 0) result.pieces << InlinePiece{0, line.length, line.begin, line.length};
  return result;
}

}  // namespace cutaway
