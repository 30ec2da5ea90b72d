#include "ui/chat/chat_style.h"

#include <QFontDatabase>
#include <array>
#include <cmath>

namespace cutaway {

namespace {

QFont scaled(QFont font, qreal factor) {
  if (font.pointSizeF() > 0)
    font.setPointSizeF(font.pointSizeF() * factor);
  else
    font.setPixelSize(int(std::lround(font.pixelSize() * factor)));
  return font;
}

}  // namespace

ChatStyle::ChatStyle(const QFont& font)
    : body(font), small(scaled(font, 0.87)), colours(Theme::instance().colours()) {
  mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  if (font.pointSizeF() > 0)
    mono.setPointSizeF(font.pointSizeF() * 0.94);
  else
    mono.setPixelSize(std::max(1, int(std::lround(font.pixelSize() * 0.94))));
  mono.setStyleHint(QFont::Monospace);
  mono.setFixedPitch(true);
}

QFont ChatStyle::heading(int level) const {
  constexpr std::array<qreal, 6> kSizes{1.5, 1.28, 1.12, 1.0, 1.0, 1.0};
  QFont font = scaled(body, kSizes[size_t(std::clamp(level, 1, 6) - 1)]);
  font.setWeight(QFont::DemiBold);
  return font;
}

QColor ChatStyle::codeColour(CodeColour colour) const {
  const std::array<QColor, 6> table{colours.text,   colours.keyword, colours.string,
                                    colours.number, colours.comment, colours.function};
  return table[size_t(colour)];
}

qreal ChatStyle::linePitch(const QFont& font) {
  return std::round(QFontMetricsF(font).height() * kLineFactor);
}

LayoutCounters& layoutCounters() {
  static LayoutCounters counters;
  return counters;
}

}  // namespace cutaway
