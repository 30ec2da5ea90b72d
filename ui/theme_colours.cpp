#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme.h"

namespace cutaway {

const ThemeColours& lightColours() {
  static const ThemeColours kColours = {
      .window = QColor(0xF6F6F4),
      .panel = QColor(0xFFFFFF),
      .base = QColor(0xFFFFFF),
      .text = QColor(0x1E1F22),
      .mutedText = QColor(0x65666B),
      .hairline = QColor(0xE1E1DE),
      .accent = QColor(0x3B4CC0),
      .onAccent = QColor(0xFFFFFF),
      .accentTint = QColor(0xE9ECFB),
      .userBubble = QColor(0xECECE8),
      .codeBackground = QColor(0xF0F0ED),
      .selection = QColor(0xCBD3F6),
      .match = QColor(0xFBEDB4),
      .currentMatch = QColor(0xF6C04D),
      .error = QColor(0xB3261E),
      .warning = QColor(0x855400),
      .keyword = QColor(0x3B4CC0),
      .string = QColor(0x2C6638),
      .number = QColor(0x8F4A00),
      .comment = QColor(0x65666B),
      .function = QColor(0x6B3FA0),
      .mostSurprising = QColor(0xF2A65A),
  };
  return kColours;
}

const ThemeColours& darkColours() {
  static const ThemeColours kColours = {
      .window = QColor(0x131417),
      .panel = QColor(0x1B1C20),
      .base = QColor(0x1B1C20),
      .text = QColor(0xE6E6E3),
      .mutedText = QColor(0x9C9DA3),
      .hairline = QColor(0x2D2F34),
      .accent = QColor(0x8F9BFF),
      .onAccent = QColor(0x0F1120),
      .accentTint = QColor(0x252A45),
      .userBubble = QColor(0x23252B),
      .codeBackground = QColor(0x1B1C20),
      .selection = QColor(0x333C70),
      .match = QColor(0x4B4015),
      .currentMatch = QColor(0x80610F),
      .error = QColor(0xFF8A80),
      .warning = QColor(0xE8B15A),
      .keyword = QColor(0x9AA5FF),
      .string = QColor(0x8FCB9B),
      .number = QColor(0xE5B27A),
      .comment = QColor(0x9C9DA3),
      .function = QColor(0xC9A6F0),
      .mostSurprising = QColor(0x8A5020),
  };
  return kColours;
}

namespace {

double toLinear(double s) { return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4); }
double toSrgb(double l) { return l <= 0.0031308 ? l * 12.92 : 1.055 * std::pow(l, 1 / 2.4) - 0.055; }

using Vector = std::array<double, 3>;

Vector linearOf(const QColor& c) { return {toLinear(c.redF()), toLinear(c.greenF()), toLinear(c.blueF())}; }

Vector okLabOf(const QColor& c) {
  const auto [r, g, b] = linearOf(c);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QColor colourOf(const Vector& lab) {
  const double l = std::pow(lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2], 3);
  const double m = std::pow(lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2], 3);
  const double s = std::pow(lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2], 3);
  const auto channel = [](double linear) {
    return float(std::clamp(toSrgb(std::max(linear, 0.0)), 0.0, 1.0));
  };
  return QColor::fromRgbF(channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                          channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                          channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

double luminance(const QColor& c) {
  const auto [r, g, b] = linearOf(c);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

}  // namespace

QColor mixPerceptually(const QColor& ground, const QColor& end, float amount) {
  const double t = std::clamp(double(amount), 0.0, 1.0);
  const Vector a = okLabOf(ground), b = okLabOf(end);
  return colourOf({std::lerp(a[0], b[0], t), std::lerp(a[1], b[1], t), std::lerp(a[2], b[2], t)});
}

double contrastRatio(const QColor& a, const QColor& b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

}  // namespace cutaway
