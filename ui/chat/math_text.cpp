#include "ui/chat/math_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ui/chat/markdown_inline.h"

namespace cutaway {
namespace {

constexpr int kDeepest = 24;  // groups in groups; deeper ones stay as they are written
constexpr quint8 kRaised = kSuper | kSub;

struct Environment {
  const char* name;
  const char* open;
  const char* close;
  bool matrix;  ///< cells stand in a row; else rows are lines
};
constexpr Environment kEnvironments[] = {
    {"matrix", "", "", true},      {"pmatrix", "(", ")", true}, {"bmatrix", "[", "]", true},
    {"Bmatrix", "{", "}", true},   {"vmatrix", "|", "|", true}, {"Vmatrix", "‖", "‖", true},
    {"smallmatrix", "", "", true}, {"array", "", "", true},     {"cases", "{ ", "", true},
};

struct Accent {
  const char* name;
  char16_t mark;  ///< combining
};
constexpr Accent kAccents[] = {{"hat", 0x302},       {"widehat", 0x302}, {"bar", 0x304},  {"overline", 0x305},
                               {"vec", 0x20D7},      {"tilde", 0x303},   {"dot", 0x307},  {"ddot", 0x308},
                               {"widetilde", 0x303}, {"check", 0x30C},   {"acute", 0x301}, {"underline", 0x332}};

constexpr const char* kIgnored[] = {"left",   "right", "big",    "Big",          "bigg",      "Bigg",   "bigl", "bigr", "Bigl",
                                    "Bigr",   "middle", "limits", "displaystyle", "textstyle", "nolimits"};
constexpr const char* kUpright[] = {"text",   "textrm",       "mathrm", "operatorname", "mathsf", "textnormal",
                                    "textit", "operatorname*", "mbox",   "mathtt",       "texttt"};
constexpr const char* kBoldNames[] = {"mathbf", "boldsymbol", "bm", "textbf"};
constexpr const char* kFractions[] = {"frac", "dfrac", "tfrac", "cfrac"};
constexpr const char* kSpaces[] = {",", ";", ":", " ", "quad", "qquad", "enspace", "thinspace"};

template <class List>
bool isOneOf(QStringView name, const List& list) {
  return std::any_of(std::begin(list), std::end(list), [&](const char* known) { return name == QLatin1String(known); });
}

QString doubleStruck(QChar letter) {
  constexpr std::array<std::pair<char16_t, char16_t>, 7> kOld{
      {{u'C', u'ℂ'}, {u'H', u'ℍ'}, {u'N', u'ℕ'}, {u'P', u'ℙ'}, {u'Q', u'ℚ'}, {u'R', u'ℝ'}, {u'Z', u'ℤ'}}};
  for (const auto& [plain, struck] : kOld)
    if (letter == plain) return QString(QChar(struck));
  char32_t code = letter.unicode();
  if (letter >= u'A' && letter <= u'Z') code += 0x1D538 - u'A';
  if (letter >= u'a' && letter <= u'z') code += 0x1D552 - u'a';
  if (letter == u'1') code = 0x1D7D9;
  return QString::fromUcs4(&code, 1);
}

class MathReader {
 public:
  explicit MathReader(QStringView text) : m_text(text) {}

  QVector<MathSegment> read() {
    while (m_at < m_text.size()) item(0);
    return inOrder();
  }

 private:
  /// Signs that stand for nothing written, as a fraction's bar, may have got a place that is another's.
  QVector<MathSegment> inOrder() const {
    QVector<MathSegment> parts;
    int at = 0;
    for (const MathSegment& part : m_out) {
      const int begin = std::max(part.begin, at);
      if (begin >= m_text.size()) {
        if (!parts.isEmpty()) parts.last().text += part.text;
        continue;
      }
      at = std::clamp(part.begin + part.length, begin + 1, static_cast<int>(m_text.size()));
      parts << MathSegment{part.text, part.style, begin, at - begin};
    }
    return parts;
  }

  QChar peek() const { return m_at < m_text.size() ? m_text[m_at] : QChar(); }

