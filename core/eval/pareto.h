// Which of many compromises nobody beats in both respects, and a picture of all of them.
#pragma once

#include <optional>
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

struct ParetoPicture {
  static constexpr double kWidth = 640, kHeight = 320;
  struct Place {
    double x = 0, y = 0;  ///< in the picture; y downwards
  };
  /// To stand in a page, whose colour it takes (currentColor) and whose style says how circles of the classes "up" (not
  /// beaten) and "off", and the polyline "front", look. Empty where fewer than two points can be drawn.
  std::string svg;
  std::vector<std::optional<Place>> places;  ///< of the points as they were given; none of those that cannot be drawn
};

/// y on a logarithmic scale, points above 0 alone, those of the front joined.
ParetoPicture paretoPicture(const std::vector<ParetoPoint>& points, const ParetoAxes& axes);

}  // namespace cutaway
