#include "ui/chat/markdown_inline.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "ui/chat/inline_scan.h"

namespace cutaway {

namespace {

/// A stretch of the joined lines; emphasis and links are marked on it in place.
struct Atom {
  int begin = 0, length = 0;  ///< in the joined text; what a delimiter has left of itself
  QString replacement = {};   ///< drawn instead; null: the stretch itself
  quint8 style = 0;
  int link = -1;
  bool canOpen = false, canClose = false;  ///< of a delimiter
  int run = 0;                             ///< a delimiter's length at first
};

struct Bracket {
  int atom;
  int delimiters;  ///< open ones when it came
  bool image;
  bool active = true;
};

class InlineParser {
 public:
  InlineParser(QStringView text, const QVector<SourceSpan>& lines, InlineOptions options)
      : m_lines(lines), m_options(options) {
    for (SourceSpan line : lines) {
      if (!m_starts.empty()) m_joined += u'\n';
      m_starts.push_back(int(m_joined.size()));
      m_joined += text.mid(line.begin, line.length);
    }
  }

  InlineText parse() {
    while (m_at < m_joined.size()) step();
    flush(m_at);
    if (m_options.growing) holdBack();
    matchDelimiters(0);
    return render();
  }

 private:
  void step() {
    const QStringView rest = QStringView(m_joined).mid(m_at);
    const char16_t c = rest[0].unicode();
    switch (c) {
      case u'\\':
        return escape(rest);
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
    m_delimiters.push_back(int(m_atoms.size()));
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
    m_brackets.push_back({int(m_atoms.size()), int(m_delimiters.size()), image});
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
    matchDelimiters(bracket.delimiters);
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
    m_result.links << address;
    return int(m_result.links.size()) - 1;
  }

  /// The last run of a growing text is not drawn unless it closes all that its opener began.
  void holdBack() {
    if (m_atoms.empty() || m_atoms.back().run == 0) return;
    Atom& last = m_atoms.back();
    const bool isDelimiter = !m_delimiters.empty() && m_delimiters.back() == int(m_atoms.size()) - 1;
    if (isDelimiter) {
      m_delimiters.pop_back();
      const QChar kind = m_joined[last.begin];
      for (auto i = m_delimiters.rbegin(); last.canClose && i != m_delimiters.rend(); ++i) {
        const Atom& opener = m_atoms[*i];
        if (!opener.canOpen || m_joined[opener.begin] != kind) continue;
        if (opener.length > last.length) break;
        m_delimiters.push_back(int(m_atoms.size()) - 1);
        return;
      }
    }
    last.length = 0;
  }

  void matchDelimiters(size_t bottom) {
    std::map<std::array<int, 3>, int> noOpenerBefore;
    for (size_t c = bottom; c < m_delimiters.size();) {
      Atom& closer = m_atoms[m_delimiters[c]];
      if (!closer.canClose) {
        ++c;
        continue;
      }
      const QChar kind = m_joined[closer.begin];
      int& limit = noOpenerBefore[{kind.unicode(), closer.canOpen, closer.run % 3}];
      size_t o = c;
      while (o > bottom && m_delimiters[o - 1] >= limit && !pairs(m_atoms[m_delimiters[o - 1]], closer)) --o;
      if (o == bottom || m_delimiters[o - 1] < limit) {
        limit = m_delimiters[c];
        if (closer.canOpen)
          ++c;
        else
          m_delimiters.erase(m_delimiters.begin() + std::ptrdiff_t(c));
        continue;
      }
      c = pairUp(o - 1, c);
    }
    m_delimiters.resize(std::min(bottom, m_delimiters.size()));
  }

  bool pairs(const Atom& opener, const Atom& closer) const {
    if (!opener.canOpen || m_joined[opener.begin] != m_joined[closer.begin]) return false;
    const bool both = opener.canClose || closer.canOpen;
    return !(both && (opener.run + closer.run) % 3 == 0 && (opener.run % 3 != 0 || closer.run % 3 != 0));
  }

  /// Marks what is between two delimiters; returns where to go on.
  size_t pairUp(size_t o, size_t c) {
    const int from = m_delimiters[o], to = m_delimiters[c];
    Atom &opener = m_atoms[from], &closer = m_atoms[to];
    const int count = opener.length >= 2 && closer.length >= 2 ? 2 : 1;
    const quint8 style = m_joined[closer.begin] == u'~' ? kStrike : count == 2 ? kBold : kItalic;
    for (int i = from + 1; i < to; ++i) m_atoms[i].style |= style;
    opener.length -= count;
    closer.begin += count;
    closer.length -= count;
    const auto at = [this](size_t i) { return m_delimiters.begin() + std::ptrdiff_t(i); };
    m_delimiters.erase(at(o + 1), at(closer.length == 0 ? c + 1 : c));
    if (opener.length > 0) return o + 1;
    m_delimiters.erase(at(o));
    return o;
  }

  int lineOf(int at) const {
    return int(std::upper_bound(m_starts.begin(), m_starts.end(), at) - m_starts.begin()) - 1;
  }

  int sourceOf(int at) const {
    if (m_lines.isEmpty()) return 0;
    const int line = lineOf(at);
    return m_lines[line].begin + (at - m_starts[line]);
  }

  InlineText render() {
    for (const Atom& atom : m_atoms)
      if (atom.length > 0) draw(atom);
    m_result.sourceBegin = m_lines.isEmpty() ? 0 : m_lines.first().begin;
    m_result.sourceEnd = m_lines.isEmpty() ? 0 : m_lines.last().end();
    return std::move(m_result);
  }

  void draw(const Atom& atom) {
    const int rendered = int(m_result.text.size());
    const int source = sourceOf(atom.begin);
    const bool isBreak = m_joined[atom.begin] == u'\n';
    // A break's source reaches up to the next line's content.
    const int sourceLength = isBreak ? m_lines[lineOf(atom.begin) + 1].begin - source : atom.length;
    m_result.text += atom.replacement.isNull() ? m_joined.mid(atom.begin, atom.length) : atom.replacement;
    const int length = int(m_result.text.size()) - rendered;
    auto& pieces = m_result.pieces;
    const bool verbatim = atom.replacement.isNull();
    const bool joins = verbatim && !pieces.isEmpty() && pieces.last().length == pieces.last().sourceLength &&
                       pieces.last().source + pieces.last().sourceLength == source;
    if (joins) {
      pieces.last().length += length;
      pieces.last().sourceLength += length;
    } else {
      pieces << InlinePiece{rendered, length, source, sourceLength};
    }
    if (atom.style == 0) return;
    auto& spans = m_result.spans;
    const bool extends = !spans.isEmpty() && spans.last().begin + spans.last().length == rendered &&
                         spans.last().style == atom.style && spans.last().link == atom.link;
    if (extends)
      spans.last().length += length;
    else
      spans << InlineSpan{rendered, length, atom.style, atom.link};
  }

  const QVector<SourceSpan>& m_lines;
  InlineOptions m_options;
  QString m_joined;
  std::vector<int> m_starts;  ///< of the lines in m_joined
  int m_at = 0, m_plain = 0;
  std::vector<Atom> m_atoms;
  std::vector<int> m_delimiters;  ///< atoms that may still open or close
  std::vector<Bracket> m_brackets;
  std::set<int> m_unclosedTicks;  ///< run lengths that do not occur any more
  InlineText m_result;
};

}  // namespace

InlineText parseInline(QStringView text, const QVector<SourceSpan>& lines, InlineOptions options) {
  return InlineParser(text, lines, options).parse();
}

}  // namespace cutaway
