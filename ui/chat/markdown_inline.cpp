#include "ui/chat/markdown_inline.h"

#include <set>
#include <vector>

#include "ui/chat/inline_atoms.h"
#include "ui/chat/inline_scan.h"
#include "ui/chat/math_text.h"

namespace cutaway {

namespace {

struct Bracket {
  int atom;
  int delimiters;  ///< open ones when it came
  bool image;
  bool active = true;
};

class InlineParser {
 public:
  InlineParser(QStringView text, const QVector<SourceSpan>& lines, InlineOptions options)
      : m_lines(text, lines), m_joined(m_lines.text), m_options(options), m_delimiters(m_joined, m_atoms) {}

  InlineText parse() {
    while (m_at < m_joined.size()) step();
    flush(m_at);
    if (m_options.growing) m_delimiters.holdBack();
    m_delimiters.match(0);
    return renderAtoms(m_lines, m_atoms, m_links);
  }

 private:
  void step() {
    const QStringView rest = QStringView(m_joined).mid(m_at);
    const char16_t c = rest[0].unicode();
    switch (c) {
      case u'$':
        return void(formula(rest) || ++m_at);
      case u'\\':
        return formula(rest) ? void() : escape(rest);
      case u'`':
        return code(rest);
      case u'*':
      case u'_':
      case u'~':
        return delimiter(rest);
      case u'!':
      case u'[':
        return openBracket(rest);
      case u']':
        return closeBracket();
      case u'<':
        return angle(rest);
      case u'&':
        return entity(rest);
      case u'\n':
        return add(1, QString(QChar::LineSeparator));
      case u'h':
      case u'w':
      case u'H':
      case u'W':
        return bareLink(rest);
      default:
        ++m_at;
    }
  }

  /// Ends the plain stretch that runs up to `end`.
  void flush(int end) {
    if (end > m_plain) m_atoms.push_back({.begin = m_plain, .length = end - m_plain});
    m_plain = end;
  }

  /// An atom of the next `length` characters.
  void add(int length, const QString& replacement = {}, quint8 style = 0, int link = -1) {
    flush(m_at);
    m_atoms.push_back(
        {.begin = m_at, .length = length, .replacement = replacement, .style = style, .link = link});
    skip(length);
  }

  /// Leaves characters out of what is drawn.
  void skip(int length) { m_plain = m_at += length; }

  bool formula(QStringView rest) {
    const auto found = mathAt(rest, m_at > 0 ? m_joined[m_at - 1] : QChar(u' '), m_options.growing);
    if (!found) return false;
    flush(m_at);
    const auto breakLine = [&](int at, int length, bool needed) {
      if (found->display && needed && length > 0)
        m_atoms.push_back({.begin = at, .length = length, .replacement = QString(QChar::LineSeparator)});
    };
    const int content = m_at + found->open, end = content + found->content, after = end + found->close;
    breakLine(m_at, found->open, m_at > 0 && m_joined[m_at - 1] != u'\n');
    for (const MathSegment& part : mathSegments(QStringView(m_joined).mid(content, found->content)))
      m_atoms.push_back({.begin = content + part.begin, .length = part.length, .replacement = part.text, .style = part.style});
    breakLine(end, found->close, after < m_joined.size() && m_joined[after] != u'\n');
    skip(after - m_at);
    return true;
  }

  void escape(QStringView rest) {
    if (rest.size() < 2) return void(++m_at);
    if (rest[1] == u'\n') {
      flush(m_at);
      return skip(1);
    }
    if (!isAsciiPunctuation(rest[1])) return void(++m_at);
    add(2, QString(rest[1]));
  }

  void code(QStringView rest) {
    int run = 0;
    while (run < rest.size() && rest[run] == u'`') ++run;
    const int end = closingTicks(m_at + run, run);
    if (end < 0) {
      flush(m_at);
      m_atoms.push_back({.begin = m_at, .length = run, .run = run});
      return skip(run);
    }
    flush(m_at);
    int from = m_at + run, to = end;
    const QStringView inner = QStringView(m_joined).mid(from, to - from);
    const auto isSpace = [](QChar c) { return c == u' ' || c == u'\n'; };
    if (inner.size() > 1 && isSpace(inner.front()) && isSpace(inner.back()) && !inner.trimmed().isEmpty())
      ++from, --to;
    for (m_plain = m_at = from; m_at < to;) {
      const bool pipe =
          m_options.inTable && m_joined[m_at] == u'\\' && m_at + 1 < to && m_joined[m_at + 1] == u'|';
      const bool plain = !pipe && m_joined[m_at] != u'\n';
      if (plain && ++m_at < to) continue;
      if (m_at > m_plain) {
        m_atoms.push_back({.begin = m_plain, .length = m_at - m_plain, .style = kCode});
        m_plain = m_at;
      }
      if (!plain) add(pipe ? 2 : 1, pipe ? QStringLiteral("|") : QStringLiteral(" "), kCode);
    }
    m_at = end;
    skip(run);
  }

