#include "core/inspect/head_scores.h"

#include <algorithm>
#include <map>
#include <vector>

namespace cutaway {
namespace {

constexpr std::size_t kLocalTokens = 8;

constexpr HeadHabitInfo kHabits[kHeadHabitCount] = {
    {HeadHabit::previous, "previous token", "looks at the token before"},
    {HeadHabit::duplicate, "duplicate token", "looks at earlier places of the same token"},
    {HeadHabit::induction, "induction", "looks at what came after earlier places of the same token"},
    {HeadHabit::sink, "sink", "looks at the first token"},
    {HeadHabit::self, "self", "looks at the token itself"},
    {HeadHabit::local, "local", "looks at the eight tokens before"},
};

/// A mean in the making.
struct Mean {
  double sum = 0;
  std::size_t count = 0;
  void add(double value) { sum += value, ++count; }
  double value() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

}  // namespace

std::span<const HeadHabitInfo> headHabits() { return kHabits; }

HeadScores scoreHead(std::span<const float> pattern, std::span<const TokenId> tokens) {
  std::array<Mean, kHeadHabitCount> means;
  const auto mean = [&](HeadHabit habit) -> Mean& { return means[static_cast<std::size_t>(habit)]; };
  std::map<TokenId, std::vector<std::size_t>> places;  // of each token so far
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto row = pattern.subspan(t * tokens.size(), tokens.size());
    std::vector<std::size_t>& earlier = places[tokens[t]];
    if (!earlier.empty()) {
      double same = 0, after = 0;
      for (const std::size_t place : earlier) {
        same += double{row[place]};
        if (place + 1 < t) after += double{row[place + 1]};
      }
      mean(HeadHabit::duplicate).add(same);
      if (earlier.front() + 1 < t) mean(HeadHabit::induction).add(after);
    }
    earlier.push_back(t);
    if (t == 0) continue;  // the first token has nowhere else to look
    mean(HeadHabit::previous).add(double{row[t - 1]});
    mean(HeadHabit::sink).add(double{row[0]});
    mean(HeadHabit::self).add(double{row[t]});
    if (t <= kLocalTokens) continue;  // everything would be local
    double local = 0;
    for (std::size_t place = t - kLocalTokens; place < t; ++place) local += double{row[place]};
    mean(HeadHabit::local).add(local);
  }
  HeadScores scores;
  std::ranges::transform(means, scores.begin(), &Mean::value);
  return scores;
}

}  // namespace cutaway
