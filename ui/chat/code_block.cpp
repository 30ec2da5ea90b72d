#include <QPainter>
#include <vector>

#include "ui/chat/block_layout.h"
#include "ui/chat/code_highlight.h"

namespace cutaway {

namespace {

constexpr qreal kPad = ChatStyle::kGrid * 1.5;
constexpr qreal kRadius = 8;

/// A box for each line, one below the other, all of one height: a line is shaped only when it is seen, and
/// more text costs its own lines.
class CodeBlock : public BlockLayout {
 public:
  CodeBlock(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block,
            const ChatStyle& style, qreal blockWidth)
      : m_style(style),
        m_pitch(std::round(QFontMetricsF(style.mono).height() * 1.25)),
        m_advance(QFontMetricsF(style.mono).horizontalAdvance(u'0')),
        m_head(ChatStyle::linePitch(style.small) + ChatStyle::kGrid) {
    width = blockWidth;
    grow(source, parser, block);
  }

  bool grow(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block) override {
    m_name = source.mid(block.language.begin, block.language.length);
    const CodeLanguage* language = codeLanguage(m_name);
    if (language != m_language) restart(language);
    // The last line may have grown, or turned out to be the closing fence.
    for (bool first = true; !m_boxes.empty() && (first || int(m_boxes.size()) > block.lineCount);
         first = false) {
      m_boxes.pop_back();
      m_states.pop_back();
    }
    for (int i = int(m_boxes.size()); i < block.lineCount; ++i)
      addLine(source, parser.lines()[block.firstLine + i]);
    height = m_head + std::max<qreal>(1, qreal(m_boxes.size())) * m_pitch + kPad;
    if (m_contentWidth > width - 2 * kPad) height += ChatStyle::kGrid;
    return true;
  }

  void paintGround(QPainter& painter, const ChatStyle& style) const override {
    painter.setPen(style.colours.hairline);
    painter.setBrush(style.colours.codeBackground);
    painter.drawRoundedRect(QRectF(0, 0, width, height).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    painter.setFont(style.small);
    painter.setPen(style.colours.mutedText);
    const QString title = m_name.isEmpty() ? ChatText::tr("code") : m_name;
    const QRectF head(kPad, 0, copyButton().left() - 2 * kPad, m_head);
    painter.drawText(head, Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(style.small).elidedText(title, Qt::ElideRight, head.width()));
  }

  QColor ground(const ChatStyle& style) const override { return style.colours.codeBackground; }
  QRectF viewport() const override {
    return {kPad, m_head, std::max(1.0, width - 2 * kPad), height - m_head};
  }
  QRectF copyButton() const override {
    const qreal buttonWidth =
        QFontMetricsF(m_style.small).horizontalAdvance(ChatText::tr("Copied")) + 2 * ChatStyle::kGrid;
    return {width - buttonWidth - ChatStyle::kGrid / 2, ChatStyle::kGrid / 2, buttonWidth,
            m_head - ChatStyle::kGrid};
  }

 private:
  void restart(const CodeLanguage* language) {
    m_language = language;
    m_boxes.clear();
    m_states.clear();
    m_contentWidth = 0;
  }

  void addLine(const QString& source, SourceSpan line) {
    TextBox& box = m_boxes.emplace_back(verbatimInline(source, line),
                                        TextBox::Setting{m_style.mono, m_style.colours.text, -1});
    box.setHeight(m_pitch);
    box.position = {kPad, m_head + qreal(m_boxes.size() - 1) * m_pitch};
    const QString& text = box.text().text;
    m_contentWidth =
        std::max(m_contentWidth, (qreal(text.size()) + 3.0 * qreal(text.count(u'\t'))) * m_advance);
    CodeState state = m_states.empty() ? 0 : m_states.back();
    if (m_language) {
      QVector<CodeSpan> spans;
      state = highlightLine(*m_language, text, state, spans);
      for (const CodeSpan& span : spans) {
        QTextCharFormat format;
        format.setForeground(m_style.codeColour(span.colour));
        box.addFormat(span.begin, span.length, format);
      }
    }
    m_states.push_back(state);
  }

  ChatStyle m_style;
  qreal m_pitch, m_advance, m_head;
  QString m_name;
  const CodeLanguage* m_language = nullptr;
  std::vector<CodeState> m_states;  ///< at the end of each line
};

}  // namespace

std::unique_ptr<BlockLayout> makeCodeBlock(const QString& source, const MarkdownParser& parser,
                                           const MarkdownBlock& block, const ChatStyle& style, qreal width) {
  return std::make_unique<CodeBlock>(source, parser, block, style, width);
}

}  // namespace cutaway