  void put(const QString& text, int begin, int end, quint8 style) {
    if (text.isEmpty()) return;
    if (end <= begin && !m_out.isEmpty())
      m_out.last().text += text;
    else
      m_out << MathSegment{text, style, begin, std::max(1, end - begin)};
  }

  /// Whether something stands before that an operator could join to what follows.
  bool afterOperand() const {
    return !m_out.isEmpty() && !m_out.last().text.endsWith(u' ') && !QStringView(u"([{,|").contains(m_out.last().text.back());
  }

  void putOperator(const QString& text, int begin, quint8 style) {
    const bool tight = (style & kRaised) != 0 || !afterOperand();
    put(tight ? text : QStringLiteral(" %1 ").arg(text), begin, m_at, style);
  }

  void item(quint8 style) {
    const int begin = m_at;
    const QChar c = m_text[m_at++];
    switch (c.unicode()) {
      case u'\\':
        return command(begin, style);
      case u'{':
        return group(style);
      case u'}':
      case u' ':
      case u'\n':
      case u'\t':
        return;
      case u'^':
      case u'_':
        return script(begin, c, style);
      case u'&':
        return put(m_cells > 0 ? QStringLiteral("  ") : QString(), begin, m_at, style);
      case u'~':
        return put(QStringLiteral(" "), begin, m_at, style);
      case u'\'':
        return put(QStringLiteral("′"), begin, m_at, style);
      case u'-':
        return putOperator(QStringLiteral("−"), begin, style);
      case u'+':
      case u'=':
      case u'<':
      case u'>':
        return putOperator(QString(c), begin, style);
      case u',':
        return put(QStringLiteral(", "), begin, m_at, style);
      default:
        return put(QString(c), begin, m_at, c.isLetter() ? style | kItalic : style);
    }
  }

  /// The rest of a group whose brace is read.
  void group(quint8 style) {
    if (++m_depth <= kDeepest) {
      while (m_at < m_text.size() && m_text[m_at] != u'}') item(style);
    }
    --m_depth;
    if (peek() == u'}') ++m_at;
  }

  void skipSpace() {
    while (peek().isSpace()) ++m_at;
  }

  /// A group or a single item, as commands take it.
  void argument(quint8 style) {
    skipSpace();
    if (m_at >= m_text.size() || m_text[m_at] == u'}') return;
    if (m_depth >= kDeepest) return;
    ++m_depth;
    item(style);
    --m_depth;
  }

  /// An argument's parts by themselves, in parentheses unless it is a single term.
  QVector<MathSegment> apart(quint8 style, bool& simple) {
    QVector<MathSegment> before = std::exchange(m_out, {});
    argument(style);
    QVector<MathSegment> parts = std::exchange(m_out, std::move(before));
    QString text;
    for (const MathSegment& part : parts) text += part.text;
    simple = std::none_of(text.begin(), text.end(), [](QChar c) { return c == u' ' || c == u'/'; });
    return parts;
  }

  void putTerm(int begin, int contentBegin, quint8 style) {
    bool simple = true;
    const auto parts = apart(style, simple);
    if (!simple) put(QStringLiteral("("), begin, contentBegin, style);
    m_out += parts;
    if (!simple) put(QStringLiteral(")"), m_at - 1, m_at, style);
  }

  void script(int begin, QChar kind, quint8 style) {
    if ((style & kRaised) == 0) return argument(style | (kind == u'^' ? kSuper : kSub));
    put(QString(kind), begin, m_at, style);  // smaller still cannot be drawn
    putTerm(m_at, m_at + (peek() == u'{'), style);
  }

  void fraction(int begin, quint8 style) {
    putTerm(begin, m_at + 1, style);
    const int bar = m_at;
    skipSpace();
    put(QStringLiteral("/"), bar - 1, bar, style);
    putTerm(bar, m_at + 1, style);
  }

  void root(int begin, quint8 style) {
    if (peek() == u'[') {
      ++m_at;
      while (m_at < m_text.size() && m_text[m_at] != u']') item(style | kSuper);
      begin = m_at;
      if (peek() == u']') ++m_at;
    }
    put(QStringLiteral("√"), begin, m_at, style);
    putTerm(m_at, m_at + 1, style);
  }

