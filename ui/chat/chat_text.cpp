#include "ui/chat/chat_text.h"

#include <algorithm>

#include "ui/chat/chat_style.h"

namespace cutaway {

namespace {

QString markers(const MarkdownBlock& block) {
  QString text;
  for (qsizetype i = 0; i < block.containers.size(); ++i) {
    const MarkdownContainer& container = block.containers[i];
    if (container.quote) {
      text += QStringLiteral("> ");
      continue;
    }
    QString marker =
        container.ordered ? QString::number(container.number) + container.delimiter : QStringLiteral("-");
    if (container.task != TaskState::none)
      marker += container.task == TaskState::done ? QStringLiteral(" [x]") : QStringLiteral(" [ ]");
    const bool begins = i >= block.containers.size() - block.opened;
    text += begins ? marker + u' ' : QString(marker.size() + 1, u' ');
  }
  return text;
}

QString separatorBetween(const MarkdownBlock* before, const MarkdownBlock& block) {
  if (!before) return {};
  const bool nextItem = block.opened > 0 && !block.containers.last().quote && !block.blankBefore;
  return nextItem ? QStringLiteral("\n") : QStringLiteral("\n\n");
}

void addTable(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block,
              const QString& prefix, QVector<TextPart>& parts) {
  QString separator = parts.isEmpty() ? QString() : QStringLiteral("\n\n");
  for (SourceSpan line : parser.linesOf(block)) {
    for (SourceSpan cell : tableCells(source, line)) {
      const bool first = separator != u"\t";
      parts << TextPart{parseInline(source, {cell}, {.inTable = true}), separator,
                        first ? prefix : QString()};
      separator = QStringLiteral("\t");
    }
    separator = QStringLiteral("\n");
  }
}

void addCode(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block,
             const QString& separator, QVector<TextPart>& parts) {
  bool first = true;
  for (SourceSpan line : parser.linesOf(block)) {
    parts << TextPart{verbatimInline(source, line), first ? separator : QStringLiteral("\n"), {}};
    first = false;
  }
}

}  // namespace

QVector<TextPart> textParts(const ChatItem& item) {
  if (item.role != ChatRole::assistant)
    return {{verbatimInline(item.text, {0, int(item.text.size())}), {}, {}}};
  MarkdownParser parser;
  parser.update(item.text, true);
  QVector<TextPart> parts;
  const MarkdownBlock* before = nullptr;
  for (const MarkdownBlock& block : parser.blocks()) {
    const QString separator = separatorBetween(before, block);
    before = &block;
    if (block.kind == BlockKind::table)
      addTable(item.text, parser, block, markers(block), parts);
    else if (block.kind == BlockKind::code)
      addCode(item.text, parser, block, separator, parts);
    else if (block.kind != BlockKind::rule)
      parts << TextPart{parseInline(item.text, parser.linesOf(block)), separator, markers(block)};
  }
  return parts;
}

QString plainText(const ChatItem& item, int begin, int end) {
  QString result;
  for (const TextPart& part : textParts(item)) {
    if (part.text.sourceEnd < begin || part.text.sourceBegin >= end) continue;
    const SourceSpan range = part.text.renderedRange(begin, end);
    if (range.length == 0 && !part.text.text.isEmpty()) continue;
    if (!result.isEmpty()) result += part.separator;
    if (range.begin == 0) result += part.prefix;
    result += part.text.text.mid(range.begin, range.length);
  }
  return result.replace(QChar::LineSeparator, u'\n');
}

QString invisibleAnswerText() { return ChatText::tr("The answer has no visible text."); }

RenderedText::RenderedText(const ChatItem& item) {
  for (TextPart& part : textParts(item)) {
    if (!m_parts.isEmpty()) m_text += u'\n';
    m_starts << int(m_text.size());
    m_text += part.text.text;
    m_parts << std::move(part.text);
  }
  m_text.replace(QChar::LineSeparator, u' ');
}

QVector<SourceSpan> RenderedText::find(const QString& needle) const {
  QVector<SourceSpan> found;
  if (needle.isEmpty()) return found;
  for (qsizetype at = 0; (at = m_text.indexOf(needle, at, Qt::CaseInsensitive)) >= 0; at += needle.size()) {
    const int begin = sourceAt(int(at));
    found << SourceSpan{begin, sourceAt(int(at + needle.size()) - 1) + 1 - begin};
  }
  return found;
}

int RenderedText::sourceAt(int rendered) const {
  const auto part = std::upper_bound(m_starts.begin(), m_starts.end(), rendered) - m_starts.begin() - 1;
  return m_parts[part].sourceAt(rendered - m_starts[part]);
}

}  // namespace cutaway
