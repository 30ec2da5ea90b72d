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

/// `pattern` (T, T) of one head, row-major; `tokens` (T).
HeadScores scoreHead(std::span<const float> pattern, std::span<const TokenId> tokens);

}  // namespace cutaway
