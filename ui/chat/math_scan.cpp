// Where a formula begins and ends in a text.
#include <algorithm>
#include <cstdlib>

#include "ui/chat/math_text.h"

namespace cutaway {
namespace {

constexpr qsizetype kLongest = 4000;       // characters; keeps the search for an end bounded
constexpr qsizetype kLongestPlain = 12;  // of what is a formula without any sign of one, as "f(x)"

bool looksLikeMath(QStringView content) {
  const auto isSign = [](QChar c) { return QStringView(u"\\^_={}<>+").contains(c); };
  if (std::any_of(content.begin(), content.end(), isSign)) return true;
  const bool oneTerm = std::none_of(content.begin(), content.end(), [](QChar c) { return c.isSpace(); });
  return oneTerm && content.size() <= kLongestPlain && content.front().isLetter();
}

struct Marker {
  QStringView open, close;
  bool display;
};
constexpr Marker kMarkers[] = {
    {u"$$", u"$$", true}, {u"\\[", u"\\]", true}, {u"\\(", u"\\)", false}, {u"$", u"$", false}};

/// The first `close` that no backslash takes away; -1: there is none.
qsizetype closing(QStringView text, qsizetype from, QStringView close) {
  const qsizetype end = std::min(text.size(), from + kLongest);
  for (qsizetype i = from; i + close.size() <= end; ++i) {
    if (text.mid(i).startsWith(close)) return i;
    if (text[i] == u'\\') ++i;
  }
  return -1;
}

}  // namespace

std::optional<MathSpan> mathAt(QStringView rest, QChar before, bool growing) {
  const auto* marker = std::find_if(std::begin(kMarkers), std::end(kMarkers),
                                    [&](const Marker& known) { return rest.startsWith(known.open); });
  if (marker == std::end(kMarkers)) return {};
  const qsizetype from = marker->open.size(), end = closing(rest, from, marker->close);
  const bool open = end < 0;
  if (open && (!growing || rest.size() > kLongest)) return {};
  const QStringView content = rest.mid(from, open ? -1 : end - from);
  if (content.trimmed().isEmpty() || !looksLikeMath(content)) return {};
  if (marker->open == u"$") {
    const QChar after = !open && end + 1 < rest.size() ? rest[end + 1] : QChar(u' ');
    const bool spaced = content.front().isSpace() || content.back().isSpace();
    if (before.isLetterOrNumber() || after.isLetterOrNumber() || (spaced && !open)) return {};
    if (open && (content.front().isSpace() || content.front().isDigit() || !content.contains(u'\\'))) return {};
  }
  return MathSpan{static_cast<int>(from), static_cast<int>(content.size()), open ? 0 : static_cast<int>(marker->close.size()),
                  marker->display};
}

}  // namespace cutaway
