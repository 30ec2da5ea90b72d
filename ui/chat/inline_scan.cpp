#include "ui/chat/inline_scan.h"

#include <algorithm>
#include <utility>

namespace cutaway {

namespace {

bool isSpaceOrEnd(QStringView text, bool last) {
  return text.isEmpty() || (last ? text.back() : text.front()).isSpace();
}

bool isPunctuation(QChar c) { return c.isPunct() || c.isSymbol() || isAsciiPunctuation(c); }

bool isSchemeCharacter(QChar c) {
  return (c.unicode() < 128 && c.isLetterOrNumber()) || c == u'+' || c == u'-' || c == u'.';
}

QString withoutEscapes(QStringView text) {
  QString result;
  for (qsizetype i = 0; i < text.size(); ++i) {
    if (text[i] == u'\\' && i + 1 < text.size() && isAsciiPunctuation(text[i + 1])) ++i;
    result += text[i];
  }
  return result;
}

qsizetype skipSpace(QStringView text, qsizetype at) {
  while (at < text.size() && text[at].isSpace()) ++at;
  return at;
}

/// The end of "(..)", "'..'" or "\"..\"" that begins at `at`; -1: it does not end.
qsizetype titleEnd(QStringView text, qsizetype at) {
  const QChar close = text[at] == u'(' ? QChar(u')') : text[at];
  for (qsizetype i = at + 1; i < text.size(); ++i) {
    if (text[i] == u'\\')
      ++i;
    else if (text[i] == close)
      return i + 1;
  }
  return -1;
}

struct Named {
  const char* name;
  char16_t character;
};

constexpr Named kEntities[] = {
    {"amp", u'&'},     {"lt", u'<'},      {"gt", u'>'},      {"quot", u'"'},    {"apos", u'\''},
    {"nbsp", 0xA0},    {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122}, {"hellip", 0x2026},
    {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},
    {"rdquo", 0x201D}, {"laquo", 0xAB},   {"raquo", 0xBB},   {"bull", 0x2022},  {"middot", 0xB7},
    {"times", 0xD7},   {"divide", 0xF7},  {"deg", 0xB0},     {"plusmn", 0xB1},  {"frac12", 0xBD},
    {"sup2", 0xB2},    {"larr", 0x2190},  {"uarr", 0x2191},  {"rarr", 0x2192},  {"darr", 0x2193},
    {"ne", 0x2260},    {"le", 0x2264},    {"ge", 0x2265},    {"infin", 0x221E}, {"alpha", 0x3B1},
    {"beta", 0x3B2},   {"gamma", 0x3B3},  {"delta", 0x3B4},  {"lambda", 0x3BB}, {"mu", 0x3BC},
    {"pi", 0x3C0},     {"sigma", 0x3C3},  {"euro", 0x20AC},  {"pound", 0xA3},   {"sect", 0xA7},
};

Entity numericEntity(QStringView digits, int length) {
  const bool hex = digits.startsWith(u'x') || digits.startsWith(u'X');
  bool good = false;
  const uint code = digits.mid(hex ? 1 : 0).toUInt(&good, hex ? 16 : 10);
  if (!good || digits.size() > 7) return {};
  const bool valid = code != 0 && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
  const char32_t character = valid ? code : 0xFFFD;
  return {QString::fromUcs4(&character, 1), length};
}

}  // namespace

bool isAsciiPunctuation(QChar c) {
  const char16_t u = c.unicode();
  return (u >= 33 && u <= 47) || (u >= 58 && u <= 64) || (u >= 91 && u <= 96) || (u >= 123 && u <= 126);
}

Flanking flankingOf(QStringView before, QChar kind, QStringView after) {
  const bool spaceBefore = isSpaceOrEnd(before, true), spaceAfter = isSpaceOrEnd(after, false);
  const bool markBefore = !spaceBefore && isPunctuation(before.back());
  const bool markAfter = !spaceAfter && isPunctuation(after.front());
  const bool left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const bool right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  if (kind != u'_') return {left, right};
  return {left && (!right || markBefore), right && (!left || markAfter)};
}

std::optional<LinkTarget> linkTarget(QStringView rest) {
  if (rest.isEmpty() || rest[0] != u'(') return {};
  qsizetype at = skipSpace(rest, 1);
  QStringView address;
  if (at < rest.size() && rest[at] == u'<') {
    const qsizetype end = rest.indexOf(u'>', at);
    if (end < 0 || rest.mid(at, end - at).contains(u'\n')) return {};
    address = rest.mid(at + 1, end - at - 1);
    at = end + 1;
  } else {
    const qsizetype begin = at;
    for (int depth = 0; at < rest.size() && !rest[at].isSpace(); ++at) {
      if (rest[at] == u'\\' && at + 1 < rest.size() && isAsciiPunctuation(rest[at + 1]))
        ++at;
      else if (rest[at] == u'(')
        ++depth;
      else if (rest[at] == u')' && --depth < 0)
        break;
    }
    address = rest.mid(begin, at - begin);
  }
  const qsizetype gap = at;
  at = skipSpace(rest, at);
  if (at > gap && at < rest.size() && QStringView(u"\"'(").contains(rest[at])) {
    at = titleEnd(rest, at);
    if (at < 0) return {};
    at = skipSpace(rest, at);
  }
  if (at >= rest.size() || rest[at] != u')') return {};
  return LinkTarget{withoutEscapes(address), int(at) + 1};
}

int angleLinkLength(QStringView rest) {
  const qsizetype end = rest.indexOf(u'>');
  if (end < 3) return 0;
  const QStringView inner = rest.mid(1, end - 1);
  if (std::any_of(inner.begin(), inner.end(), [](QChar c) { return c.isSpace() || c == u'<'; })) return 0;
  const qsizetype colon = inner.indexOf(u':');
  const QStringView scheme = inner.left(std::max<qsizetype>(colon, 0));
  const bool isAddress = colon >= 2 && colon <= 32 && inner[0].isLetter() &&
                         std::all_of(scheme.begin(), scheme.end(), isSchemeCharacter);
  const qsizetype at = inner.indexOf(u'@');
  const bool isMail = at > 0 && colon < 0 && inner.indexOf(u'.', at) > at + 1;
  return isAddress || isMail ? int(end) + 1 : 0;
}

int breakTagLength(QStringView rest) {
  for (QStringView tag : {QStringView(u"<br>"), QStringView(u"<br/>"), QStringView(u"<br />")})
    if (rest.startsWith(tag, Qt::CaseInsensitive)) return int(tag.size());
  return 0;
}

int bareLinkLength(QStringView rest) {
  QStringView start;
  for (QStringView prefix : {QStringView(u"https://"), QStringView(u"http://"), QStringView(u"www.")})
    if (rest.startsWith(prefix, Qt::CaseInsensitive)) start = prefix;
  if (start.isEmpty()) return 0;
  qsizetype end = start.size();
  while (end < rest.size() && !rest[end].isSpace() && rest[end] != u'<') ++end;
  for (; end > start.size(); --end) {
    const QChar last = rest[end - 1];
    if (last == u')') {
      const QStringView shown = rest.left(end);
      if (shown.count(u')') <= shown.count(u'(')) break;
    } else if (!QStringView(u"?!.,:;*_~'\"`]|").contains(last)) {
      break;
    }
  }
  return end > start.size() ? int(end) : 0;
}

Entity entityAt(QStringView rest) {
  const qsizetype end = rest.left(12).indexOf(u';');
  if (end < 2) return {};
  const QStringView name = rest.mid(1, end - 1);
  if (name[0] == u'#') return numericEntity(name.mid(1), int(end) + 1);
  for (const Named& entity : kEntities)
    if (name == QLatin1String(entity.name)) return {QString(QChar(entity.character)), int(end) + 1};
  return {};
}

}  // namespace cutaway
