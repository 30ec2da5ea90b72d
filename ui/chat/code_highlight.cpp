#include "ui/chat/code_highlight.h"

#include "ui/chat/code_languages.h"

namespace cutaway {

namespace {

// States: 0 plain, 1.. within regions[state - 1], and these two for markup.
constexpr CodeState kInTag = 100, kInTagString = 101;

bool isWord(QChar c) { return c.isLetterOrNumber() || c == u'_'; }

bool listed(const char* words, QStringView word) {
  return QLatin1String(words).contains(QLatin1Char(' ') + word.toString() + QLatin1Char(' '));
}

class LineScanner {
 public:
  LineScanner(const CodeLanguage& language, QStringView line, QVector<CodeSpan>& spans)
      : m_language(language), m_line(line), m_spans(spans) {}

  CodeState scan(CodeState state) {
    if (state > 0 && state < kInTag) state = finishRegion(state - 1, 0);
    if (state == kInTagString) state = tagString(u'"', 0);
    while (m_at < m_line.size() && (state == 0 || state == kInTag))
      state = state == kInTag ? inTag() : step();
    return state;
  }

 private:
  void mark(qsizetype begin, CodeColour colour) {
    if (colour != CodeColour::plain && m_at > begin)
      m_spans << CodeSpan{int(begin), int(m_at - begin), colour};
  }

  CodeState step() {
    for (size_t i = 0; i < m_language.regions.size() && m_language.regions[i].open; ++i) {
      const QLatin1String open(m_language.regions[i].open);
      if (!m_line.mid(m_at).startsWith(open)) continue;
      // "#" and "--" begin a comment only where a word could begin: not in "$#" or "a#b".
      if (open == QLatin1String("#") && m_at > 0 && !m_line[m_at - 1].isSpace()) continue;
      return finishRegion(int(i), open.size());
    }
    const QChar c = m_line[m_at];
    if (m_language.markup) return markup(c);
    if (c.isDigit())
      number();
    else if (isWord(c))
      word();
    else if (QLatin1String(m_language.sigils).contains(c))
      sigil();
    else
      ++m_at;
    return 0;
  }

  CodeState finishRegion(int index, qsizetype openLength) {
    const CodeRegion& region = m_language.regions[size_t(index)];
    const qsizetype begin = m_at;
    const QLatin1String close(region.close ? region.close : "");
    m_at += openLength;
    bool closed = false;
    while (m_at < m_line.size() && !closed) {
      closed = region.close && m_line.mid(m_at).startsWith(close);
      if (closed)
        m_at += close.size();
      else
        m_at += region.escapes && m_line[m_at] == u'\\' ? 2 : 1;
    }
    m_at = std::min(m_at, m_line.size());
    mark(begin, m_language.keys && region.colour == CodeColour::string && beforeColon() ? CodeColour::function
                                                                                        : region.colour);
    return !closed && region.manyLines ? index + 1 : 0;
  }

  bool beforeColon() const {
    qsizetype i = m_at;
    while (i < m_line.size() && m_line[i].isSpace()) ++i;
    return i < m_line.size() && m_line[i] == u':';
  }

  void number() {
    const qsizetype begin = m_at;
    while (m_at < m_line.size() && (isWord(m_line[m_at]) || m_line[m_at] == u'.')) ++m_at;
    mark(begin, CodeColour::number);
  }

  void word() {
    const qsizetype begin = m_at;
    while (m_at < m_line.size() && (isWord(m_line[m_at]) || (m_language.keys && m_line[m_at] == u'-')))
      ++m_at;
    const QStringView text = m_line.mid(begin, m_at - begin);
    const bool keyword = m_language.anyCase ? listed(m_language.keywords, text.toString().toLower())
                                            : listed(m_language.keywords, text);
    const bool called = m_at < m_line.size() && m_line[m_at] == u'(';
    mark(begin, keyword                                        ? CodeColour::keyword
                : called || (m_language.keys && beforeColon()) ? CodeColour::function
                                                               : CodeColour::plain);
  }

  void sigil() {
    const qsizetype begin = m_at++;
    if (m_at < m_line.size() && m_line[m_at] == u'{') ++m_at;
    while (m_at < m_line.size() && isWord(m_line[m_at])) ++m_at;
    if (m_at - begin > 1) mark(begin, CodeColour::function);
  }

  CodeState markup(QChar c) {
    const qsizetype begin = m_at++;
    if (c != u'<') return 0;
    if (m_at < m_line.size() && (m_line[m_at] == u'/' || m_line[m_at] == u'!' || m_line[m_at] == u'?'))
      ++m_at;
    if (m_at >= m_line.size() || !m_line[m_at].isLetter()) return 0;
    while (m_at < m_line.size() && (isWord(m_line[m_at]) || m_line[m_at] == u'-' || m_line[m_at] == u':'))
      ++m_at;
    mark(begin, CodeColour::keyword);
    return kInTag;
  }

  CodeState inTag() {
    const qsizetype begin = m_at;
    const QChar c = m_line[m_at++];
    if (c == u'>') {
      mark(begin, CodeColour::keyword);
      return 0;
    }
    if (c == u'"' || c == u'\'') {
      --m_at;
      return tagString(c, 1);
    }
    if (!c.isLetter()) return kInTag;
    while (m_at < m_line.size() && (isWord(m_line[m_at]) || QStringView(u"-:.").contains(m_line[m_at])))
      ++m_at;
    mark(begin, CodeColour::function);
    return kInTag;
  }

  CodeState tagString(QChar quote, int openLength) {
    const qsizetype begin = m_at;
    const qsizetype end = m_line.indexOf(quote, m_at + openLength);
    m_at = end < 0 ? m_line.size() : end + 1;
    mark(begin, CodeColour::string);
    return end < 0 && quote == u'"' ? kInTagString : kInTag;
  }

  const CodeLanguage& m_language;
  QStringView m_line;
  QVector<CodeSpan>& m_spans;
  qsizetype m_at = 0;
};

}  // namespace

const CodeLanguage* codeLanguage(QStringView name) {
  if (name.isEmpty()) return nullptr;
  const QString lower = name.toString().toLower();
  for (const CodeLanguage& language : codeLanguages())
    if (listed(language.names, lower)) return &language;
  return nullptr;
}

CodeState highlightLine(const CodeLanguage& language, QStringView line, CodeState state,
                        QVector<CodeSpan>& spans) {
  return LineScanner(language, line, spans).scan(state);
}

}  // namespace cutaway
