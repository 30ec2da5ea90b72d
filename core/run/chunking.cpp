#include "core/run/chunking.h"

#include <algorithm>

namespace cutaway {

void ChunkPlanner::record(std::uint32_t tokens, double seconds) {
  if (tokens == 0 || !(seconds >= 0)) return;
  const double perToken = seconds / tokens;
  if (tokens == 1 && perToken >= m_secondsPerToken) return;
  m_secondsPerToken = perToken > m_secondsPerToken ? perToken : (perToken + m_secondsPerToken) / 2;
  m_longest = std::max(m_longest, tokens);
}

std::uint32_t ChunkPlanner::tokensFor(std::chrono::milliseconds budget, std::uint32_t longest) const {
  double tokens = m_first;
  if (m_longest > 0) tokens = std::min<double>(kGrowth * m_longest, longest);
  if (m_secondsPerToken > 0)
    tokens = std::min(tokens, std::chrono::duration<double>(budget).count() / m_secondsPerToken);
  return static_cast<std::uint32_t>(std::clamp<double>(tokens, 1, std::max(longest, 1u)));
}

}  // namespace cutaway
