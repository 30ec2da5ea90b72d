#include "core/base/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace cutaway {
namespace {

constexpr std::size_t kShownNames = 3;

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t best = std::min({row[j] + 1, row[j + 1] + 1, corner + (a[i] != b[j])});
      corner = std::exchange(row[j + 1], best);
    }
  }
  return row.back();
}

}  // namespace

std::string nearestOf(const std::vector<std::string_view>& names, std::string_view name) {
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < names.size(); ++i) order.emplace_back(distance(name, names[i]), i);
  std::ranges::sort(order);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownNames, order.size()); ++i) {
    if (i > 0) text += ", ";
    text += names[order[i].second];
  }
  return text;
}

}  // namespace cutaway
