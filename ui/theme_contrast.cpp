#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr double kHighContrast = 20;  // of 21; ordinary palettes keep a grey window or a grey text
constexpr double kReadable = 4.5;     // WCAG 2.1, level AA

/// As far from `ground` towards `end` as the text stays readable.
QColor readableTint(const QColor& ground, const QColor& end, const QColor& text) {
  for (float amount = 0.8f; amount > 0; amount -= 0.1f) {
    const QColor tint = mixPerceptually(ground, end, amount);
    if (contrastRatio(tint, text) >= kReadable) return tint;
  }
  return ground;
}

}  // namespace

bool isHighContrast(const QPalette& palette) {
  const std::pair<QPalette::ColorRole, QPalette::ColorRole> pairs[] = {{QPalette::Window, QPalette::WindowText},
                                                                       {QPalette::Base, QPalette::Text},
                                                                       {QPalette::Button, QPalette::ButtonText}};
  for (const auto& [ground, text] : pairs) {
    if (contrastRatio(palette.color(ground), palette.color(text)) < kHighContrast) return false;
  }
  return true;
}

ThemeColours contrastColours(const QPalette& palette) {
  const QColor window = palette.color(QPalette::Window), text = palette.color(QPalette::WindowText);
  const QColor highlight = palette.color(QPalette::Highlight);
  const bool seen = contrastRatio(highlight, window) >= kReadable;
  ThemeColours c;
  c.window = c.panel = c.userBubble = c.codeBackground = window;
  c.base = palette.color(QPalette::Base);
  c.text = c.mutedText = c.hairline = c.error = c.warning = text;
  c.keyword = c.string = c.number = c.comment = c.function = text;
  c.accent = seen ? highlight : text;
  c.onAccent = contrastRatio(c.accent, window) > contrastRatio(c.accent, text) ? window : text;
  c.accentTint = readableTint(window, text, c.accent);
  c.selection = c.match = c.mostSurprising = readableTint(window, highlight, text);
  c.currentMatch = readableTint(window, text, text);
  return c;
}

}  // namespace cutaway
