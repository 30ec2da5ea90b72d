#include "ui/views/colour_map.h"

#include <cmath>

#include "ui/theme.h"

namespace cutaway {
namespace {

/// OKLab's L (Ottosson 2020), 0 to 1.
double lightness(const QColor& colour) {
  const auto linear = [](double x) { return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4); };
  const double r = linear(colour.redF()), g = linear(colour.greenF()), b = linear(colour.blueF());
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
               m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
               s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

}  // namespace

ColourTable weightColours() {
  const ThemeColours& c = Theme::instance().colours();
  const QColor ground = c.panel, middle = c.accent, end = c.text;
  const double all = lightness(end) - lightness(ground);
  const double part = std::abs(all) > 1e-3 ? (lightness(middle) - lightness(ground)) / all : 0.5;
  const double bend = qBound(0.05, part, 0.95);  // a high-contrast accent may be as light as the text
  ColourTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double x = static_cast<double>(i) / (table.size() - 1);
    const QColor colour = x < bend ? mixPerceptually(ground, middle, static_cast<float>(x / bend))
                                   : mixPerceptually(middle, end, static_cast<float>((x - bend) / (1 - bend)));
    table[i] = colour.rgb();
  }
  return table;
}

}  // namespace cutaway