  /// Where the next run of exactly `length` ticks begins; -1: nowhere.
  int closingTicks(int from, int length) {
    if (m_unclosedTicks.contains(length)) return -1;
    int run = 0;
    for (int i = from; i <= m_joined.size(); ++i) {
      if (i < m_joined.size() && m_joined[i] == u'`') {
        ++run;
        continue;
      }
      if (run == length) return i - run;
      run = 0;
    }
    m_unclosedTicks.insert(length);
    return -1;
  }

  void delimiter(QStringView rest) {
    int run = 0;
    while (run < rest.size() && rest[run] == rest[0]) ++run;
    if (rest[0] == u'~' && run != 2) return void(m_at += run);
    flush(m_at);
    const QStringView before = QStringView(m_joined).left(m_at);
    const Flanking flanking = flankingOf(before, rest[0], rest.mid(run));
    m_delimiters.push(int(m_atoms.size()));
    m_atoms.push_back({.begin = m_at,
                       .length = run,
                       .canOpen = flanking.canOpen,
                       .canClose = flanking.canClose,
                       .run = run});
    skip(run);
  }

  void openBracket(QStringView rest) {
    const bool image = rest[0] == u'!';
    if (image && (rest.size() < 2 || rest[1] != u'[')) return void(++m_at);
    flush(m_at);
    m_brackets.push_back({int(m_atoms.size()), m_delimiters.size(), image});
    m_atoms.push_back({.begin = m_at, .length = image ? 2 : 1});
    skip(image ? 2 : 1);
  }

  void closeBracket() {
    if (m_brackets.empty()) return void(++m_at);
    const Bracket bracket = m_brackets.back();
    m_brackets.pop_back();
    const auto target = bracket.active ? linkTarget(QStringView(m_joined).mid(m_at + 1)) : std::nullopt;
    if (!target) return void(++m_at);
    flush(m_at);
    m_delimiters.match(size_t(bracket.delimiters));
    const int link = addLink(target->address);
    m_atoms[bracket.atom].length = 0;
    for (size_t i = bracket.atom + 1; i < m_atoms.size(); ++i) {
      m_atoms[i].link = link;
      m_atoms[i].style |= kLink;
    }
    skip(1 + target->length);
    if (bracket.image) return;
    for (Bracket& outer : m_brackets) outer.active = outer.active && outer.image;  // no links in links
  }

  void angle(QStringView rest) {
    if (const int length = breakTagLength(rest)) return add(length, QString(QChar::LineSeparator));
    const int length = angleLinkLength(rest);
    if (length == 0) return void(++m_at);
    const QStringView address = rest.mid(1, length - 2);
    const int link =
        addLink((address.contains(u':') ? QString() : QStringLiteral("mailto:")) + address.toString());
    flush(m_at);
    skip(1);
    add(length - 2, {}, kLink, link);
    skip(1);
  }

  void entity(QStringView rest) {
    const Entity found = entityAt(rest);
    if (found.length == 0) return void(++m_at);
    add(found.length, found.text);
  }

  void bareLink(QStringView rest) {
    const QChar before = m_at > 0 ? m_joined[m_at - 1] : QChar(u' ');
    const int length = before.isLetterOrNumber() ? 0 : bareLinkLength(rest);
    if (length == 0) return void(++m_at);
    const QStringView shown = rest.left(length);
    const bool bare = shown.startsWith(u"www.", Qt::CaseInsensitive);
    add(length, {}, kLink, addLink((bare ? QStringLiteral("http://") : QString()) + shown.toString()));
  }

  int addLink(const QString& address) {
    m_links << address;
    return int(m_links.size()) - 1;
  }

  const JoinedLines m_lines;
  const QString& m_joined;
  InlineOptions m_options;
  int m_at = 0, m_plain = 0;
  std::vector<InlineAtom> m_atoms;
  InlineDelimiters m_delimiters;
  std::vector<Bracket> m_brackets;
  std::set<int> m_unclosedTicks;  ///< run lengths that do not occur any more
  QStringList m_links;
};

}  // namespace

InlineText parseInline(QStringView text, const QVector<SourceSpan>& lines, InlineOptions options) {
  return InlineParser(text, lines, options).parse();
}

}  // namespace cutaway
