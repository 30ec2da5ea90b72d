#include "core/eval/step_meter.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::chrono::milliseconds kPause{200};  ///< at least, between two measurements
constexpr int kPauseFactor = 20;                  ///< times the time that the last one took

}  // namespace

void StepMeter::begin() {
  m_times.generate = {};
  m_measured = 0;
  m_next = {};
}

bool StepMeter::wants(std::uint32_t tokens, bool answering) const {
  if (!m_problem.empty() || tokens == 0 || !answering) return false;
  return tokens > 1 || Clock::now() >= m_next;
}

Result<void> StepMeter::measure(Session& session, std::uint32_t tokens) {
  const auto start = Clock::now();
  const std::vector<TokenId> held = session.tokens();
  const auto keep = held.size() - std::min<std::size_t>(tokens, held.size());
  const auto again = std::span(held).subspan(keep);
  TRY(session.rewind(std::span(held).first(std::min(keep + 1, held.size()))));
  const Result<StepTiming> timing = session.time(again);
  if (!timing) {
    m_problem = timing.error().message;
    TRY(session.step(again, {}));
    return {};
  }
  m_length = static_cast<std::uint32_t>(held.size());
  if (tokens > 1) {
    m_times.promptTokens = tokens;
    m_times.prompt = *timing;
    return {};
  }
  addTiming(m_times.generate, *timing, m_measured++);
  const auto end = Clock::now();
  m_next = end + std::max<Clock::duration>(kPause, kPauseFactor * (end - start));
  return {};
}

}  // namespace cutaway
