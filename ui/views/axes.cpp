#include "ui/views/axes.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

namespace cutaway {

std::vector<double> axisTicks(double low, double high, int count) {
  const double rough = (high - low) / std::max(count, 1);
  if (!(rough > 0) || !std::isfinite(rough)) return {};
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = power * (rough <= power ? 1 : rough <= 2 * power ? 2 : rough <= 5 * power ? 5 : 10);
  std::vector<double> values;
  for (double at = std::ceil(low / step); at * step <= high; ++at) values.push_back(at * step);
  return values;
}

QString axisNumber(double value) { return QLocale().toString(value, 'g', 3); }

}  // namespace cutaway
