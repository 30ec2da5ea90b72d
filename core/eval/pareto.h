// Which of many compromises nobody beats in both respects, and a picture of all of them.
#pragma once

#include <string>
#include <vector>

namespace cutaway {

struct ParetoPoint {
  std::string label;
  double x = 0;  ///< size, or speed
  double y = 0;  ///< a cost: less is better
};

/// Of each point whether no other is at least as good in both respects and better in one.
std::vector<bool> paretoFront(const std::vector<ParetoPoint>& points, bool lessIsBetter);

struct ParetoAxes {
  std::string x, y;          ///< titles
  bool lessIsBetter = true;  ///< of x
  double floor = 0;          ///< of y: a line that is not worth going below; 0: none
  std::string floorLabel;
};

/// SVG, to stand in a page: y on a logarithmic scale, points above 0 alone, those of the front joined. Its colours are the
/// page's (currentColor). Empty where fewer than two points can be drawn.
std::string paretoPicture(const std::vector<ParetoPoint>& points, const ParetoAxes& axes);

}  // namespace cutaway
