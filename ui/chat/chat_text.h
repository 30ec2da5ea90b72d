// A message as plain text: for copying, finding and screen readers; no layout needed.
#pragma once

#include "ui/chat/chat_data.h"
#include "ui/chat/markdown_inline.h"

namespace cutaway {

/// A stretch of rendered text with what stands before it when it is copied.
struct TextPart {
  InlineText text;
  QString separator;  ///< from the part before
  QString prefix;     ///< list markers and indentation
};
QVector<TextPart> textParts(const ChatItem& item);

/// What a reader sees of [begin, end) of the source, as plain text.
QString plainText(const ChatItem& item, int begin, int end);

/// Said and shown in place of an answer without any visible character.
QString invisibleAnswerText();

/// The rendered text, searchable, with the way back to the source.
class RenderedText {
 public:
  explicit RenderedText(const ChatItem& item);
  const QString& text() const { return m_text; }
  /// Source ranges of all places where `needle` occurs, in any case.
  QVector<SourceSpan> find(const QString& needle) const;

 private:
  int sourceAt(int rendered) const;
  QString m_text;
  QVector<InlineText> m_parts;
  QVector<int> m_starts;  ///< of the parts in m_text
};

}  // namespace cutaway
