// What an attention head seems to do, from its pattern alone: one number per habit, 0 to 1.
#pragma once

#include <array>
#include <span>

#include "core/text/tokenizer.h"

namespace cutaway {

/// Each is the mean, over the tokens that could show the habit, of the weight that goes where it would; 0
/// when there is none. Induction as in Olsson et al. 2022.
enum class HeadHabit : std::uint8_t { previous, duplicate, induction, sink, self, local };
inline constexpr std::size_t kHeadHabitCount = 6;

struct HeadHabitInfo {
  HeadHabit habit;
  const char* name;
  const char* meaning;
};
std::span<const HeadHabitInfo> headHabits();  ///< in the order of HeadHabit

using HeadScores = std::array<double, kHeadHabitCount>;

/// One head's scores in the making, a row of its pattern at a time, so that no pattern is ever stored.
class HeadTally {
 public:
  /// `row`: the weights (t + 1) of token t of `tokens`; more are ignored. Texts may follow each other.
  void add(std::span<const float> row, std::span<const TokenId> tokens, std::size_t t);
  HeadScores scores() const;

 private:
  struct Mean {
    double sum = 0;
    std::size_t count = 0;
    void add(double value) { sum += value, ++count; }
    double value() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
  };
  std::array<Mean, kHeadHabitCount> m_means;
};

/// `pattern` (T, T) of one head, row-major; `tokens` (T).
HeadScores scoreHead(std::span<const float> pattern, std::span<const TokenId> tokens);

}  // namespace cutaway
