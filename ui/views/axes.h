// Round numbers along the axes of plots.
#pragma once

#include <QString>
#include <vector>

namespace cutaway {

/// Inside a range, about as many as asked for: steps of 1, 2 or 5 times a power of ten. None of a range that is empty or
/// not finite.
std::vector<double> axisTicks(double low, double high, int count);
QString axisNumber(double value);  ///< with three digits, as the locale writes it

}  // namespace cutaway