  /// What stands in braces, as it is written.
  QStringView raw() {
    skipSpace();
    if (peek() != u'{') return m_at < m_text.size() ? m_text.mid(m_at++, 1) : QStringView();
    const int begin = ++m_at;
    for (int depth = 0; m_at < m_text.size(); ++m_at) {
      if (m_text[m_at] == u'{') ++depth;
      if (m_text[m_at] == u'}' && depth-- == 0) break;
    }
    const QStringView inside = m_text.mid(begin, m_at - begin);
    if (m_at < m_text.size()) ++m_at;
    return inside;
  }

  void environment(int begin, bool opens, quint8 style) {
    const QStringView name = raw();
    const auto* known = std::find_if(std::begin(kEnvironments), std::end(kEnvironments),
                                     [&](const Environment& e) { return name == QLatin1String(e.name); });
    if (known == std::end(kEnvironments)) return;  // aligned and the like: rows are lines
    if (opens && name == QLatin1String("array")) raw();
    m_cells += opens ? 1 : -1;
    put(QString::fromUtf8(opens ? known->open : known->close), begin, m_at, style);
  }

  void accent(char16_t mark, quint8 style) {
    const qsizetype before = m_out.size();
    argument(style);
    if (m_out.size() > before) m_out.last().text += QChar(mark);
  }

  QStringView commandName() {
    const int begin = m_at;
    while (m_at < m_text.size() && m_text[m_at].isLetter() && m_text[m_at].unicode() < 128) ++m_at;
    if (m_at == begin && m_at < m_text.size()) ++m_at;
    return m_text.mid(begin, m_at - begin);
  }

  void command(int begin, quint8 style) {
    const QStringView name = commandName();
    if (name == u"\\") return put(m_cells > 0 ? QStringLiteral("; ") : QString(QChar::LineSeparator), begin, m_at, style);
    if (isOneOf(name, kIgnored)) return void(peek() == u'.' ? ++m_at : 0);
    if (isOneOf(name, kSpaces)) return put(QStringLiteral(" "), begin, m_at, style);
    if (name == u"!") return;
    if (isOneOf(name, kFractions)) return fraction(begin, style);
    if (name == u"sqrt") return root(begin, style);
    if (name == u"begin" || name == u"end") return environment(begin, name == u"begin", style);
    if (isOneOf(name, kBoldNames)) return argument(style | kBold);
    if (isOneOf(name, kUpright)) {
      const QStringView inside = raw();
      return put(inside.toString(), begin, m_at, style);
    }
    if (name == u"mathbb") {
      QString struck;
      for (QChar letter : raw()) struck += doubleStruck(letter);
      return put(struck, begin, m_at, style);
    }
    for (const Accent& known : kAccents)
      if (name == QLatin1String(known.name)) return accent(known.mark, style);
    if (name == u"mathcal" || name == u"mathit" || name == u"boxed" || name == u"mathfrak") return argument(style);
    if (const MathSymbol* symbol = mathSymbol(name)) return putSymbol(*symbol, begin, style);
    const bool escaped = name.size() == 1 && !name[0].isLetter();
    put(escaped ? name.toString() : u'\\' + name.toString(), begin, m_at, style);
  }

  void putSymbol(const MathSymbol& symbol, int begin, quint8 style) {
    const QString text = QString::fromUtf16(symbol.text);
    if (symbol.kind == MathClass::spaced) return putOperator(text, begin, style);
    const int end = m_at;
    if (symbol.kind == MathClass::plain) return put(text, begin, end, style);
    skipSpace();
    const bool open = QStringView(u"({[^_}").contains(peek()) || peek().isNull();
    put((afterOperand() ? QStringLiteral(" ") : QString()) + text + (open ? QString() : QStringLiteral(" ")), begin, end, style);
  }

  QStringView m_text;
  int m_at = 0, m_depth = 0, m_cells = 0;
  QVector<MathSegment> m_out;
};

}  // namespace

QVector<MathSegment> mathSegments(QStringView latex) { return MathReader(latex).read(); }

}  // namespace cutaway
