#include "core/eval/pareto.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/inspect/report.h"

namespace cutaway {
namespace {

/// A floor that is lower by this factor than all points would leave them no room.
constexpr double kFarBelow = 100;
constexpr double kCharacter = 7, kLine = 13;  ///< of labels, in pixels, from above
constexpr double kWidth = ParetoPicture::kWidth, kHeight = ParetoPicture::kHeight;
constexpr double kLeft = 72, kRight = 150, kTop = 16, kBottom = 44;

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// From values to pixels; y is logarithmic and grows upwards.
struct Scale {
  double leastX, mostX, leastY, mostY;  ///< of y the logarithms
  double x(double value) const { return kLeft + (value - leastX) / (mostX - leastX) * (kWidth - kLeft - kRight); }
  double y(double value) const {
    return kHeight - kBottom - (std::log10(value) - leastY) / (mostY - leastY) * (kHeight - kTop - kBottom);
  }
};

Scale scaleOf(const std::vector<ParetoPoint>& points, double floor) {
  const auto [leastX, mostX] = std::ranges::minmax(points, {}, &ParetoPoint::x);
  const auto [leastY, mostY] = std::ranges::minmax(points, {}, &ParetoPoint::y);
  const bool near = floor > 0 && floor > leastY.y / kFarBelow;
  const double least = near ? std::min(floor, leastY.y) : leastY.y, margin = std::max((mostX.x - leastX.x) * 0.06, 1e-9);
  return {leastX.x - margin, mostX.x + margin, std::floor(std::log10(least)), std::floor(std::log10(mostY.y)) + 1};
}

/// A step of 1, 2 or 5 times a power of ten that gives some five ticks.
double tickStep(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 4)));
  for (const double times : {1.0, 2.0, 5.0})
    if (range / (times * power) <= 6) return times * power;
  return 10 * power;
}

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + htmlText(content) + "</text>";
}

std::string grid(const Scale& scale, const ParetoAxes& axes) {
  std::string svg = "<g stroke=\"currentColor\" stroke-opacity=\".15\">";
  std::string labels;
  for (double power = scale.leastY; power <= scale.mostY; ++power) {
    const double y = scale.y(std::pow(10, power));
    svg += formatted("<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>", kLeft, kWidth - kRight, y, y);
    labels += text(kLeft - 8, y + 4, "end", formatted("%g", std::pow(10, power)));
  }
  const double step = tickStep(scale.mostX - scale.leastX);
  for (double value = std::ceil(scale.leastX / step) * step; value <= scale.mostX; value += step) {
    const double x = scale.x(value);
    svg += formatted("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>", x, x, kTop, kHeight - kBottom);
    labels += text(x, kHeight - kBottom + 16, "middle", formatted("%g", value));
  }
  svg += "</g><g fill=\"currentColor\" fill-opacity=\".7\" font-size=\"11\">" + labels;
  svg += text((kLeft + kWidth - kRight) / 2, kHeight - 8, "middle", axes.x);
  return svg + formatted("<text transform=\"translate(14 %.0f) rotate(-90)\" text-anchor=\"middle\">", (kHeight - kBottom + kTop) / 2) +
         htmlText(axes.y) + "</text></g>";
}

std::string floorLine(const Scale& scale, const ParetoAxes& axes) {
  if (!(axes.floor > 0)) return {};
  if (std::log10(axes.floor) < scale.leastY)
    return "<g fill=\"currentColor\" font-size=\"11\">" +
           text(kWidth - kRight + 6, kHeight - kBottom + 4, "start", axes.floorLabel + formatted(" %.0e", axes.floor)) + "</g>";
  const double y = scale.y(axes.floor);
  return formatted("<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"currentColor\" stroke-dasharray=\"2 4\"/>", kLeft,
                   kWidth - kRight, y, y) +
         "<g fill=\"currentColor\" font-size=\"11\">" + text(kWidth - kRight + 6, y + 4, "start", axes.floorLabel) + "</g>";
}

/// Labels beside their points: to the right where there is room among points and earlier labels, else a little higher or
/// lower, else to the left.
class Labels {
 public:
  struct Place {
    double x, y;
    const char* anchor;
  };

  void keepFree(double x, double y) { m_boxes.push_back({x - kDot, x + kDot, y}); }

  Place place(double x, double y, const std::string& label) {
    const double width = kCharacter * static_cast<double>(label.size());
    for (const bool right : {true, false})
      for (const double shift : {0.0, -kLine, kLine, -2 * kLine, 2 * kLine, -3 * kLine, 3 * kLine}) {
        const double left = right ? x + kAside : x - kAside - width;
        const Box box{left, left + width, y + shift};
        if (std::ranges::any_of(m_boxes, [&](const Box& other) { return overlap(box, other); })) continue;
        m_boxes.push_back(box);
        return {right ? left : left + width, box.y, right ? "start" : "end"};
      }
    return {x + kAside, y, "start"};
  }

 private:
  static constexpr double kDot = 5, kAside = 8;

  struct Box {
    double left, right, y;
  };
  static bool overlap(const Box& a, const Box& b) {
    return a.left < b.right && a.right > b.left && std::abs(a.y - b.y) < kLine;
  }
  std::vector<Box> m_boxes;
};

}  // namespace

std::vector<bool> paretoFront(const std::vector<ParetoPoint>& points, bool lessIsBetter) {
  const double sign = lessIsBetter ? 1 : -1;
  std::vector<bool> front;
  for (const ParetoPoint& point : points)
    front.push_back(std::ranges::none_of(points, [&](const ParetoPoint& other) {
      const bool asGood = sign * other.x <= sign * point.x && other.y <= point.y;
      return asGood && (sign * other.x < sign * point.x || other.y < point.y);
    }));
  return front;
}

ParetoPicture paretoPicture(const std::vector<ParetoPoint>& all, const ParetoAxes& axes) {
  ParetoPicture picture;
  picture.places.resize(all.size());
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].y > 0 && std::isfinite(all[i].y) && std::isfinite(all[i].x)) drawn.push_back(i);
  if (drawn.size() < 2) return picture;
  std::ranges::stable_sort(drawn, {}, [&all](std::size_t i) { return all[i].x; });
  std::vector<ParetoPoint> points;
  for (const std::size_t i : drawn) points.push_back(all[i]);
  const std::vector<bool> front = paretoFront(points, axes.lessIsBetter);
  const Scale scale = scaleOf(points, axes.floor);
  std::string line, dots;
  Labels labels;
  for (const ParetoPoint& point : points) labels.keepFree(scale.x(point.x), scale.y(point.y));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = scale.x(points[i].x), y = scale.y(points[i].y);
    const Labels::Place label = labels.place(x, y, points[i].label);
    picture.places[drawn[i]] = {x, y};
    if (front[i]) line += formatted("%.1f,%.1f ", x, y);
    dots += formatted("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"%s\"/>", x, y, front[i] ? "up" : "off");
    dots += "<g fill=\"currentColor\" font-size=\"12\">" + text(label.x, label.y + 4, label.anchor, points[i].label) + "</g>";
  }
  picture.svg = formatted("<svg viewBox=\"0 0 %.0f %.0f\" width=\"100%%\" role=\"img\" aria-label=\"", kWidth, kHeight) +
                htmlText(axes.y + " against " + axes.x) + "\">" + grid(scale, axes) + floorLine(scale, axes) +
                "<polyline class=\"front\" fill=\"none\" points=\"" + line + "\"/>" + dots + "</svg>";
  return picture;
}

}  // namespace cutaway
