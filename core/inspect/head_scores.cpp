#include "core/inspect/head_scores.h"

#include <algorithm>

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

}  // namespace

std::span<const HeadHabitInfo> headHabits() { return kHabits; }

void HeadTally::add(std::span<const float> row, std::span<const TokenId> tokens, std::size_t t) {
  const auto mean = [&](HeadHabit habit) -> Mean& { return m_means[static_cast<std::size_t>(habit)]; };
  double same = 0, after = 0;
  std::size_t first = t;  // earlier place of the same token
  for (std::size_t place = 0; place < t; ++place) {
    if (tokens[place] != tokens[t]) continue;
    first = std::min(first, place);
    same += double{row[place]};
    if (place + 1 < t) after += double{row[place + 1]};
  }
  if (first < t) mean(HeadHabit::duplicate).add(same);
  if (first + 1 < t) mean(HeadHabit::induction).add(after);
  if (t == 0) return;  // the first token has nowhere else to look
  mean(HeadHabit::previous).add(double{row[t - 1]});
  mean(HeadHabit::sink).add(double{row[0]});
  mean(HeadHabit::self).add(double{row[t]});
  if (t <= kLocalTokens) return;  // everything would be local
  double local = 0;
  for (std::size_t place = t - kLocalTokens; place < t; ++place) local += double{row[place]};
  mean(HeadHabit::local).add(local);
}

HeadScores HeadTally::scores() const {
  HeadScores scores;
  std::ranges::transform(m_means, scores.begin(), &Mean::value);
  return scores;
}

HeadScores scoreHead(std::span<const float> pattern, std::span<const TokenId> tokens) {
  HeadTally tally;
  for (std::size_t t = 0; t < tokens.size(); ++t) tally.add(pattern.subspan(t * tokens.size(), t + 1), tokens, t);
  return tally.scores();
}

}  // namespace cutaway
